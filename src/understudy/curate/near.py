"""Texts that say almost the same: MinHash over word shingles (Broder 1997), found through bands.

Compares a text only with those that share a band, never everything with everything. A number is a
word: two questions about different units are two questions.
"""

import functools
import re
import zlib
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Signature = NDArray[np.uint32]

_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 3
_HASHES = 128
# Of the texts that are as alike as the threshold, this share must meet in a band.
_FOUND = 0.999
_PRIME = np.uint64((1 << 31) - 1)
# Of a longer text the smallest hashes stand for all: the same ones in two texts that are alike.
_MOST_SHINGLES = 4096


def sign(text: str) -> Signature:
    """What a text is compared by; two signatures agree in the share that their shingles have in common."""
    factors, offsets = _hash_family()
    # Both factors are below 2^31, so the product fits.
    hashed = (factors * _shingles(text)[None, :] + offsets) % _PRIME
    least: Signature = hashed.min(axis=1).astype(np.uint32)
    return least


def similarity(one: Signature, others: Signature) -> NDArray[np.float64]:
    """Estimates of the Jaccard similarity to each; their standard error is at most 0.045."""
    shares: NDArray[np.float64] = np.mean(one == others, axis=-1)
    return shares


class NearIndex:
    """Owns the signatures of the texts that were added; a threshold of 1 finds nothing near."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._rows = rows_a_band(threshold)
        self._count = 0
        self._signatures = np.empty((64, _HASHES), dtype=np.uint32)
        self._buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)

    def add(self, text: str) -> None:
        if self._threshold < 1.0:
            self._insert(sign(text))

    def is_near(self, text: str) -> bool:
        # Nothing to compare with, so nothing to sign: half of what a build costs.
        return self._count > 0 and self._has_near(sign(text))

    def admit(self, text: str) -> bool:
        """Add the text unless one that was added before is near; whether it was added."""
        if self._threshold >= 1.0:
            return True
        signature = sign(text)
        if self._has_near(signature):
            return False
        self._insert(signature)
        return True

    def _has_near(self, signature: Signature) -> bool:
        candidates = {at for band in self._bands(signature) for at in self._buckets.get(band, ())}
        if not candidates:
            return False
        found = similarity(signature, self._signatures[list(candidates)])
        return bool(found.max() >= self._threshold)

    def _insert(self, signature: Signature) -> None:
        for band in self._bands(signature):
            self._buckets[band].append(self._count)
        if self._count == len(self._signatures):
            self._signatures = np.concatenate([self._signatures, np.empty_like(self._signatures)])
        self._signatures[self._count] = signature
        self._count += 1

    def _bands(self, signature: Signature) -> list[tuple[int, bytes]]:
        rows = self._rows
        return [(at, signature[at : at + rows].tobytes()) for at in range(0, _HASHES, rows)]


def rows_a_band(threshold: float) -> int:
    """As many as still let texts meet that are as alike as the threshold (Leskovec et al. 2014,
    3.4): longer bands bring fewer texts together that are not."""

    def found(rows: int) -> float:
        return float(1 - (1 - threshold**rows) ** (_HASHES // rows))

    return next((rows for rows in (16, 8, 4, 2) if found(rows) >= _FOUND), 1)


def _shingles(text: str) -> NDArray[np.uint64]:
    """The hashes of every three words in a row; a shorter text is one shingle."""
    words = _WORD.findall(text.lower())
    ids = np.array(
        [zlib.crc32(word.encode("utf-8", "replace")) for word in words] or [0], dtype=np.uint64
    )
    width = min(_SHINGLE_WORDS, len(ids))
    mixed = np.zeros(len(ids) - width + 1, dtype=np.uint64)
    for place in range(width):
        # Order counts: each place has a factor of its own.
        mixed = (mixed * np.uint64(31) + ids[place : place + len(mixed)]) % _PRIME
    return np.unique(mixed)[:_MOST_SHINGLES]


@functools.cache
def _hash_family() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    rng = np.random.default_rng(20)
    factors = rng.integers(1, _PRIME, (_HASHES, 1), dtype=np.uint64)
    return factors, rng.integers(0, _PRIME, (_HASHES, 1), dtype=np.uint64)
