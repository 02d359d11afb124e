"""From a dataset to trained weights, in a child process that never opens the store."""
