"""Takes secrets and personal contacts out of a text before it reaches the disk.

Keeps plant language whole: readings, equipment tags, dates and record ids are no secrets.
"""

import re

from understudy.redaction.entropy import redact_random
from understudy.redaction.escapes import BREAKS, QUOTES, through_escapes
from understudy.redaction.runs import has_number, has_token

_KEYS = re.compile(
    r"\b(?:sk-(?:ant-|proj-)?[A-Za-z0-9_-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}"
    r"|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,}"
    r"|(?<!-)eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})"
)
_BEARER = re.compile(r"\b(bearer|basic)\s+([A-Za-z0-9._~+/=-]{12,})", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"((?:api[_-]?key|secret|token|password|passwd|pwd)[\"'{QUOTES}]?\s*[:=]\s*[\"'{QUOTES}]?)"
    rf"(?!\[redacted: )[^\s\"',;{QUOTES}{BREAKS}]{{6,}}",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
# In a string of JSON: one that was cut off ends with the string.
_QUOTED_PRIVATE_KEY = re.compile(
    rf"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"{QUOTES}]*?"
    rf"(?:-----END [A-Z ]*PRIVATE KEY-----|(?=[\"{QUOTES}])|\Z)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*\.[A-Za-z]{2,24}\b")
# A number is a phone's only with a country code, an area code in brackets, or 3-3-4 grouping. Digits
# in a row are taken whole (`++`): tried at every length, 25 of them cost a millisecond.
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+\d{1,28}+(?:[ .-]?\(\d{1,4}\)[ .-]?\d{2,28}+)?(?:[ .-]\d{2,28}+){0,5}"
    r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[ .-]\d{3}[ .-]\d{4})(?![\w-]|\.\d)"
)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_DIGITS = re.compile(r"\d")
PHONE_DIGITS = 8


# Cheap looks for what each pattern needs, since nearly every text has none of it.
_SHORTEST_KEY = 13
_KEY_MARKS = ("sk-", "AKIA", "gh", "glpat-", "xox", "AIza", "hf_", "eyJ")
_SHORTEST_NUMBER = 7
_DIGITS_IN_A_ROW = re.compile(r"\d[\d ().-]{6,}")
_ASSIGNED_MARKS = ("key", "secret", "token", "passw", "pwd")


def redact(text: str) -> str:
    """Each finding becomes `[redacted: what it was]`; doing it twice changes nothing."""
    if "\\" not in text:
        return _redact(text)
    if '"' not in text:
        # No JSON: the backslash may belong to a secret.
        text = _redact(text)
    return through_escapes(text, _redact_quoted)


def redact_patterns(text: str) -> str:
    """Only what has a known form, not what merely looks random."""
    if any(mark in text for mark in _KEY_MARKS) and has_token(text, _SHORTEST_KEY):
        text = _KEYS.sub("[redacted: key]", text)
    return _redact_words(text)


def _redact_quoted(text: str) -> str:
    if "-----BEGIN" in text:
        text = _QUOTED_PRIVATE_KEY.sub("[redacted: private key]", text)
    return _redact(text)


def _redact(text: str) -> str:
    if not has_token(text, _SHORTEST_KEY):
        return _redact_words(text)
    return redact_random(redact_patterns(text))


def _redact_words(text: str) -> str:
    """What may stand in a text of short words too."""
    if "-----BEGIN" in text:
        text = _PRIVATE_KEY.sub("[redacted: private key]", text)
    lowered = text.lower()
    if "bearer" in lowered or "basic" in lowered:
        text = _BEARER.sub(r"\1 [redacted: credential]", text)
    if any(mark in lowered for mark in _ASSIGNED_MARKS):
        text = _ASSIGNED.sub(r"\1[redacted: secret]", text)
    if "@" in text:
        text = _EMAIL.sub("[redacted: e-mail]", text)
    if has_number(text, _SHORTEST_NUMBER) and _DIGITS_IN_A_ROW.search(text):
        text = _PHONE.sub(_phone, _CARD.sub(_card, text))
    return text


def _card(found: re.Match[str]) -> str:
    digits = [int(digit) for digit in _DIGITS.findall(found[0])]
    return "[redacted: card]" if _luhn(digits) else found[0]


def _phone(found: re.Match[str]) -> str:
    enough = len(_DIGITS.findall(found[0])) >= PHONE_DIGITS
    return "[redacted: phone]" if enough else found[0]


def _luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right counts double."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
