"""Token confidence, and the logprobs it is made of as OpenAI-compatible servers and llama.cpp write them.

Where nobody gave logprobs there is no confidence: it is never guessed from the words.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from understudy.curate.signals.findings import TokenConfidence, TokenLogprob

SURE = 0.9
"""A token is sure from this probability on."""


def token_confidence(logprobs: Sequence[TokenLogprob]) -> TokenConfidence | None:
    """None without tokens. A logprob above 0 or that is no number counts as none at all."""
    known = [one for one in logprobs if math.isfinite(one.logprob) and one.logprob <= 0]
    if not known:
        return None
    least = min(known, key=lambda one: one.logprob)
    return TokenConfidence(
        mean=math.exp(math.fsum(one.logprob for one in known) / len(known)),
        lowest=math.exp(least.logprob),
        lowest_token=least.token,
        sure_share=sum(one.logprob >= math.log(SURE) for one in known) / len(known),
        tokens=len(known),
    )


def read_logprobs(document: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Those of a chat completion, a text completion or llama.cpp's own answer; none where it has none."""
    choices = document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else document
    if not isinstance(choice, Mapping):
        return ()
    held = choice.get("logprobs")
    if isinstance(held, Mapping) and isinstance(held.get("tokens"), list):
        values = held.get("token_logprobs")
        pairs = zip(held["tokens"], values if isinstance(values, list) else [], strict=False)
        return tuple(_numbered(pairs))
    entries = held.get("content") if isinstance(held, Mapping) else None
    if entries is None:
        entries = choice.get("completion_probabilities")
    rows = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    return tuple(_numbered((one.get("token", ""), one.get("logprob")) for one in rows))


def _numbered(pairs: Iterable[tuple[Any, Any]]) -> Iterable[TokenLogprob]:
    for token, logprob in pairs:
        if isinstance(logprob, int | float) and not isinstance(logprob, bool):
            yield TokenLogprob(str(token), float(logprob))
