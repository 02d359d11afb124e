"""Texts that say almost the same: MinHash over word shingles (Broder 1997), found through bands.

Compares a text only with those that share a band; where most do, with a byte of each hash first. A number is a
word: two questions about different units are two questions. So is a symbol ("x < 3", "C#"), and each
character of a script that writes no spaces; marks of a sentence are none.
"""

import functools
import heapq
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Signature = NDArray[np.uint32]
Shingles = NDArray[np.uint64]
NOTHING: Shingles = np.empty(0, dtype=np.uint64)

# Thai, Lao, Tibetan, Burmese, Khmer, kana, ideographs, and Korean for its particles.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Of every script, with brackets, quotes, dashes, table borders and what is not seen.
_SENTENCE_MARKS = (
    r".,;:!?\"'`|()\[\]{}\-\u00a1\u00ab\u00ad\u00b7\u00bb\u00bf\u060c\u061b\u061f\u06d4\u0964\u0965"
    r"\u200b-\u2027\u202a-\u202e\u2039\u203a\u2060-\u206f\u3000-\u3020\u3030\ufe00-\ufe0f\ufeff"
    r"\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b-\uff65"
)
# A hyphen within a word is none either, a minus is one.
_WORD = re.compile(
    rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+|!=|(?<!\w)-|-(?!\w)|[^\w\s{_SENTENCE_MARKS}]"
)
_SHINGLE_WORDS = 3
_HASHES = 128
# Of the texts that are as alike as the threshold, this share must meet in a band.
_FOUND = 0.999
_PRIME = np.uint64((1 << 31) - 1)
# Of a longer text the smallest hashes stand for all: the same ones in two texts that are alike.
_MOST_SHINGLES = 4096
# Constant is what so many texts say and so large a share of them: fewer may all be one question, in
# other words; more than this share leaves room for a few forms side by side.
_CONSTANT_TEXTS, _CONSTANT_SHARE = 20, 0.25
# As many are looked at for it; which, follows from their content.
_LOOKED_AT = 256
# Candidates (counted once a band) from which on all texts are looked at: as many, and such a share.
_FEW, _MANY = 64, 0.25


def find_constant(texts: Iterable[str]) -> Shingles:
    """What most of these different texts say, whatever they ask: a form that they fill in, rules."""
    some = heapq.nsmallest(_LOOKED_AT, texts, key=lambda text: _hash(text))
    if len(some) <= _CONSTANT_TEXTS:
        return NOTHING
    found, counts = np.unique(np.concatenate([_shingles(one) for one in some]), return_counts=True)
    constant: Shingles = found[counts > max(_CONSTANT_TEXTS, _CONSTANT_SHARE * len(some))]
    return constant


def sign(text: str, constant: Shingles = NOTHING) -> Signature:
    """What a text is compared by; two signatures agree in the share that their shingles have in common,
    without the constant ones where there are others."""
    factors, offsets = _hash_family()
    shingles = _shingles(text)
    if len(constant):
        # Both are sorted.
        places = np.searchsorted(constant, shingles)
        own = shingles[constant.take(places, mode="clip") != shingles]
        shingles = own if len(own) else shingles
    # Both factors are below 2^31, so the product fits.
    hashed = (factors * shingles[None, :_MOST_SHINGLES] + offsets) % _PRIME
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
        self._bytes = np.empty((_HASHES, 64), dtype=np.uint8)
        self._buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)

    def add(self, text: str, constant: Shingles = NOTHING) -> None:
        if self._threshold < 1.0:
            self.insert(sign(text, constant))

    def is_near(self, text: str, constant: Shingles = NOTHING) -> bool:
        # Nothing to compare with, so nothing to sign: half of what a build costs.
        return self._count > 0 and len(self.find(sign(text, constant))) > 0

    def find(self, signature: Signature) -> NDArray[np.intp]:
        """Which of those that were added are near: their numbers, from zero."""
        met = [self._buckets[band] for band in self._bands(signature) if band in self._buckets]
        # Texts of one form meet nearly all others: a look at all is then quicker than a set of them.
        many = sum(map(len, met)) > max(_FEW, self._count * _MANY)
        candidates = self._look_at_all(signature) if many else list(set().union(*met))
        if not len(candidates):
            return np.empty(0, dtype=np.intp)
        found = similarity(signature, self._signatures[candidates])
        return np.asarray(candidates, dtype=np.intp)[found >= self._threshold]

    def insert(self, signature: Signature) -> None:
        for band in self._bands(signature):
            self._buckets[band].append(self._count)
        if self._count == len(self._signatures):
            self._signatures = np.concatenate([self._signatures, np.empty_like(self._signatures)])
            self._bytes = np.concatenate([self._bytes, np.empty_like(self._bytes)], axis=1)
        self._signatures[self._count] = signature
        self._bytes[:, self._count] = _last_bytes(signature)
        self._count += 1

    def _look_at_all(self, signature: Signature) -> NDArray[np.intp]:
        """All whose hashes' last bytes are the same as often as the threshold asks of whole hashes."""
        same = (self._bytes[:, : self._count] == _last_bytes(signature)[:, None]).view(np.uint8)
        # No more than 128, so a byte holds it.
        often = np.add.reduce(same, axis=0, dtype=np.uint8) >= self._threshold * _HASHES
        return np.flatnonzero(often)

    def _bands(self, signature: Signature) -> list[tuple[int, bytes]]:
        rows = self._rows
        return [(at, signature[at : at + rows].tobytes()) for at in range(0, _HASHES, rows)]


def _last_bytes(signature: Signature) -> NDArray[np.uint8]:
    return signature.astype(np.uint8)


def rows_a_band(threshold: float) -> int:
    """As many as still let texts meet that are as alike as the threshold (Leskovec et al. 2014,
    3.4): longer bands bring fewer texts together that are not."""

    def found(rows: int) -> float:
        return float(1 - (1 - threshold**rows) ** (_HASHES // rows))

    return next((rows for rows in (16, 8, 4, 2) if found(rows) >= _FOUND), 1)


def _shingles(text: str) -> Shingles:
    """The hashes of every three words in a row; a shorter text is one shingle, and so is one without."""
    words = _WORD.findall(text.lower()) or [text.strip()]
    ids = np.array([_hash(word) for word in words], dtype=np.uint64)
    width = min(_SHINGLE_WORDS, len(ids))
    mixed = np.zeros(len(ids) - width + 1, dtype=np.uint64)
    for place in range(width):
        # Order counts: each place has a factor of its own.
        mixed = (mixed * np.uint64(31) + ids[place : place + len(mixed)]) % _PRIME
    return np.unique(mixed)


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))


@functools.cache
def _hash_family() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    rng = np.random.default_rng(20)
    factors = rng.integers(1, _PRIME, (_HASHES, 1), dtype=np.uint64)
    return factors, rng.integers(0, _PRIME, (_HASHES, 1), dtype=np.uint64)
