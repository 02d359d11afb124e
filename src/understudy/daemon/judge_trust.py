"""What the word of a function's judge is worth, by the last answers that a user rated as well.

Read from the store once, so that a restart forgets nothing, and followed from there.
"""

from collections.abc import Iterable, Sequence

from understudy.config import Config
from understudy.curate.agreement import JUDGED, RATED, measure_agreement, trust_of
from understudy.records import Feedback, FeedbackSource
from understudy.store import Store

# What a server that runs for months holds in memory.
COMMON_KEPT = 2_000


class JudgeTrust:
    """Of one function; what users and a judge both said, by answer."""

    def __init__(self, store: Store, config: Config, function: str) -> None:
        self._store = store
        self._config = config
        self._function = function
        self._common: dict[str, Sequence[Feedback]] | None = None

    def measure(self, found: Iterable[Sequence[Feedback]] = ()) -> float:
        """In [0, 1]. `found` is all that was ever said of answers, each alone."""
        common = self._common if self._common is not None else self._load()
        for feedback in found:
            _note(common, feedback)
        while len(common) > COMMON_KEPT:
            del common[next(iter(common))]
        self._common = common
        said = [one for some in common.values() for one in some]
        agreement = measure_agreement(said, self._config.reward, self._config.voice)
        return trust_of(agreement, self._config.judge)

    def _load(self) -> dict[str, Sequence[Feedback]]:
        newest = self._store.answers.find_with([RATED, JUDGED], self._function, COMMON_KEPT)
        about: dict[str, list[Feedback]] = {answer: [] for answer in reversed(newest)}
        for one in self._store.find_feedback(inference=newest) if newest else ():
            about[str(one.inference)].append(one)
        common: dict[str, Sequence[Feedback]] = {}
        for feedback in about.values():
            _note(common, feedback)
        return common


def _note(common: dict[str, Sequence[Feedback]], feedback: Sequence[Feedback]) -> None:
    """Answers of which only one of them spoke tell nothing, and would crowd out the others."""
    both = [one for one in feedback if (one.name, one.source) in (RATED, JUDGED)]
    if {one.source for one in both} == {FeedbackSource.USER, FeedbackSource.JUDGE}:
        answer = str(both[0].inference)
        common.pop(answer, None)
        common[answer] = both
