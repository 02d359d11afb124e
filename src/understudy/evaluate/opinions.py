"""Has the judge say which doubtful findings of a comparison are right, and keeps it beside the answers.

Asks about nothing twice, and spends what [judge] allows. A finding without an opinion stays as the
rules found it.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from understudy.capture.background import Allowance, Background
from understudy.capture.ledger import Entry, Ledger, Outcome
from understudy.capture.replay_rules import highest_price_usd
from understudy.config import Config, Teacher
from understudy.curate.signals.extract import find_all
from understudy.curate.signals.findings import Finding, Observation
from understudy.curate.signals.judge import doubtful
from understudy.curate.signals.observe import observe
from understudy.errors import UnderstudyError
from understudy.evaluate.compare import Comparison
from understudy.evaluate.doubts import Claim, Doubts, build_prompt, claim_of, open_doubts
from understudy.evaluate.judge import ask_judge, judging_teacher
from understudy.evaluate.judging import FOLDER, Wait
from understudy.evaluate.verdict import read_opinions
from understudy.records import new_id
from understudy.wire.client import sent_prompt

OPINIONS_FILE = "opinions.jsonl"


class Opinions:
    """What the judge who spoke last in a folder said, as the signals ask for it."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError when the file cannot be read. A line that is cut short is passed over."""
        self.name = ""
        self._path = folder / OPINIONS_FILE
        self._right: dict[str, float | None] = {}
        lines = self._path.read_bytes().splitlines() if self._path.exists() else ()
        for line in lines:
            with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                row = orjson.loads(line)
                said = {str(claim): _unit(right) for claim, right in row["right"].items()}
                self.follow(str(row["judge"]))
                self._right |= said

    def __call__(self, finding: Finding, _: str, observation: Observation, /) -> float | None:
        return self._right.get(claim_of(finding, observation).id)

    def __len__(self) -> int:
        return len(self._right)

    def knows(self, claim: Claim) -> bool:
        """Whether this judge was asked; it may have had no opinion."""
        return claim.id in self._right

    def follow(self, judge: str) -> None:
        """From here on this judge counts, and nobody before it."""
        if judge != self.name:
            self.name, self._right = judge, {}

    def add(self, right: Mapping[str, float | None]) -> None:
        """Written through at once: it was paid for."""
        self._right |= right
        row = {"judge": self.name, "right": dict(right)}
        with self._path.open("ab") as file:
            # The newline first: a line that a crash cut short must not swallow the next one.
            file.write(b"\n" + orjson.dumps(row))


def load_opinions(folder: Path) -> Opinions | None:
    """Those that a comparison's folder holds; None where no judge was ever asked."""
    found = Opinions(folder)
    return found if found.name else None


def list_claims(comparison: Comparison) -> list[list[Claim]]:
    """For each reply what the rules are not sure of."""
    found = []
    for one in comparison.shown.values():
        observation = observe(one.trace)
        findings = doubtful(find_all(observation))
        found.append([claim_of(finding, observation) for finding in findings])
    return found


def ask_opinions(
    folder: Path,
    claims: Iterable[Sequence[Claim]],
    config: Config,
    clock: Callable[[], float],
    wait: Wait,
) -> dict[str, Any]:
    """Ask about each reply's claims what the folder does not know, and tell how far it came."""
    if not config.signals.judge:
        return {}
    judge, opinions = judging_teacher(config), Opinions(folder)
    opinions.follow(f"{judge.kind}/{judge.model}")
    errand = _Doubtful(judge, opinions, claims, clock)
    background = Background(
        errand,
        judge,
        Allowance(
            "judge.", config.judge.per_minute, config.judge.concurrency, config.judge.usd_per_day
        ),
        # Where its other verdicts are counted: what the day's money is for is all of them.
        config.data_dir / FOLDER,
        clock,
    )
    wanted = len(errand.left)
    background.ask_until(lambda: not errand.left, wait)
    return {"wanted": wanted, "left": wanted - errand.kept, **background.status()}


@dataclass(frozen=True, slots=True)
class _Matter:
    """`id` is of this run alone: a folder that was deleted may be asked for again."""

    id: str
    doubts: Doubts


class _Doubtful:
    """The errand of a Background: one question for each reply with doubts."""

    name = "second opinions"
    waiting_for = "a doubtful finding"

    def __init__(
        self,
        judge: Teacher,
        opinions: Opinions,
        claims: Iterable[Sequence[Claim]],
        clock: Callable[[], float],
    ) -> None:
        self._judge = judge
        self._opinions = opinions
        self._clock = clock
        self.kept = 0
        seen: set[str] = set()
        unknown = []
        for some in claims:
            # The same words in two replies are one question.
            new = [one for one in some if one.id not in seen and not opinions.knows(one)]
            seen.update(one.id for one in new)
            if new:
                unknown.append(open_doubts(new))
        run = new_id()
        self.left = [_Matter(f"signals/{run}/{one.id}", one) for one in unknown]

    def candidates(self, ledger: Ledger, _now: float) -> Sequence[_Matter]:
        settled = ledger.settled()
        self.left = [one for one in self.left if one.id not in settled]
        return self.left

    def highest_price_usd(self, matter: _Matter) -> float:
        return highest_price_usd(self._judge, build_prompt(matter.doubts), self._judge.max_tokens)

    async def ask(self, session: aiohttp.ClientSession, matter: _Matter) -> Entry:
        """Raises UpstreamError when the judge cannot be reached."""
        doubts = matter.doubts
        prompt = build_prompt(doubts)
        try:
            sent_prompt(self._judge, prompt)
        except UnderstudyError as error:
            return Entry(self._clock(), matter.id, Outcome.REFUSED, str(error), sent=False)
        reply = await ask_judge(
            session, self._judge, prompt, lambda text: read_opinions(text, doubts)
        )
        if reply.verdict is None:
            return Entry(self._clock(), matter.id, Outcome.FAILED, reply.failure, reply.cost_usd)
        self._opinions.add(
            {one.id: said for one, said in zip(doubts.claims, reply.verdict, strict=True)}
        )
        self.kept += 1
        return Entry(self._clock(), matter.id, Outcome.KEPT, "", reply.cost_usd)


def _unit(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("no opinion lies outside 0 and 1")
    return float(value)
