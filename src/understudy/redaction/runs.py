"""Cheap looks at a text that nearly always holds no secret: a search by pattern costs ten times as much.

A byte above 127 counts as a mark of every kind: it may be a letter or a digit of some script.
"""


def _class_of(marks: str) -> bytes:
    """A table that makes `w` of each of these ASCII characters, a blank of any other."""
    return bytes(ord("w" if code > 127 or chr(code) in marks else " ") for code in range(256))


_LETTERS = "".join(chr(code) for code in range(128) if chr(code).isalnum())
_OF_TOKENS = _class_of(_LETTERS + "+/_-=")
_OF_NUMBERS = _class_of("0123456789 ().+-")


def has_token(text: str, length: int) -> bool:
    """Whether so many letters, digits and `+/_-=` may stand in a row."""
    return b"w" * length in _bytes(text).translate(_OF_TOKENS)


def has_number(text: str, length: int) -> bool:
    """Whether so many digits, with what stands between those of a number, may stand in a row."""
    return b"w" * length in _bytes(text).translate(_OF_NUMBERS)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
