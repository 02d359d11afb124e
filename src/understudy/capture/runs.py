"""Cheap looks at a text that nearly always hold no secret: a search by pattern costs ten times as much."""

# Letters, digits and the marks that keys are written with; a letter beyond ASCII is bytes above 127.
_OF_A_RUN = bytes(
    code if code > 127 or chr(code).isalnum() or chr(code) in "+/_-=" else 0x20
    for code in range(256)
)
_NO_DIGIT = bytes(code for code in range(128) if not chr(code).isdigit())


def longest_run(text: str) -> int:
    """At least as long as the longest run of letters, digits and `+/_-`."""
    return max(map(len, _bytes(text).translate(_OF_A_RUN).split()), default=0)


def many_digits(text: str, least: int) -> bool:
    """Whether there may be so many digits, in whatever script."""
    return len(_bytes(text).translate(None, _NO_DIGIT)) >= least


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
