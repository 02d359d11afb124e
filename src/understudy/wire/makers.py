"""What a model's name tells: the maker of a closed model, and how much of its thinking one is shown.

Knows few makers; a name of any other kind is taken for an open model's, which shows all it thinks.
"""

import re
from enum import Enum

from understudy.records import ReasoningKind


class Maker(Enum):
    ANTHROPIC = "anthropic"
    GOOGLE = "google"
    OPENAI = "openai"


# Anywhere in the name: hosts put theirs before it (us.anthropic.claude-sonnet-4-5), and what was
# made of Claude's answers under a name of its own had better ask, too.
_NAMES = {
    Maker.ANTHROPIC: re.compile(r".*(?:claude|anthropic)", re.IGNORECASE),
    Maker.GOOGLE: re.compile(r"(?:.*/)?gemini", re.IGNORECASE),
    # Not gpt-oss, nor gpt-j and gpt-neox of others.
    Maker.OPENAI: re.compile(r"(?:.*/)?(?:(?:chat)?gpt-\d|o\d)", re.IGNORECASE),
}
# Claude models from version 4 on return a summary of their thinking; 3.7 returned all.
_SHOWS_ALL = re.compile(r".*claude-3", re.IGNORECASE)


def closed_maker(model: str) -> Maker | None:
    """None for an open model, and for a name that says nothing."""
    return next((maker for maker, name in _NAMES.items() if name.match(model)), None)


def reasoning_kind(thinking: str | None, model: str) -> ReasoningKind:
    """The makers of closed models show a summary, whoever relays it."""
    if not thinking:
        return ReasoningKind.OMITTED
    summed_up = closed_maker(model) is not None and not _SHOWS_ALL.match(model)
    return ReasoningKind.SUMMARY if summed_up else ReasoningKind.RAW
