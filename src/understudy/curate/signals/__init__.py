"""Signals: what a trace shows about behaviour, each finding with its place, its sureness and its rule."""
