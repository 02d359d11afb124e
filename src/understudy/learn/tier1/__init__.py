"""Tier 1: what is learned within a minute of feedback, on the CPU, without torch."""
