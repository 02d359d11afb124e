"""What a prompt asks, apart from what all prompts of its function say, and what is near one held out.

An application without a system prompt repeats its rules in every user turn, and these must not make
any two questions alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from understudy.curate.near import NOTHING, NearIndex, Shingles, find_constant
from understudy.records import Prompt


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and whose it is."""

    function: str
    prompt: Prompt


Constants = Mapping[str, Shingles]
"""By function."""


def words_of(prompt: Prompt) -> str:
    """What was asked: the system text is the same for all and would make all of them alike."""
    return "\n".join(message.content for message in prompt.messages)


def find_constants(asked: Iterable[Asked]) -> dict[str, Shingles]:
    """What the prompts of each function always say; few prompts always say nothing."""
    texts: dict[str, dict[str, str]] = {}
    for one in asked:
        texts.setdefault(one.function, {})[one.prompt.hash] = words_of(one.prompt)
    return {function: find_constant(set(each.values())) for function, each in texts.items()}


class HeldOut:
    """Owns the prompts that are measured on, to tell which others equal one of them, or nearly."""

    def __init__(self, asked: Iterable[Asked], threshold: float, constants: Constants) -> None:
        self._constants = constants
        self._index = NearIndex(threshold)
        self._hashes: set[str] = set()
        for one in asked:
            if one.prompt.hash not in self._hashes:
                self._hashes.add(one.prompt.hash)
                self._index.add(words_of(one.prompt), self._constant(one))

    def holds(self, asked: Asked) -> bool:
        return asked.prompt.hash in self._hashes

    def is_near(self, asked: Asked) -> bool:
        return self._index.is_near(words_of(asked.prompt), self._constant(asked))

    def _constant(self, asked: Asked) -> Shingles:
        return self._constants.get(asked.function, NOTHING)
