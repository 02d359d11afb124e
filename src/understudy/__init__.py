"""Understudy learns the role of the LLM behind an application."""
