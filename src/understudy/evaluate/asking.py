"""Asks every variant what it has not answered yet, with retries, and keeps each reply at once.

Decides nothing. A call that failed is a reply with its reason; the next run asks it again, and what
was answered with no answer (cut short, refused) as well: at once it would cost the same again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from understudy.curate.answers import Reader
from understudy.errors import UnderstudyError
from understudy.evaluate.replies import Place, Plan, Reply
from understudy.evaluate.suite import Ask, OnProgress, checked_scores
from understudy.function import Function, Question
from understudy.records import Completion

Keep = Callable[[Reply], None]
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """Requests in flight per variant, and how often and after what pause a failed one is repeated;
    each further pause is twice as long."""

    concurrency: int
    retries: int
    pause_s: float = 0.5


def missing(plan: Plan, replies: Mapping[Place, Reply]) -> list[Place]:
    """What nobody answered yet; a failed call is no answer."""
    return [
        (variant, place)
        for place in range(len(plan.asked))
        for variant in plan.variants
        if (reply := replies.get((variant, place))) is None or reply.failure
    ]


@dataclass(slots=True)
class Round:
    """The calls of one run: who is asked, what is expected, and where replies and progress go."""

    function: Function
    questions: Sequence[Question]
    variants: Mapping[str, Ask]
    patience: Patience
    keep: Keep
    tell: OnProgress
    pause: Pause = asyncio.sleep
    clock: Callable[[], float] = time.perf_counter
    now: Callable[[], float] = time.time

    async def ask(self, plan: Plan, wanted: Sequence[Place]) -> None:
        """All variants at once, each with its own share of requests in flight.

        Raises what stopped it (OSError, InputError); the replies kept before stay.
        """
        free = {name: asyncio.Semaphore(self.patience.concurrency) for name in self.variants}
        total = {name: sum(one == name for one, _ in wanted) for name in self.variants}
        done = dict.fromkeys(self.variants, 0)
        reader = Reader(self.function)

        async def one_of(variant: str, place: int) -> None:
            async with free[variant]:
                reply = await self._reply(reader, plan, variant, place)
            self.keep(reply)
            done[variant] += 1
            self.tell(variant, done[variant], total[variant])

        try:
            async with asyncio.TaskGroup() as group:
                for variant, place in wanted:
                    group.create_task(one_of(variant, place))
        except ExceptionGroup as several:
            # A full disk or a wrong score() stops all calls; the first says what to mend.
            raise several.exceptions[0] from several

    async def _reply(self, reader: Reader, plan: Plan, variant: str, place: int) -> Reply:
        """The latency is that of the attempt that answered, not of the pauses before it."""
        ask, prompt, error = self.variants[variant], plan.asked[place].prompt, ""
        waited_s = 0.0
        for attempt in range(1, self.patience.retries + 2):
            started = self.clock()
            try:
                completion = await ask(prompt)
            except (UnderstudyError, TimeoutError, OSError) as failed:
                error = f"{type(failed).__name__}: {failed}"
                waited_s = self.clock() - started
                if attempt <= self.patience.retries:
                    await self.pause(self.patience.pause_s * 2 ** (attempt - 1))
                continue
            waited_s = self.clock() - started
            scores = self._scores(reader, place, completion)
            return Reply(variant, place, attempt, waited_s, completion, "", scores, self.now())
        tried = self.patience.retries + 1
        return Reply(variant, place, tried, waited_s, None, error, at=self.now())

    def _scores(self, reader: Reader, place: int, said: Completion) -> Mapping[str, float]:
        question = self.questions[place]
        return checked_scores(self.function, question, reader.read(said)[1])
