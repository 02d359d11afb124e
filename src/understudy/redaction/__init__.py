"""Takes secrets and personal data out of what is captured, before its first write.

Loads neither settings nor capture: it also runs in a process of its own, which is to stay small.
"""
