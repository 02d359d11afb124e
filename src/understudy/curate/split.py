"""Which prompt families are held out of training: a stable hash, the same on every machine."""

import hashlib


def is_holdout(family: str, share: float) -> bool:
    """A larger share keeps every family that a smaller one held out."""
    digest = hashlib.sha256(f"holdout:{family}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
