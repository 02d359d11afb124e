"""The one pool of pairs of a better and a worse answer: what people gave (corrections and explicit
preferences), and what comparisons of variants gave.

Never invents a pair for a lone thumb, and gives none from what no permission covers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from understudy.capture.traces import permission_of
from understudy.config import Config
from understudy.curate.asked import Asked, HeldOut
from understudy.curate.comparison_pairs import ComparedPair, load_pairs
from understudy.curate.eligibility import (
    DUPLICATE,
    HELD_OUT,
    NEAR_HELD_OUT,
    NOT_ONLY_TEXT,
    NOT_PERMITTED,
    UNKNOWN_FUNCTION,
    effective_permission,
    wrong_answer,
)
from understudy.curate.samples import canonical_answer
from understudy.curate.split import is_holdout
from understudy.curate.standing import Standing, Voice, Word
from understudy.function import Function
from understudy.records import (
    TEACHER,
    Feedback,
    FeedbackKind,
    Inference,
    Prompt,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
    content_hash,
)
from understudy.store import Store

NO_INFERENCE = "the answer it is about is not in the store"
OTHER_PROMPT = "the two answers are to different prompts"
SAME_ANSWER = "chosen and rejected are the same"
TOO_MANY = "more than samples.max_pairs"
FEEDBACK, COMPARISON = "feedback", "comparison"


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """`pair_type` is the function's name; `chosen_from` and `rejected_from` name a variant, or the
    source of the feedback that brought the answer; `teachers` are the models whose permission is
    needed: as the teacher they gave the answer that the feedback is about, or the other one. A pair
    of a `comparison` names that in place of an inference and feedback, and how far its scores were apart.
    """

    prompt: Prompt
    chosen: str
    rejected: str
    pair_type: str
    chosen_from: str
    rejected_from: str
    inference: str
    feedback: str
    teachers: tuple[str, ...]
    comparison: str = ""
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class PairFunnel:
    """`sources` says how many of those found came of feedback and how many of comparisons."""

    found: int
    sources: Mapping[str, int]
    kept: tuple[PreferencePair, ...]
    skipped: Mapping[str, int]


def find_pairs(
    store: Store, functions: Mapping[str, Function], config: Config, held_out: HeldOut | None = None
) -> PairFunnel:
    """Every pair of the store's feedback and of the data folder's comparisons, each kept or counted
    under one reason. What is near one of the `held_out` prompts is none."""
    measured = held_out or HeldOut((), config.samples.near_duplicate, {})
    candidates = list(_candidates(store, functions, config))
    standing = Standing(said.word for _, said in candidates if not isinstance(said, str))
    kept: dict[str, PreferencePair] = {}
    skipped: Counter[str] = Counter()
    for _, said in candidates:
        if isinstance(said, str):
            skipped[said] += 1
            continue
        pair = said.pair
        reason = _why_not(pair, functions, config, measured) or standing.why_not(said.word)
        if reason is not None:
            skipped[reason] += 1
            continue
        key = content_hash([pair.pair_type, pair.prompt.hash, pair.chosen, pair.rejected])
        skipped[DUPLICATE] += key in kept
        kept.setdefault(key, pair)
    sources = Counter(source for source, _ in candidates)
    most = _most_telling(list(kept.values()), config.samples.max_pairs)
    skipped[TOO_MANY] = len(kept) - len(most)
    return PairFunnel(sources.total(), dict(sources), tuple(most), dict(+skipped))


@dataclass(frozen=True, slots=True)
class _Said:
    pair: PreferencePair
    word: Word


def _candidates(
    store: Store, functions: Mapping[str, Function], config: Config
) -> Iterator[tuple[str, _Said | str]]:
    """Each with its source; of those that cannot be a pair the reason. People's come first, so that
    a comparison which says the same again is the duplicate."""
    for feedback in store.find_feedback():
        if feedback.kind in (FeedbackKind.DEMONSTRATION, FeedbackKind.PREFERENCE):
            corrects = feedback.inference if feedback.kind is FeedbackKind.DEMONSTRATION else None
            voice = (feedback.source.value, feedback.user)
            yield FEEDBACK, _said(_read(store, feedback), functions, voice, corrects or "")
    for compared in load_pairs(config.data_dir):
        voice = (COMPARISON, compared.comparison)
        yield COMPARISON, _said(_read_compared(compared, config), functions, voice)


def _said(
    pair: PreferencePair | str, functions: Mapping[str, Function], voice: Voice, corrects: str = ""
) -> _Said | str:
    """The pair in the form that it is kept in: two ways to write one answer are one answer."""
    if isinstance(pair, str):
        return pair
    function = functions.get(pair.pair_type)
    plain = pair if function is None else _canonical(pair, function)
    asked = (plain.pair_type, plain.prompt.hash)
    return _Said(plain, Word(voice, asked, plain.chosen, plain.rejected, corrects))


def _most_telling(pairs: Sequence[PreferencePair], most: int) -> list[PreferencePair]:
    """People's word before a comparison's, the newest first; of comparisons the widest gap."""
    ranked = sorted(
        range(len(pairs)), key=lambda at: (bool(pairs[at].comparison), -pairs[at].gap, -at)
    )
    return [pairs[at] for at in sorted(ranked[:most])]


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


def _read_compared(compared: ComparedPair, config: Config) -> PreferencePair | str:
    """The pair, where the permission that is recorded today covers the teacher's part in it."""
    if effective_permission(_taught(compared), config) is TrainingPermission.NONE:
        return NOT_PERMITTED
    return PreferencePair(
        prompt=compared.prompt,
        chosen=compared.chosen,
        rejected=compared.rejected,
        pair_type=compared.function,
        chosen_from=compared.chosen_variant,
        rejected_from=compared.rejected_variant,
        inference="",
        feedback="",
        teachers=(),
        comparison=compared.comparison,
        gap=compared.gap,
    )


def _taught(compared: ComparedPair) -> Trace:
    """The teacher's part as a trace bears it."""
    return Trace(
        id=compared.comparison,
        function=compared.function,
        prompt=compared.prompt,
        thinking="",
        answer=compared.chosen,
        reasoning_kind=ReasoningKind.OMITTED,
        teacher=compared.teacher,
        training_permission=compared.permission,
        source=TraceSource.CAPTURED,
        family="",
        created_at=0.0,
    )


def _why_not(
    pair: PreferencePair, functions: Mapping[str, Function], config: Config, measured: HeldOut
) -> str | None:
    permissions = (permission_of(config.teacher, model) for model in pair.teachers)
    if TrainingPermission.NONE in permissions:
        return NOT_PERMITTED
    function = functions.get(pair.pair_type)
    if function is None:
        return UNKNOWN_FUNCTION
    if is_holdout(function.family(pair.prompt), config.samples.holdout_share):
        return HELD_OUT
    if measured.is_near(Asked(pair.pair_type, pair.prompt)):
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
