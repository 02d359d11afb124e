"""`investigate` and the bootstrap made of it: 552 traces whose numbers are the plant's own."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from commandcenter.application import command_center
from commandcenter.investigation.function import INVESTIGATE_SCHEMA, time_of
from commandcenter.investigation.tools import TOOLS
from commandcenter.plant import Plant
from commandcenter.workflows import WORKFLOWS
from understudy.config import Config, Samples
from understudy.curate.funnel import sift
from understudy.curate.samples import SampleKind, build_samples
from understudy.curate.synthetic import summarise
from understudy.errors import InputError
from understudy.records import ReasoningKind, Trace, TraceSource, TrainingPermission

COUNT = 552
FLAGS = {
    "workflow": str, "stop_reason": str, "succeeded": bool, "errors": int, "steps": int,
    "exploration": str, "tool_calls": list, "constraints": list, "self_corrections": int,
    "dead_ends": int, "branches": int, "pruning": bool, "assumptions": int, "validations": int,
    "counterfactuals": int, "multi_step_reasoning": bool, "explicit_planning": bool, "rag": bool,
    "terminal": bool, "web_search": bool, "parallel_tools": bool,
}  # fmt: skip
SHARES = {"thorough": 0.53, "moderate": 0.21, "minimal": 0.26}
APPLICATION = command_center(0)
PLANT = Plant(0)
INVESTIGATE = APPLICATION.functions["investigate"]
TIME = re.compile(r"^Time: (.*)$", re.MULTILINE)


def made(count: int, seed: int = 0) -> list[Trace]:
    assert APPLICATION.workflows is not None
    return list(APPLICATION.workflows(count, seed))


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return made(COUNT)


@pytest.fixture(scope="module")
def figures(traces: list[Trace]) -> dict[str, Any]:
    return summarise(traces)


def test_every_flag_is_set_on_every_trace_and_none_drops_one(traces: list[Trace]) -> None:
    # The original kept 2 of 552: a flag that nobody had set dropped the others in silence.
    for trace in traces:
        assert {name: type(trace.behaviour[name]) for name in FLAGS} == FLAGS
    config = Config(samples=Samples(holdout_share=1e-12))
    funnel = sift(traces, APPLICATION.functions, config, {})
    assert (len(funnel.kept), funnel.skipped) == (COUNT, {})


def test_the_depth_is_as_wanted_by_flag_and_by_the_signals(figures: dict[str, Any]) -> None:
    for name, share in SHARES.items():
        assert abs(figures["flagged"][name] - share) < 0.04
        assert abs(figures["all"][name] - share) < 0.04
    assert abs(figures["all"]["steps"] - 3.5) < 0.25
    assert abs(figures["all"]["tool_calls"] - 3.5) < 0.25


def test_nearly_every_trace_explores_as_deep_as_it_is_flagged(traces: list[Trace]) -> None:
    # The signals' weights take a number beside its limit for a check now and then.
    others = [t for t in traces if summarise([t])["all"][t.behaviour["exploration"]] != 1.0]
    assert len(others) <= 0.03 * len(traces), others[0].thinking


def test_what_is_flagged_is_found_in_the_words(
    traces: list[Trace], figures: dict[str, Any]
) -> None:
    flags = {
        "self_corrections": "self_corrections",
        "dead_ends": "pruned",
        "counterfactuals": "alternatives",
        "assumptions": "assumptions",
    }
    for flag, found in flags.items():
        meant = sum(trace.behaviour[flag] for trace in traces)
        assert meant > 50
        assert abs(figures["all"][found] - meant) <= 0.05 * meant, flag
    # A check is found twice: in the sentence and in the call.
    checks = sum(trace.behaviour["validations"] for trace in traces)
    assert figures["all"]["checks"] >= checks > 200


def test_no_trace_repeats_another_when_numbers_are_masked(figures: dict[str, Any]) -> None:
    assert figures["repeated"] == 0
    assert summarise(made(64, 7))["repeated"] == 0


def test_eight_workflows_share_the_traces_evenly(figures: dict[str, Any]) -> None:
    counts = {name: one["traces"] for name, one in figures["workflows"].items()}
    assert counts == {workflow.name: COUNT // 8 for workflow in WORKFLOWS}


def test_every_call_asks_the_plant_again_the_same(traces: list[Trace]) -> None:
    """The result of a call is what the plant says to its arguments at the trace's time."""
    used: Counter[str] = Counter()
    for trace in traces[::5]:
        now = time_of(trace.prompt)
        for call in trace.behaviour["tool_calls"]:
            used[call["tool"]] += 1
            assert TOOLS[call["tool"]](PLANT, now, **call["arguments"]) == call["result"]
    assert set(used) == set(TOOLS)


def test_every_number_of_an_answer_was_returned_by_a_call(traces: list[Trace]) -> None:
    for trace in traces:
        returned = {
            value
            for call in trace.behaviour["tool_calls"]
            for value in call["result"].values()
            if isinstance(value, int | float)
        }
        answer = orjson.loads(trace.answer)
        assert answer["figures"]
        for figure in answer["figures"]:
            assert figure["value"] in returned
        assert str(answer["figures"][0]["value"]) in answer["text"]


def test_every_answer_keeps_the_schema_and_every_thinking_is_short_enough_to_teach(
    traces: list[Trace],
) -> None:
    schema = Draft202012Validator(INVESTIGATE_SCHEMA)
    for trace in traces:
        assert schema.is_valid(orjson.loads(trace.answer))
        samples = build_samples(trace, max_thinking_chars=Samples().max_thinking_chars)
        assert [sample.kind for sample in samples] == list(SampleKind)


def test_a_seed_gives_the_same_traces_and_another_seed_others(traces: list[Trace]) -> None:
    assert made(20) == traces[:20]
    assert {one.id for one in made(20, 1)}.isdisjoint(one.id for one in traces)


def test_the_traces_say_that_they_are_synthetic_and_open(traces: list[Trace]) -> None:
    assert {trace.reasoning_kind for trace in traces} == {ReasoningKind.SYNTHETIC}
    assert {trace.source for trace in traces} == {TraceSource.BOOTSTRAP}
    assert {trace.training_permission for trace in traces} == {TrainingPermission.OPEN}


def test_the_scripted_teacher_answers_a_bootstrap_prompt_alike(traces: list[Trace]) -> None:
    assert APPLICATION.scripted_teacher is not None
    for trace in traces[:8]:
        said = APPLICATION.scripted_teacher("investigate", trace.prompt)
        assert (said.thinking, said.answer) == (trace.thinking, trace.answer)


def requests() -> Iterator[dict[str, Any]]:
    yield {"question": "How is pump 3?"}
    yield {"question": "?", "workflow": "nonsense", "unit": "nowhere", "now": "never"}
    yield {"question": "ما هي درجة حرارة المضخة", "now": 1.8e9}
    yield {"question": "why " * 5000, "workflow": "anomaly_detection"}


def test_any_question_can_be_investigated() -> None:
    assert APPLICATION.scripted_teacher is not None
    for request in requests():
        said = APPLICATION.scripted_teacher("investigate", INVESTIGATE.build_prompt(request))
        assert Draft202012Validator(INVESTIGATE_SCHEMA).is_valid(orjson.loads(said.answer))
    with pytest.raises(InputError, match="no question"):
        INVESTIGATE.build_prompt({})


def test_held_out_questions_are_spread_over_the_workflows() -> None:
    assert APPLICATION.holdout is not None
    questions = APPLICATION.holdout("investigate", 24, 3)
    assert len({question.request["question"] for question in questions}) == 24
    assert {question.slice for question in questions} == {one.name for one in WORKFLOWS}
