"""Pairs of a better and a worse answer that people gave: corrections and explicit preferences.

Never invents a pair for a lone thumb, and gives none from what no permission covers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from understudy.capture.traces import permission_of
from understudy.config import Config
from understudy.curate.eligibility import (
    DUPLICATE,
    HELD_OUT,
    NEAR_HELD_OUT,
    NOT_ONLY_TEXT,
    NOT_PERMITTED,
    UNKNOWN_FUNCTION,
    wrong_answer,
)
from understudy.curate.funnel import words_of
from understudy.curate.near import NearIndex
from understudy.curate.samples import canonical_answer
from understudy.curate.split import is_holdout
from understudy.function import Function
from understudy.records import (
    TEACHER,
    Feedback,
    FeedbackKind,
    Inference,
    Prompt,
    TrainingPermission,
    content_hash,
)
from understudy.store import Store

NO_INFERENCE = "the answer it is about is not in the store"
OTHER_PROMPT = "the two answers are to different prompts"
SAME_ANSWER = "chosen and rejected are the same"


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """`pair_type` is the function's name; `chosen_from` and `rejected_from` name a variant, or the
    source of the feedback that brought the answer; `teachers` are the models whose permission is
    needed: as the teacher they gave the answer that the feedback is about, or the other one."""

    prompt: Prompt
    chosen: str
    rejected: str
    pair_type: str
    chosen_from: str
    rejected_from: str
    inference: str
    feedback: str
    teachers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairFunnel:
    found: int
    kept: tuple[PreferencePair, ...]
    skipped: Mapping[str, int]


def find_pairs(
    store: Store, functions: Mapping[str, Function], config: Config, held_out: Iterable[Prompt]
) -> PairFunnel:
    """Every pair that the store's feedback holds, each kept or counted under one reason. What is
    near one of the `held_out` prompts is none."""
    measured = NearIndex(config.samples.near_duplicate)
    for prompt in held_out:
        measured.add(words_of(prompt))
    kept: dict[str, PreferencePair] = {}
    skipped: Counter[str] = Counter()
    found = 0
    for feedback in store.find_feedback():
        if feedback.kind not in (FeedbackKind.DEMONSTRATION, FeedbackKind.PREFERENCE):
            continue
        found += 1
        pair = _read(store, feedback)
        if isinstance(pair, str):
            skipped[pair] += 1
            continue
        reason = _why_not(pair, functions, config, measured)
        if reason is not None:
            skipped[reason] += 1
            continue
        pair = _canonical(pair, functions[pair.pair_type])
        key = content_hash([pair.pair_type, pair.prompt.hash, pair.chosen, pair.rejected])
        skipped[DUPLICATE] += key in kept
        kept.setdefault(key, pair)
    return PairFunnel(found, tuple(kept.values()), dict(+skipped))


def _read(store: Store, feedback: Feedback) -> PreferencePair | str:
    """The pair, or why the feedback gives none."""
    about = store.find_inference(feedback.inference or "")
    if about is None:
        return NO_INFERENCE
    own, given, other = str(about.variant), feedback.source.value, about
    if feedback.kind is FeedbackKind.DEMONSTRATION:
        sides = (_text(feedback.value), about.completion.answer, given, own)
    elif "over" in feedback.value:
        found = store.find_inference(str(feedback.value["over"]))
        if found is None:
            return NO_INFERENCE
        other = found
        if not _same_question(about, other):
            return OTHER_PROMPT
        if not about.completion.text_only:
            return NOT_ONLY_TEXT
        sides = (about.completion.answer, other.completion.answer, own, str(other.variant))
    else:
        better, worse = (_text(feedback.value[side]) for side in ("chosen", "rejected"))
        sides = (better, worse, given, given)
    chosen, rejected, chosen_from, rejected_from = sides
    return PreferencePair(
        prompt=about.prompt,
        chosen=chosen,
        rejected=rejected,
        pair_type=about.function,
        chosen_from=chosen_from,
        rejected_from=rejected_from,
        inference=about.id,
        feedback=feedback.id,
        teachers=tuple(one.completion.model for one in (about, other) if one.variant == TEACHER),
    )


def _why_not(
    pair: PreferencePair, functions: Mapping[str, Function], config: Config, measured: NearIndex
) -> str | None:
    permissions = (permission_of(config.teacher, model) for model in pair.teachers)
    if TrainingPermission.NONE in permissions:
        return NOT_PERMITTED
    function = functions.get(pair.pair_type)
    if function is None:
        return UNKNOWN_FUNCTION
    if is_holdout(function.family(pair.prompt), config.samples.holdout_share):
        return HELD_OUT
    if measured.is_near(words_of(pair.prompt)):
        return NEAR_HELD_OUT
    same = pair.chosen == pair.rejected
    # A rejected answer may be broken: that is a reason to reject it.
    return SAME_ANSWER if same else wrong_answer(pair.chosen, function)


def _canonical(pair: PreferencePair, function: Function) -> PreferencePair:
    """Both as the serving grammar writes them, so that no space tells the better one."""
    chosen, rejected = (
        canonical_answer(side, function.schema) for side in (pair.chosen, pair.rejected)
    )
    return replace(pair, chosen=chosen, rejected=rejected)


def _same_question(one: Inference, other: Inference) -> bool:
    return one.function == other.function and one.prompt.hash == other.prompt.hash


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
