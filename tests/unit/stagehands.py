"""Builders that the tests of releases on stage share: a store with finished releases in it."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

from understudy.records import (
    TEACHER,
    Completion,
    CycleState,
    Dataset,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    ReasoningKind,
    Release,
    Variant,
)
from understudy.release import cycle
from understudy.store import Store

FUNCTION = "triage"
PASSED = {"gate": {FUNCTION: {"promote": True, "reason": "passed", "checks": []}}}
_NUMBERS = itertools.count(1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def add_release(
    store: Store,
    folder: Path,
    *,
    state: CycleState = CycleState.EVALUATING,
    report: dict[str, Any] | None = None,
    functions: tuple[str, ...] = (FUNCTION,),
) -> Release:
    """A release whose file exists and whose gate was passed, unless said otherwise."""
    store.insert_dataset(Dataset("dataset", folder / "dataset", functions, (), {}, {}, 1.0))
    run = store.insert_run("sft", "dataset", "hash", 0, folder / "runs", 1.0)
    release = store.insert_release(run.id, functions, 1.0)
    gguf = folder / f"release-{release.number}.gguf"
    gguf.write_bytes(b"GGUF")
    made = replace(
        release,
        state=state,
        gguf=gguf,
        gguf_sha256="0" * 64,
        report=PASSED if report is None else report,
    )
    store.update_release(made)
    return made


def add_comparison(store: Store, variant: Variant, value: float, at: float) -> None:
    """One request that the variant served, and how much the teacher agreed."""
    inference = add_inference(store, variant, at)
    add_agreement(store, inference.id, value, at)


def add_inference(
    store: Store, variant: Variant, at: float, fallback_from: Variant | None = None
) -> Inference:
    prompt = Prompt("Sort tickets.", (Message("user", f"ticket {at}"),))
    inference = Inference(
        id=f"inference-{next(_NUMBERS):06d}",
        function=FUNCTION,
        episode="e",
        user="u",
        variant=variant,
        propensity=1.0,
        prompt=prompt,
        completion=Completion("{}", None, ReasoningKind.OMITTED, "end_turn"),
        status=InferenceStatus.COMPLETE,
        latency_s=0.1,
        cost_usd=0.0,
        prompt_hash=prompt.hash,
        config_hash="hash",
        created_at=at,
        fallback_from=fallback_from,
    )
    store.insert_inferences([inference])
    return inference


def add_failure(store: Store, variant: Variant, at: float) -> None:
    """One request that the variant failed and the teacher answered."""
    add_inference(store, TEACHER, at, fallback_from=variant)


def add_agreement(
    store: Store,
    inference: str,
    value: object,
    at: float,
    source: FeedbackSource = FeedbackSource.JUDGE,
) -> None:
    key = f"agreement:{inference}:{source.value}"
    feedback = Feedback(
        id=key,
        kind=FeedbackKind.FLOAT,
        name="agreement",
        value=value,
        source=source,
        inference=inference,
        episode=None,
        user="",
        confidence=1.0,
        created_at=at,
        key=key,
    )
    store.insert_feedback([feedback])


def make_live(store: Store, folder: Path, at: float) -> Variant:
    variant = add_release(store, folder).variant
    cycle.start_shadow(store, FUNCTION, variant, "gate passed", at)
    cycle.climb(store, FUNCTION, 0.5, "agrees", at + 1)
    cycle.go_live(store, FUNCTION, "agrees still", at + 2)
    return variant
