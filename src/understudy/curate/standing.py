"""Which of what was said about pairs of answers still stands: of one who changed his mind the latest
word, and nothing that no user agrees with where users have spoken.

Leaves a disagreement of two users as it is: both have said what they want.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from understudy.records import FeedbackSource

TAKEN_BACK = "taken back: who said so has said otherwise since"
OVERRULED = "users have said the opposite"

Voice = tuple[str, str]
"""A source of feedback and a user, as a reward knows them; or a comparison."""


@dataclass(frozen=True, slots=True)
class Word:
    """That to what was `asked` (a function's prompt) one answer is better than another. `corrects` is
    the inference whose answer a correction replaces."""

    voice: Voice
    asked: tuple[str, str]
    chosen: str
    rejected: str
    corrects: str = ""

    @property
    def question(self) -> tuple[tuple[str, str], frozenset[str]]:
        """What it decides, whichever way."""
        return self.asked, frozenset((self.chosen, self.rejected))

    @property
    def is_users(self) -> bool:
        return self.voice[0] == FeedbackSource.USER.value


class Standing:
    """Owns what each voice said last; `words` come in the order in which they were said."""

    def __init__(self, words: Iterable[Word]) -> None:
        every = list(words)
        self._last = {(word.voice, word.question): word.chosen for word in every}
        self._corrected = {
            (word.voice, word.corrects): word.chosen for word in every if word.corrects
        }
        self._users: dict[object, set[str]] = {}
        for word in every:
            if word.is_users and not self._is_taken_back(word):
                self._users.setdefault(word.question, set()).add(word.chosen)

    def why_not(self, word: Word) -> str | None:
        if self._is_taken_back(word):
            return TAKEN_BACK
        if word.is_users:
            return None
        return (
            OVERRULED if word.chosen not in self._users.get(word.question, {word.chosen}) else None
        )

    def _is_taken_back(self, word: Word) -> bool:
        """A word that was said again is none that was taken back."""
        last = self._last[word.voice, word.question]
        if word.corrects and self._corrected[word.voice, word.corrects] != word.chosen:
            return True
        return last != word.chosen
