"""Finds keys of no known form: long tokens as random as only machines write them.

Words, tags, identifiers of records and checksums that are named as such stay.
"""

import math
import re
from collections import Counter
from itertools import pairwise

from understudy.redaction.runs import has_token

# Longer runs are files in base64, not keys.
_TOKEN = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{20,512}={0,2}(?![\w+/=-])")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAMED_CHECKSUM = re.compile(
    r"(?:sha-?\d{0,3}|md5|crc|blake\w*|commit|digest|checksum|hash|etag|revision)\W{1,4}\Z",
    re.IGNORECASE,
)
_SHORTEST = 20
_BEFORE_CHARS = 16

BITS_HEX = 3.0
BITS_ANY = 3.5
DIGITS = 2
"""Fewer stand in names made of words."""
TURNS = 0.45
"""Least share of neighbours of different kind (upper, lower, digit). Random base64 has 0.64, words
in camel case about 0.25."""


def redact_random(text: str) -> str:
    """Each random token becomes `[redacted: secret]`; doing it twice changes nothing."""
    if not has_token(text, _SHORTEST):
        return text
    return _TOKEN.sub(_shown, text)


def entropy_bits(token: str) -> float:
    """Shannon's entropy of a token's characters, in bits a character."""
    total = len(token)
    counts = Counter(token).values()
    return -sum(count / total * math.log2(count / total) for count in counts)


def _shown(found: re.Match[str]) -> str:
    token = found[0]
    if _UUID.fullmatch(token):
        return token
    if _HEX.fullmatch(token):
        before = found.string[max(0, found.start() - _BEFORE_CHARS) : found.start()]
        named = _NAMED_CHECKSUM.search(before) is not None
        return token if named or entropy_bits(token) < BITS_HEX else "[redacted: secret]"
    return "[redacted: secret]" if _is_random(token) else token


def _is_random(token: str) -> bool:
    kinds = [_kind(char) for char in token if char.isalnum()]
    if len(set(kinds)) < 3 or kinds.count("digit") < DIGITS or entropy_bits(token) < BITS_ANY:
        return False
    turns = sum(one != other for one, other in pairwise(kinds))
    return turns >= TURNS * (len(kinds) - 1)


def _kind(char: str) -> str:
    if char.isdigit():
        return "digit"
    return "upper" if char.isupper() else "lower"
