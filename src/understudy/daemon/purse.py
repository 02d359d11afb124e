"""Asks the teacher about a prompt's versions, within a day's money. Refuses once the server stops."""

import threading
from collections.abc import Callable
from functools import cached_property

from understudy.capture.ledger import Entry, Ledger, Outcome
from understudy.capture.replay_rules import affordable, highest_price_usd
from understudy.config import Config
from understudy.errors import UpstreamError
from understudy.learn.prompts.evolve import ask_with
from understudy.learn.prompts.evolver import FOLDER
from understudy.records import Completion, Prompt
from understudy.wire.client import price_usd

SPENDING = "spending"


class Purse:
    """Owns the ledger of what versions cost."""

    def __init__(
        self, config: Config, stopping: threading.Event, clock: Callable[[], float]
    ) -> None:
        self._config = config
        self._stopping = stopping
        self._clock = clock

    def ask(self, function: str, prompt: Prompt) -> Completion:
        """Raises UpstreamError when the day's money is spent, when the server stops, or with no
        answer."""
        if self._stopping.is_set():
            raise UpstreamError("the server stops; it is asked again after a restart")
        teacher, now, limit = self._config.teacher, self._clock(), self._config.prompts.usd_per_day
        price = highest_price_usd(teacher, prompt, teacher.max_tokens)
        if not affordable([price], self.spent_usd(), limit, teacher.kind):
            raise UpstreamError(
                f"another question could cost {price:.4f} USD, more than is left today of "
                f"prompts.usd_per_day = {limit:g}; raise it, or set prompts.enabled = false"
            )
        completion = ask_with(teacher, function)(prompt)
        cost_usd = price_usd(teacher, completion)
        self._ledger.add(Entry(now, function or "rewording", Outcome.KEPT, "", cost_usd))
        return completion

    def spent_usd(self) -> float:
        return self._ledger.spent_usd(self._clock())

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self._config.data_dir / FOLDER / SPENDING, self._clock())
