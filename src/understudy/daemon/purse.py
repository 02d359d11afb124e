"""Asks the teacher about a prompt's versions, within a day's money. Refuses once the server stops.

A question that failed counts as much as it could have cost, and makes the next one wait.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import cached_property

from understudy.capture.ledger import Entry, Ledger, Outcome
from understudy.capture.replay_rules import affordable, backoff_s, highest_price_usd
from understudy.config import Config
from understudy.errors import UpstreamError
from understudy.learn.prompts.evolver import FOLDER
from understudy.records import Completion, Prompt
from understudy.wire.client import ask_teacher, price_usd
from understudy.wire.connections import open_session

SPENDING = "spending"
_POLL_S = 0.2


class Purse:
    """Owns the ledger of what versions cost."""

    def __init__(
        self, config: Config, stopping: threading.Event, clock: Callable[[], float]
    ) -> None:
        self._config = config
        self._stopping = stopping
        self._clock = clock
        self._failures = 0
        self._not_before = 0.0

    def why_shut(self, prompt: Prompt) -> str:
        """Why this may not be asked now; empty where it may."""
        if self._stopping.is_set():
            return "the server stops; it is asked again after a restart"
        wait_s = self._not_before - self._clock()
        if wait_s > 0:
            return f"the teacher failed; it is asked again in {wait_s:.0f} s"
        teacher, limit = self._config.teacher, self._config.prompts.usd_per_day
        price = highest_price_usd(teacher, prompt, teacher.max_tokens)
        if affordable([price], self.spent_usd(), limit, teacher.kind):
            return ""
        return (
            f"another question could cost {price:.4f} USD, more than is left today of "
            f"prompts.usd_per_day = {limit:g}; raise it, or set prompts.enabled = false"
        )

    def ask(self, function: str, prompt: Prompt) -> Completion:
        """Raises UpstreamError when it may not be asked, or with no answer."""
        reason = self.why_shut(prompt)
        if reason:
            raise UpstreamError(reason)
        teacher, now, matter = self._config.teacher, self._clock(), function or "rewording"
        try:
            completion = asyncio.run(self._ask(function, prompt))
        except UpstreamError as error:
            price = highest_price_usd(teacher, prompt, teacher.max_tokens)
            self._ledger.add(Entry(now, matter, Outcome.FAILED, str(error), price))
            self._failures += 1
            self._not_before = now + backoff_s(self._failures)
            raise
        self._failures = 0
        self._ledger.add(Entry(now, matter, Outcome.KEPT, "", price_usd(teacher, completion)))
        return completion

    def spent_usd(self) -> float:
        return self._ledger.spent_usd(self._clock())

    async def _ask(self, function: str, prompt: Prompt) -> Completion:
        """Given up when the server stops: nobody waits for a slow teacher then."""
        async with open_session() as session:
            asking = asyncio.ensure_future(
                ask_teacher(session, self._config.teacher, prompt, function=function)
            )
            while not (await asyncio.wait((asking,), timeout=_POLL_S))[0]:
                if self._stopping.is_set():
                    asking.cancel()
                    raise UpstreamError("the server stopped before the teacher answered")
            return asking.result()

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._config.data_dir / FOLDER / SPENDING, self._clock())
