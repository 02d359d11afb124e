"""What may be replayed, at what price, and which answer is kept: decisions without any I/O."""

from collections.abc import Sequence

from understudy.capture.traces import has_reasoning, is_sampled, reads_as_refusal
from understudy.config import Capture, Teacher
from understudy.records import TEACHER, Completion, Inference, InferenceStatus, Prompt

MINUTE_S = 60.0
OTHER_PROMPT = "the prompt that would be sent is not the one that was answered (redacted, perhaps)"
NO_REASONING = "the teacher gave no reasoning"
NOT_WHOLE = "the answer was cut off or refused"
EMPTY = "the answer is empty"

_WHOLE = frozenset({"end_turn", "stop_sequence"})
_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 5.0, 600.0


def lacks_reasoning(inference: Inference, capture: Capture) -> bool:
    """A teacher's whole answer without reasoning, or, where so configured, a student's."""
    if inference.status is not InferenceStatus.COMPLETE or inference.shadow:
        return False
    if inference.variant != TEACHER:
        return capture.replay_students
    return not has_reasoning(inference) and _is_whole(inference.completion)


def is_wanted(inference: Inference, confident: bool, capture: Capture) -> bool:
    """By the rule that makes traces of answers that brought their reasoning."""
    return confident or is_sampled(inference.id, capture.trace_share)


def highest_price_usd(teacher: Teacher, prompt: Prompt, written: int) -> float:
    """No answer can cost more: a token is at least a byte, and an answer ends at its limit."""
    texts = [prompt.system, *(message.content for message in prompt.messages)]
    read = sum(len(text.encode("utf-8", "replace")) for text in texts)
    micros = read * teacher.usd_per_million_input + written * teacher.usd_per_million_output
    return micros / 1e6


def affordable(prices: Sequence[float], spent_usd: float, limit_usd: float, kind: str) -> int:
    """How many of the first may be asked together without the day's limit being passed."""
    if kind == "claude_cli" and spent_usd >= limit_usd:
        # The command tells its bill afterwards, whatever the configured prices say.
        return 0
    for count, price in enumerate(prices):
        spent_usd += price
        if spent_usd > limit_usd:
            return count
    return len(prices)


def why_refused(answered: Inference) -> str:
    """Why a replayed answer is not kept; empty where it is."""
    completion = answered.completion
    if not _is_whole(completion):
        return NOT_WHOLE
    if not completion.answer.strip():
        return EMPTY
    return "" if has_reasoning(answered) else NO_REASONING


def backoff_s(failures: int) -> float:
    """After so many failures in a row."""
    return float(min(_LAST_BACKOFF_S, _FIRST_BACKOFF_S * 2 ** (failures - 1)))


def _is_whole(completion: Completion) -> bool:
    return completion.stop_reason in _WHOLE and not reads_as_refusal(completion.answer)
