"""How a copied answer ended, and what that makes of the inference. Reads the copy, asks nobody."""

from enum import Enum

from understudy.errors import UpstreamError
from understudy.records import Completion, InferenceStatus, ReasoningKind
from understudy.wire.messages import Dialect

NO_COMPLETION = Completion("", None, ReasoningKind.OMITTED, "")


class Ending(Enum):
    WHOLE = "whole"
    ABANDONED = "abandoned"
    BROKEN = "broken"
    OVERLONG = "overlong"
    """It was larger than what is kept of one answer: nothing of it is."""
    FAILED = "failed"
    """The asking itself: there is no answer to read."""


def read_copy(
    dialect: Dialect, copy: bytes, ending: Ending, *, streamed: bool, reader: str
) -> tuple[Completion, InferenceStatus, str]:
    """The completion, its status, and what was wrong with it; `reader` is who was being answered."""
    if ending is Ending.OVERLONG:
        kept = "the answer is larger than capture.queue_bytes; nothing of it is kept"
        return NO_COMPLETION, InferenceStatus.INCOMPLETE, kept
    parse = dialect.parse_stream if streamed else dialect.parse_response
    try:
        completion = parse(copy)
    except UpstreamError as error:
        whole = ending is Ending.WHOLE
        status = InferenceStatus.FAILED if whole else InferenceStatus.INCOMPLETE
        return NO_COMPLETION, status, str(error)
    return completion, *_judge(completion, ending, reader)


def _judge(completion: Completion, ending: Ending, reader: str) -> tuple[InferenceStatus, str]:
    if completion.stop_reason == "error":
        return InferenceStatus.FAILED, "the teacher's stream ended with an error"
    if completion.stop_reason:
        # Who leaves after the last event has had the whole answer.
        return InferenceStatus.COMPLETE, ""
    if ending is Ending.ABANDONED:
        return InferenceStatus.INCOMPLETE, f"the {reader} left before the answer was complete"
    return InferenceStatus.INCOMPLETE, "the teacher broke off its answer"
