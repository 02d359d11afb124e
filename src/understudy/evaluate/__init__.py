"""Held-out comparison of variants, with intervals. Decides nothing."""
