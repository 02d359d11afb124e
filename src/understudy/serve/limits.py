"""How much may be asked: at once, by one key in a minute, for money in a day.

Pure bookkeeping over a clock; it asks nobody. What a refused request would have cost is not known,
so what counts is what complete answers used.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime

from understudy.config import Limits
from understudy.serve.http import RefusedError

_WINDOW_S = 60.0


class Meter:
    """Tokens by key over the last minute, and what the teacher cost today (UTC)."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float], spent_since: Callable[[float], float]
    ) -> None:
        """`spent_since` tells, once a day, what was spent before this server started."""
        self._limits = limits
        self._clock = clock
        self._spent_since = spent_since
        self._used: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)
        self._day = -1.0
        self._spent_usd = 0.0

    def admit(self, key: str, under_way: int) -> None:
        """Raises RefusedError (429) for one request too many."""
        most = self._limits.max_concurrent
        if under_way >= most:
            sentence = f"{under_way} answers are under way (limits.max_concurrent = {most})"
            raise RefusedError(429, f"{sentence}; try again in a second", retry_after_s=1)
        allowed = self._limits.tokens_per_minute
        if allowed and (used := self._tokens(key)) >= allowed:
            wait_s = self._wait_s(key)
            raise RefusedError(
                429,
                f"this key used {used} tokens in a minute (limits.tokens_per_minute = {allowed}); "
                f"try again in {wait_s} s",
                retry_after_s=wait_s,
            )

    def admit_teacher(self) -> None:
        """Raises RefusedError (429) when the day's money is spent."""
        budget = self._limits.usd_per_day
        if budget and (spent := self.spent_usd()) >= budget:
            raise RefusedError(
                429,
                f"the teacher cost {spent:.2f} USD today (limits.usd_per_day = {budget:g}) and is "
                "not asked before midnight UTC; raise the limit or wait",
                retry_after_s=self._to_midnight_s(),
            )

    def add(self, key: str, tokens: int, cost_usd: float) -> None:
        """An answer was complete."""
        if tokens and self._limits.tokens_per_minute:
            self._used[key].append((self._clock(), tokens))
        if self._limits.usd_per_day:
            self._turn_day()
            self._spent_usd += cost_usd

    def spent_usd(self) -> float:
        self._turn_day()
        return self._spent_usd

    def _turn_day(self) -> None:
        day = _midnight(self._clock())
        if day != self._day:
            self._day, self._spent_usd = day, self._spent_since(day)

    def _tokens(self, key: str) -> int:
        used, begin = self._used[key], self._clock() - _WINDOW_S
        while used and used[0][0] <= begin:
            used.popleft()
        return sum(tokens for _, tokens in used)

    def _wait_s(self, key: str) -> int:
        """Until enough of the minute's tokens are older than a minute."""
        over = self._tokens(key) - self._limits.tokens_per_minute
        for at, tokens in self._used[key]:
            over -= tokens
            if over < 0:
                return max(1, round(at + _WINDOW_S - self._clock()))
        return round(_WINDOW_S)

    def _to_midnight_s(self) -> int:
        return max(1, round(_midnight(self._clock()) + 86_400 - self._clock()))


def _midnight(at: float) -> float:
    day = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.timestamp()
