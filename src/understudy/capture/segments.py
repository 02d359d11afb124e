"""Segment files: checksummed records one after the other, read back whatever happened to them.

A torn or damaged stretch is set apart with its position; the records around it are not lost.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

# No UTF-8 text contains 0xff, so a JSON payload cannot look like the start of a record.
MAGIC = b"\xffUS\xff"
_HEADER = struct.Struct("<4sII")
HEADER_BYTES = _HEADER.size
SUFFIX = ".spool"


@dataclass(frozen=True, slots=True)
class Torn:
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    records: tuple[bytes, ...]
    torn: tuple[Torn, ...]


def frame(payload: bytes) -> bytes:
    """Marker, length, CRC-32, payload."""
    return _HEADER.pack(MAGIC, len(payload), zlib.crc32(payload)) + payload


def read_segment(path: Path) -> tuple[list[bytes], int | None]:
    """The whole records of a segment, and where the first torn stretch begins."""
    segment = parse_segment(path.read_bytes())
    return list(segment.records), segment.torn[0].offset if segment.torn else None


def parse_segment(content: bytes) -> Segment:
    records: list[bytes] = []
    torn: list[Torn] = []
    at = 0
    while at < len(content):
        payload = _record_at(content, at)
        if payload is not None:
            records.append(payload)
            at += _HEADER.size + len(payload)
            continue
        end = _next_record(content, at + 1)
        torn.append(Torn(at, content[at:end]))
        at = end
    return Segment(tuple(records), tuple(torn))


def _record_at(content: bytes, at: int) -> bytes | None:
    if len(content) - at < _HEADER.size:
        return None
    magic, length, checksum = _HEADER.unpack_from(content, at)
    start = at + _HEADER.size
    if magic != MAGIC or start + length > len(content):
        return None
    payload = content[start : start + length]
    return payload if zlib.crc32(payload) == checksum else None


def _next_record(content: bytes, at: int) -> int:
    """The next place from which a whole record reads, or the end."""
    while (found := content.find(MAGIC, at)) >= 0:
        if _record_at(content, found) is not None:
            return found
        at = found + 1
    return len(content)
