"""Log-probabilities as OpenAI-compatible servers and llama.cpp write them, and the confidence they make.

Where nobody gave any there is no confidence: it is never guessed from the words. The tokens
themselves are dropped: pieces of a text would slip through redaction.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from understudy.records import TokenConfidence

SURE = 0.9
"""A token is sure from this probability on."""
LEAST = 1e-6
"""No token counts as less likely: servers write -9999 or the least float for what they did not rank,
and one such token must not hide how sure the others were."""


def token_confidence(logprobs: Iterable[float]) -> TokenConfidence | None:
    """None without tokens. A logprob above 0 or that is no number counts as none at all."""
    least = math.log(LEAST)
    known = [max(one, least) for one in logprobs if math.isfinite(one) and one <= 0]
    if not known:
        return None
    return TokenConfidence(
        mean=math.exp(math.fsum(known) / len(known)),
        lowest=math.exp(min(known)),
        sure_share=sum(one >= math.log(SURE) for one in known) / len(known),
        tokens=len(known),
    )


def read_logprobs(choice: Mapping[str, Any]) -> Sequence[float]:
    """Those of one choice of a chat completion, whole or streamed, of a text completion, or of
    llama.cpp's own answer; none where it has none."""
    held = choice.get("logprobs")
    if isinstance(held, Mapping) and isinstance(held.get("token_logprobs"), list):
        return _numbers(held["token_logprobs"])
    rows = held.get("content") if isinstance(held, Mapping) else None
    if rows is None:
        rows = choice.get("completion_probabilities")
    entries = rows if isinstance(rows, list) else []
    return _numbers(one.get("logprob") for one in entries if isinstance(one, Mapping))


def _numbers(values: Iterable[Any]) -> Sequence[float]:
    return [
        _float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)
    ]


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
