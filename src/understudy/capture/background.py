"""Asks an LLM in the background, within a rate, a concurrency and a day's money.

Never spends beyond the day's limit and never asks for ever: what failed is asked less and less, and
in the end no more. What goes wrong is told in `status`; nothing of it reaches the server.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import aiohttp

from understudy.capture.ledger import DAY_S, Entry, Ledger, Outcome, next_day
from understudy.capture.replay_rules import MINUTE_S, affordable, backoff_s
from understudy.config import Teacher
from understudy.errors import UnderstudyError, UpstreamError
from understudy.records import Inference
from understudy.store import Store
from understudy.wire.connections import open_session

logger = logging.getLogger(__name__)

MIN_PAUSE_S = 1.0
# Of each function: more than a minute's questions find what they are about among them.
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be asked. `settings` begins the names of the settings that say so."""

    settings: str
    per_minute: int
    concurrency: int
    usd_per_day: float


class Identified(Protocol):
    @property
    def id(self) -> str: ...


Matter = TypeVar("Matter", bound=Identified)


class Errand(Protocol[Matter]):
    """What is asked, and what becomes of the answers."""

    name: str
    waiting_for: str

    def candidates(self, ledger: Ledger, now: float) -> Sequence[Matter]:
        """About what to ask, the first one first; nothing that the ledger has settled."""
        ...

    def highest_price_usd(self, matter: Matter) -> float: ...

    async def ask(self, session: aiohttp.ClientSession, matter: Matter) -> Entry:
        """Ask once and keep what is worth it. May raise UpstreamError."""
        ...


def find_shown(store: Store, functions: Iterable[str], now: float) -> list[Inference]:
    """The day's newest answers that somebody saw, of each function."""
    return [
        inference
        for name in functions
        for inference in store.find_inferences(
            function=name,
            since=now - DAY_S,
            shadow=False,
            limit=LOOKED_AT,
            newest_first=True,
        )
    ]


class Background(Generic[Matter]):
    """Owns the thread that asks, and the ledger of what was asked."""

    def __init__(
        self,
        errand: Errand[Matter],
        teacher: Teacher,
        allowance: Allowance,
        folder: Path,
        clock: Callable[[], float],
    ) -> None:
        self._errand = errand
        self._teacher = teacher
        self._allowance = allowance
        self._folder = folder
        self._clock = clock
        self._ledger: Ledger | None = None
        self._begun: deque[float] = deque()
        self._failures = 0
        self._not_before = 0.0
        self._waiting_for = ""
        self._error = ""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._turn = threading.Lock()
        self._cancel: Callable[[], object] | None = None

    @property
    def stopped(self) -> bool:
        """Nothing is asked any more."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Ask in the background until stopped."""
        self._thread = threading.Thread(target=self._run, name=self._errand.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give up what is in flight, and return when the thread has ended."""
        with self._guard:
            self._stopping.set()
            if self._cancel is not None:
                self._cancel()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> None:
        """Ask what is due; an error is remembered in `status` and goes no further."""
        try:
            # Whoever asks for a batch and the thread take turns.
            with self._turn:
                chosen = self._choose(self._clock())
                if chosen:
                    asyncio.run(self._ask_all(chosen))
        except (UnderstudyError, OSError) as error:
            self._back_off(str(error))
        except Exception as error:
            # The boundary: the server answers on, whatever is wrong here.
            logger.exception("%s failed", self._errand.name)
            self._back_off(repr(error))

    def ask_until(self, is_done: Callable[[], bool], wait: Callable[[float], object]) -> None:
        """Ask now, within rate and money, until it is done or nothing may be asked for a minute;
        `wait` passes the time until the next may begin."""
        while not is_done() and not self.stopped:
            self.tick()
            pause_s = self.status()["next_in_s"]
            # Longer than a minute is no rate: the day's money is spent, or the upstream keeps failing.
            if pause_s > MINUTE_S:
                break
            if pause_s > 0:
                wait(pause_s)

    def settled(self) -> frozenset[str]:
        """The ids about which asking once more would be of no use. Raises OSError."""
        return self._open(self._clock()).settled()

    def status(self) -> dict[str, Any]:
        """Plain JSON: today's counts (UTC), what was spent, and when the next one may begin."""
        now, ledger = self._clock(), self._ledger
        outcomes = {} if ledger is None else ledger.outcomes(now)
        return {
            "asked": 0 if ledger is None else ledger.asked(now),
            **{one.value: outcomes.get(one, 0) for one in Outcome},
            "refusals": {} if ledger is None else dict(ledger.refusals(now)),
            "spent_usd": 0.0 if ledger is None else ledger.spent_usd(now),
            "usd_per_day": self._allowance.usd_per_day,
            "next_in_s": max(0.0, self._not_before - now),
            "waiting_for": self._waiting_for,
            "last_error": self._error,
        }

    def _run(self) -> None:
        pause_s = max(MIN_PAUSE_S, MINUTE_S / self._allowance.per_minute)
        while not self._stopping.is_set():
            self.tick()
            self._stopping.wait(pause_s)

    def _choose(self, now: float) -> Sequence[Matter]:
        """What is asked now: as many as rate, concurrency and money allow."""
        if now < self._not_before:
            return []
        allowed, ledger = self._allowance, self._open(now)
        while self._begun and self._begun[0] <= now - MINUTE_S:
            self._begun.popleft()
        most = min(allowed.concurrency, allowed.per_minute - len(self._begun))
        if most <= 0:
            return self._wait_until(self._begun[0] + MINUTE_S, "per_minute")
        candidates = self._errand.candidates(ledger, now)
        prices = [self._errand.highest_price_usd(one) for one in candidates[:most]]
        spent = ledger.spent_usd(now)
        count = affordable(prices, spent, allowed.usd_per_day, self._teacher.kind)
        if candidates and not count:
            return self._wait_until(next_day(now), "usd_per_day")
        self._waiting_for = "" if candidates else self._errand.waiting_for
        return candidates[:count]

    def _wait_until(self, moment: float, setting: str) -> Sequence[Matter]:
        self._not_before, self._waiting_for = moment, f"{self._allowance.settings}{setting}"
        return []

    def _open(self, now: float) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(self._folder, now)
        return self._ledger

    async def _ask_all(self, chosen: Sequence[Matter]) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._guard:
            if self._stopping.is_set() or task is None:
                return
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            async with open_session() as session:
                work = (self._ask(session, one) for one in chosen)
                # One that fails must not throw away an answer that another has paid for.
                ended = await asyncio.gather(*work, return_exceptions=True)
            for error in filter(None, ended):
                raise error
        except asyncio.CancelledError:
            # Only `stop` cancels: what was in flight is asked again after a restart.
            logger.info("%s given up", self._errand.name, extra={"count": len(chosen)})
        finally:
            with self._guard:
                self._cancel = None

    async def _ask(self, session: aiohttp.ClientSession, matter: Matter) -> None:
        began = self._clock()
        self._begun.append(began)
        try:
            entry = await self._errand.ask(session, matter)
        except UpstreamError as error:
            entry = Entry(began, matter.id, Outcome.FAILED, str(error))
        except Exception as error:
            # Counted like a failure of the upstream, or this one would be asked for ever.
            logger.exception("%s failed", self._errand.name, extra={"inference": matter.id})
            entry = Entry(began, matter.id, Outcome.FAILED, repr(error))
        self._open(began).add(entry)
        if entry.outcome is Outcome.FAILED:
            self._back_off(entry.reason)
        else:
            self._failures, self._error = 0, ""

    def _back_off(self, reason: str) -> None:
        self._failures += 1
        wait_s = backoff_s(self._failures)
        self._not_before, self._error = self._clock() + wait_s, reason
        self._waiting_for = "the upstream after a failure"
        logger.warning(
            "%s backs off", self._errand.name, extra={"reason": reason, "wait_s": wait_s}
        )
