"""What replays were asked, what came of them and what they cost: one line each, a file a day (UTC).

On disk, so that a restart neither forgets what was spent today nor pays twice for one inference.
"""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import orjson

DAY_S = 86_400
# An upstream may have a bad minute; a prompt that fails this often fails for a reason of its own.
MAX_ATTEMPTS = 3


class Outcome(Enum):
    KEPT = "kept"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One replay. `sent` is false where the teacher was not asked at all."""

    at: float
    inference: str
    outcome: Outcome
    reason: str = ""
    cost_usd: float = 0.0
    sent: bool = True


class Ledger:
    """Knows today's entries and yesterday's: no older inference is replayed."""

    def __init__(self, folder: Path, now: float) -> None:
        """Raises OSError when the folder cannot be made or read."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._entries = [
            entry
            for day in (_day(now - DAY_S), _day(now))
            for entry in _read(folder / f"{day}.jsonl")
        ]

    def add(self, entry: Entry) -> None:
        """Raises OSError when it cannot be written; it then counts all the same."""
        self._entries = [one for one in self._entries if one.at > entry.at - 2 * DAY_S]
        self._entries.append(entry)
        with (self._folder / f"{_day(entry.at)}.jsonl").open("ab") as file:
            file.write(_line(entry))

    def settled(self) -> frozenset[str]:
        """The inferences about which asking once more would be of no use."""
        attempts: Counter[str] = Counter()
        for one in self._entries:
            attempts[one.inference] += 1 if one.outcome is Outcome.FAILED else MAX_ATTEMPTS
        return frozenset(name for name, count in attempts.items() if count >= MAX_ATTEMPTS)

    def spent_usd(self, now: float) -> float:
        return sum(one.cost_usd for one in self._today(now))

    def asked(self, now: float) -> int:
        return sum(one.sent for one in self._today(now))

    def outcomes(self, now: float) -> Mapping[Outcome, int]:
        return Counter(one.outcome for one in self._today(now))

    def refusals(self, now: float) -> Mapping[str, int]:
        today = self._today(now)
        return Counter(one.reason for one in today if one.outcome is Outcome.REFUSED)

    def _today(self, now: float) -> Iterator[Entry]:
        return (one for one in self._entries if one.at // DAY_S == now // DAY_S)


def next_day(now: float) -> float:
    return (now // DAY_S + 1) * DAY_S


def _day(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).date().isoformat()


def _line(entry: Entry) -> bytes:
    plain = {
        "at": entry.at,
        "inference": entry.inference,
        "outcome": entry.outcome.value,
        "reason": entry.reason,
        "cost_usd": entry.cost_usd,
        "sent": entry.sent,
    }
    # The newline first: a line that a crash cut short must not swallow the next one.
    return b"\n" + orjson.dumps(plain)


def _read(file: Path) -> Iterator[Entry]:
    """The whole lines; one that a crash cut short is passed over."""
    if not file.exists():
        return
    for line in file.read_bytes().splitlines():
        try:
            plain = orjson.loads(line)
            yield Entry(**{**plain, "outcome": Outcome(plain["outcome"])})
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            continue
