"""Versions of a prompt: mutated rules, tried by a bandit, validated before they serve."""
