"""Which traces may teach, and for every other one the reason. Refuses what was not permitted."""

from jsonschema import Draft202012Validator

from understudy.capture.traces import covers, reads_as_refusal
from understudy.config import Config
from understudy.curate.samples import WITH_THINKING
from understudy.curate.split import is_holdout
from understudy.function import Function
from understudy.records import (
    Reward,
    Trace,
    TraceSource,
    TrainingPermission,
)
from understudy.wire.answers import read_answer
from understudy.wire.makers import closed_maker

NOT_PERMITTED = "not permitted by teacher.training_permission"
UNKNOWN_FUNCTION = "of a function that is not being trained"
EMPTY_ANSWER = "empty answer"
EMPTY_THINKING = "empty thinking"
TRUNCATED = "truncated answer"
REFUSAL = "refusal"
TOOL_CALL = "a call for a tool in place of an answer"
NOT_ONLY_TEXT = "answer with tool calls or blocks that are no text"
NOT_JSON = "answer is not JSON"
SCHEMA_INVALID = "answer does not fit the function's schema"
LOW_REWARD = "reward below samples.min_reward"
HELD_OUT = "held out for evaluation (samples.holdout_share)"
HELD_OUT_SYNTHETIC = "synthetic, of a held-out family (samples.holdout_share): never measured by"
DUPLICATE = "duplicate of another trace"
NEAR_DUPLICATE = "near-duplicate of another trace (samples.near_duplicate)"
NEAR_HELD_OUT = "near-duplicate of a held-out prompt (samples.near_duplicate)"
CROWDED = "more of its slice than samples.max_slice_share"

TRUNCATING = frozenset({"max_tokens", "length", "model_context_window_exceeded", "pause_turn"})
REFUSING = frozenset({"refusal", "content_filter"})
CALLING = frozenset({"tool_use", "tool_calls", "function_call"})


def why_not(
    trace: Trace,
    function: Function | None,
    config: Config,
    reward: Reward | None = None,
    validator: Draft202012Validator | None = None,
) -> str | None:
    """The first reason why this trace teaches nothing; None when it may."""
    if effective_permission(trace, config) is TrainingPermission.NONE:
        return NOT_PERMITTED
    if function is None:
        return UNKNOWN_FUNCTION
    if is_holdout(trace.family, config.samples.holdout_share):
        return HELD_OUT_SYNTHETIC if trace.source is TraceSource.BOOTSTRAP else HELD_OUT
    return why_unfit(trace, function, config, reward, validator)


def why_unfit(
    trace: Trace,
    function: Function,
    config: Config,
    reward: Reward | None = None,
    validator: Draft202012Validator | None = None,
) -> str | None:
    """What is wrong with the trace itself, whichever side of the split it is on."""
    if reward is not None and reward.total < config.samples.min_reward:
        return LOW_REWARD
    return _wrong_text(trace) or wrong_answer(trace.answer, function, validator)


def effective_permission(trace: Trace, config: Config) -> TrainingPermission:
    """What is open stays open; for the rest the config's present word counts, so that recording a
    permission (or withdrawing it) reaches the traces that are already there."""
    stamped, teacher = trace.training_permission, config.teacher
    if trace.source is TraceSource.BOOTSTRAP:
        return stamped
    # A stamp of an earlier version is the config's, whoever had answered: no closed model is open.
    is_open = stamped is TrainingPermission.OPEN
    if is_open and closed_maker(trace.teacher) is None:
        return stamped
    if not covers(teacher, trace.teacher):
        # Recorded of another teacher: what is written of this one says nothing about it.
        return TrainingPermission.NONE if is_open else stamped
    return TrainingPermission(teacher.training_permission)


def why_no_answer(answer: str, stop_reason: str) -> str | None:
    """Why a call that was to be answered in text was not: cut short, refused, a tool call, empty."""
    if stop_reason in CALLING:
        return TOOL_CALL
    if not answer.strip() and stop_reason not in TRUNCATING | REFUSING:
        return EMPTY_ANSWER
    return _wrong_ending(answer, stop_reason)


def _wrong_ending(answer: str, stop_reason: str | None) -> str | None:
    if stop_reason in TRUNCATING:
        return TRUNCATED
    return REFUSAL if stop_reason in REFUSING or reads_as_refusal(answer) else None


def _wrong_text(trace: Trace) -> str | None:
    if wrong := _wrong_ending(trace.answer, trace.behaviour.get("stop_reason")):
        return wrong
    if trace.behaviour.get("text_only") is False:
        return NOT_ONLY_TEXT
    if trace.reasoning_kind in WITH_THINKING and not trace.thinking.strip():
        return EMPTY_THINKING
    return None


def wrong_answer(
    answer: str, function: Function, validator: Draft202012Validator | None = None
) -> str | None:
    """Empty, no JSON where it has to be, or of another form; None for one that the function may give."""
    if not answer.strip():
        return EMPTY_ANSWER
    content = read_answer(answer, function.schema)
    if content is None:
        return NOT_JSON
    checked = validator or Draft202012Validator(function.schema)
    return None if checked.is_valid(content) else SCHEMA_INVALID
