"""What one user may teach in a day. Counted on a draft, which counts for good once it was learned.

Refuses further answers and further words on one of them; what is refused is a number, without names.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence

from understudy.records import Feedback, FeedbackSource, Inference

DAY_S = 86_400.0
# What a server that runs for months holds in memory.
DAYS_KEPT = 2
# A user may have second thoughts about an answer; whoever has more of them is not learned from.
WORDS_ON_ONE = 5

# The day, and who spoke: what an application saw a user do is not what the user said.
_Voice = tuple[int, FeedbackSource, str]


class UserCap:
    """By voice: the answers whose feedback counted, and how often it did."""

    def __init__(self, answers_a_day: int, days_kept: int = DAYS_KEPT) -> None:
        self.answers_a_day = answers_a_day
        self.refused = 0
        self.answers_of: dict[_Voice, Counter[str]] = {}
        self._days_kept = days_kept

    def draft(self) -> "Draft":
        return Draft(self)

    def count(self, answers_of: Mapping[_Voice, Counter[str]], refused: int) -> None:
        self.refused += refused
        before = {who: told for who, told in self.answers_of.items() if who not in answers_of}
        self.answers_of = before | dict(answers_of)
        # The days last spoken of: what is imported may be of long ago.
        days = list(dict.fromkeys(day for day, *_ in reversed(self.answers_of)))
        forgotten = set(days[self._days_kept :])
        if forgotten:
            kept = self.answers_of.items()
            self.answers_of = {who: told for who, told in kept if who[0] not in forgotten}


class Draft:
    """What a batch adds; nothing of it counts before `commit`."""

    def __init__(self, cap: UserCap) -> None:
        self._cap = cap
        self._answers_of: dict[_Voice, Counter[str]] = {}
        self._refused = 0

    def keep(
        self, inference: Inference, feedback: Sequence[Feedback], fresh: Container[str]
    ) -> list[Feedback]:
        """Without the users who have already said all that counts in a day. `fresh` are the ids of
        feedback not counted before: an answer is weighed again for what others say, too."""
        kept = []
        said_by: dict[tuple[FeedbackSource, str], list[Feedback]] = defaultdict(list)
        for one in feedback:
            if one.source is FeedbackSource.JUDGE:
                kept.append(one)
            else:
                said_by[one.source, one.user].append(one)
        for (source, user), said in said_by.items():
            # Nobody's name is nobody's cap: an application that names no user has episodes.
            who = user or inference.user or inference.episode
            day = int(max(one.created_at for one in said) // DAY_S)
            answers = self._find(day, source, who)
            is_fresh = any(one.id in fresh for one in said)
            if is_fresh and not self._is_full(answers, inference.id):
                answers[inference.id] += 1
            if not self._is_full(answers, inference.id) and answers[inference.id] <= WORDS_ON_ONE:
                kept += said
            elif is_fresh:
                self._refused += 1
        return kept

    def commit(self) -> None:
        self._cap.count(self._answers_of, self._refused)

    def _is_full(self, answers: Counter[str], inference: str) -> bool:
        return inference not in answers and len(answers) >= self._cap.answers_a_day

    def _find(self, *voice: *_Voice) -> Counter[str]:
        if voice not in self._answers_of:
            self._answers_of[voice] = Counter(self._cap.answers_of.get(voice))
        return self._answers_of[voice]
