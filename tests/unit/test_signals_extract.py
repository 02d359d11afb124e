"""The extractors over every part of a trace, the judge's seam, a corpus in pieces, and bad input."""

import itertools
import math
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from record_builders import make_trace

from understudy.curate.signals.corpus import extract_corpus
from understudy.curate.signals.extract import EXTRACTORS, extract_all, find_all
from understudy.curate.signals.findings import (
    Exploration,
    Finding,
    Kind,
    Observation,
    ToolCall,
    Where,
)
from understudy.curate.signals.observe import observe
from understudy.errors import UpstreamError
from understudy.records import (
    Message,
    Prompt,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
)

OBSERVATION = Observation(
    thinking="I assume it is pump 3. Let me verify the tag. It may be dangerous to open it.",
    answer="According to the log, pump 3 is on. If it had failed, the spare would run. I might be wrong about the time.",
    turns=(Message("user", "I assume it is off."), Message("assistant", "I assume you mean pump 3.")),
    tool_calls=(ToolCall("query_history", "pump_003", "4.2"), ToolCall("bash", "pytest -q", "ok")),
)  # fmt: skip


def test_each_extractor_gives_its_kind() -> None:
    assert len(EXTRACTORS) == 8
    kinds = {name: {f.kind for f in EXTRACTORS[name](OBSERVATION)} for name in list(EXTRACTORS)[:6]}
    assert kinds == {
        "assumptions": {Kind.ASSUMPTION},
        "validations": {Kind.VALIDATION},
        "counterfactuals": {Kind.COUNTERFACTUAL},
        "provenance": {Kind.PROVENANCE},
        "safety": {Kind.SAFETY},
        "self_critique": {Kind.SELF_CRITIQUE},
    }
    assert EXTRACTORS["vector"](OBSERVATION).shape == (35,)


def test_a_users_turn_is_never_the_models_own_word() -> None:
    made = [f for f in find_all(OBSERVATION) if f.kind is Kind.ASSUMPTION]
    assert [(f.where, f.index) for f in made] == [(Where.THINKING, 0), (Where.TURN, 1)]
    assert made[1].text_in(OBSERVATION) == "I assume you mean pump 3."
    assert made[1].cue_in(OBSERVATION) == "I assume"


def test_tool_calls_are_checks_edits_and_sources() -> None:
    calls = (
        ToolCall("query_history", "pump_003", "4.2"),
        ToolCall("bash", "pytest -q", "1 failed", failed=True),
        ToolCall("edit_file", "a.py"),
        ToolCall("edit_file", "b.py", failed=True),
        ToolCall("think", "assume it is off"),
    )
    found = find_all(Observation(tool_calls=calls))
    assert [(f.kind, f.index, f.tag) for f in found] == [
        (Kind.PROVENANCE, 0, "tool"),
        (Kind.VALIDATION, 1, "failed"),
        (Kind.EDIT, 2, "tool"),
    ]
    assert found[0].text_in(Observation(tool_calls=calls)) == "query_history(pump_003)"


@pytest.mark.parametrize(
    ("thinking", "exploration"),
    [
        ("It is on.", Exploration.MINIMAL),
        ("1. Read it.\n2. Compare.\n3. Answer.", Exploration.MODERATE),
        ("1. Read.\n2. Compare.\n3. Answer.\nIf it were off, the log would show it. Alternatively, we could use the log.", Exploration.THOROUGH),
    ],
)  # fmt: skip
def test_how_far_a_trace_explored(thinking: str, exploration: Exploration) -> None:
    assert extract_all(Observation(thinking=thinking)).base.exploration is exploration


def test_the_form_of_an_answer_is_counted() -> None:
    answer = "# Title\n- a\n- **b**\n```python\nx\n```\n```\ny\n```"
    base = extract_all(Observation(answer=answer)).base
    assert (base.code_blocks, base.json_answer) == (2, False)
    assert base.markdown_marks == 5
    assert extract_all(Observation(answer='```json\n{"a": 1}\n```')).base.json_answer
    assert extract_all(Observation(answer="[1, 2]")).base.json_answer


class FixedJudge:
    name = "fixed"

    def __init__(self, opinion: float | None) -> None:
        self.opinion = opinion
        self.asked: list[str] = []

    def __call__(self, finding: Finding, sentence: str, observation: Observation) -> float | None:
        self.asked.append(sentence)
        if self.opinion == math.inf:
            raise UpstreamError("the judge is away")
        return self.opinion


UNSURE = Observation(thinking="I assume it is on. It is probably pump 3.")


def test_the_judge_is_asked_only_about_what_is_not_sure() -> None:
    judge = FixedJudge(0.9)
    found = extract_all(UNSURE, judge).of(Kind.ASSUMPTION)
    assert judge.asked == ["It is probably pump 3."]
    assert [f.confidence for f in found] == [0.95, 0.9]
    assert found[1].found_by == "assumption.probably, judge:fixed"


@pytest.mark.parametrize(("opinion", "left"), [(0.1, 1), (None, 2), (math.nan, 2), (math.inf, 2)])
def test_the_judge_removes_and_without_an_opinion_leaves(opinion: float | None, left: int) -> None:
    signals = extract_all(UNSURE, FixedJudge(opinion))
    assert len(signals.of(Kind.ASSUMPTION)) == left
    assert signals.base.counts[Kind.ASSUMPTION] == left


def test_a_stored_trace_is_read_with_what_was_recorded() -> None:
    trace = Trace(
        id="t", function="f", prompt=Prompt("", (Message("user", "pump 3?"),)), thinking="hidden", answer="on",
        reasoning_kind=ReasoningKind.REDACTED, teacher="t", training_permission=TrainingPermission.OPEN,
        source=TraceSource.CAPTURED, family="f", created_at=0.0,
        behaviour={"tool_calls": [{"tool": "read_metric", "unit": "pump_003", "records": [1]}, "junk"], "latency_s": 2, "succeeded": True},
    )  # fmt: skip
    observation = observe(trace)
    assert observation.thinking == ""
    assert observation.tool_calls == (ToolCall("read_metric", '{"unit":"pump_003"}', "[1]"),)
    assert (observation.latency_s, observation.succeeded) == (2.0, True)
    assert observe(replace(trace, reasoning_kind=ReasoningKind.RAW)).thinking == "hidden"


STRANGE_CALLS = {
    "a lone surrogate": {"name": "find", "arguments": {"text": "\ud800"}},
    "an integer over 64 bits": {"name": "find", "arguments": {"number": 2**70}},
    "keys that are no text": {"name": "find", "arguments": {(1, 2): {3}}},
    "a number that nobody writes down": {"name": "find", "arguments": {"number": 10**5000}},
}


@pytest.mark.parametrize("name", STRANGE_CALLS)
def test_a_call_with_strange_arguments_is_a_call_all_the_same(name: str) -> None:
    trace = make_trace(behaviour={"tool_calls": [STRANGE_CALLS[name]]})
    assert extract_all(observe(trace)).base.tools == ("find",)


@pytest.mark.parametrize(
    "number", [math.inf, -math.inf, math.nan, 10**400], ids=["inf", "-inf", "nan", "huge"]
)
def test_a_number_that_measures_nothing_is_unmeasured(number: float) -> None:
    sure = {"mean": number, "lowest": 0.5, "sure_share": 0.5, "tokens": number}
    rows = [{"token": "a", "logprob": number}]
    names = ("errors", "latency_s", "feedback")
    behaviour = {**dict.fromkeys(names, number), "token_confidence": sure, "logprobs": rows}
    observation = observe(make_trace(behaviour=behaviour))
    assert (observation.errors, observation.latency_s, observation.feedback) == (0, None, None)
    assert observation.confidence is None
    assert np.isfinite(extract_all(observation).vector).all()


def test_a_corpus_streams_in_constant_memory() -> None:
    thinking = "Let me verify the total. " * 100

    def endless() -> Iterator[Observation]:
        return (Observation(thinking=f"{n} {thinking}") for n in itertools.count())

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in itertools.islice(extract_corpus(endless()), count):
            pass
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(2)
    assert peak(40) < 1.5 * peak(5) + 50_000


@pytest.mark.parametrize(
    "behaviour",
    [
        {"token_confidence": {"mean": 0.5, "lowest": 0.25, "sure_share": 0.5, "tokens": 2}},
        {"logprobs": [{"token": "a", "logprob": 0.0}, {"token": "b", "logprob": math.log(0.25)}]},
        {"token_confidence": {"mean": "?"}, "logprobs": {"logprobs": {"tokens": ["a", "b"], "token_logprobs": [0.0, math.log(0.25)]}}},
    ],
)  # fmt: skip
def test_a_traces_token_confidence_is_read_however_it_was_recorded(behaviour: dict[str, Any]) -> None:  # fmt: skip
    confidence = observe(make_trace(behaviour=behaviour)).confidence
    assert confidence is not None
    assert (confidence.mean, confidence.tokens) == (pytest.approx(0.5), 2)


def test_several_processes_give_what_one_gives() -> None:
    given = [Observation(thinking=f"I assume it is pump {n}. Let me verify it.") for n in range(9)]
    alone = [signals.findings for signals in extract_corpus(given)]
    together = [s.findings for s in extract_corpus(iter(given), workers=2, chunk=2)]
    assert together == alone


BAD = {
    "one megabyte": "Let me verify that I assume the best, if it had been so. " * 18_000,
    "one megabyte without an end": "assume check would if " * 48_000,
    "one megabyte of one letter": "i" * 1_000_000,
    "half a megabyte of quotes": "\"'“‘" * 120_000,
    "half a megabyte of fences": "```\n" * 120_000,
    "half a megabyte of tags": "<output>" * 60_000,
    "lone surrogates": "I assume \ud800\udfff it is \udc80 on.",
    "nested quotes": '“a “b ‘c "d” e’ ' * 2_000,
    "right to left": "אני מניח שהמשאבה פועלת. I assume it is on. أفترض أن المضخة تعمل. " * 50,
    "no text": "",
    "white space": " \n\t\u2028" * 1000,
    "nulls": "I assume\0it is\0on." * 100,
    "marks": "!?.,;:—()[]{}" * 20_000,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_text_is_survived(name: str) -> None:
    text = BAD[name]
    signals = extract_all(Observation(thinking=text, answer=text[:20_000]))
    assert signals.vector.shape == (35,)
    assert all(f.end <= len(text) for f in signals.findings)


def test_ten_thousand_tool_calls_and_an_empty_answer() -> None:
    calls = tuple(ToolCall("search", str(n), "x", batch=n // 2) for n in range(10_000))
    signals = extract_all(Observation(tool_calls=calls))
    assert len(signals.of(Kind.PROVENANCE)) == 10_000


def test_the_cost_grows_with_the_length_and_not_with_its_square() -> None:
    # Counts the sentences' searched characters, not seconds: no sentence is longer than its bound.
    from understudy.curate.signals.text import mask, sentences  # noqa: PLC0415

    text = "assume check would if " * 20_000
    assert max(end - start for start, end in sentences(text, mask(text))) <= 2000
