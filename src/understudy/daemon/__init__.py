"""The background trainer and the launcher of training jobs."""
