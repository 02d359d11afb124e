"""The bootstrap: 552 synthetic traces, all different, all usable, every flag set on purpose."""

import orjson
import pytest

from commandcenter.application import command_center
from commandcenter.catalog import check_plan
from commandcenter.workflows import WORKFLOWS
from understudy.config import Config, Samples
from understudy.curate.funnel import sift
from understudy.records import ReasoningKind, Trace, TraceSource, TrainingPermission

FLAGS = {
    "multi_step_reasoning": bool, "rag": bool, "terminal": bool, "web_search": bool,
    "tool_calls": list, "exploration": str, "constraints": list, "self_corrections": int,
    "pruning": bool,
}  # fmt: skip
COUNT = 552


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    bootstrap = command_center(0).bootstrap
    assert bootstrap is not None
    return list(bootstrap(COUNT, 0))


def test_all_552_traces_survive_the_dataset_builder(traces: list[Trace]) -> None:
    # The original kept 2 of 552: a flag that nobody had set dropped the others in silence.
    functions = command_center(0).functions
    config = Config(samples=Samples(holdout_share=1e-12))
    funnel = sift(traces, functions, config, {})
    assert not funnel.skipped
    assert len(funnel.kept) == COUNT


def test_every_behavioural_flag_is_set_on_every_trace(traces: list[Trace]) -> None:
    for trace in traces:
        for flag, kind in FLAGS.items():
            assert isinstance(trace.behaviour[flag], kind), flag
        assert trace.behaviour["multi_step_reasoning"] is True
        assert trace.behaviour["tool_calls"]


def test_the_traces_are_different_and_the_same_for_a_seed(traces: list[Trace]) -> None:
    assert len({trace.id for trace in traces}) == COUNT
    assert len({trace.prompt.hash for trace in traces}) == COUNT
    bootstrap = command_center(0).bootstrap
    assert bootstrap is not None
    assert list(bootstrap(20, 0)) == traces[:20]
    assert {trace.id for trace in bootstrap(20, 1)}.isdisjoint(trace.id for trace in traces)


def test_eight_workflows_share_the_traces_evenly(traces: list[Trace]) -> None:
    names = [trace.behaviour["workflow"] for trace in traces]
    assert {names.count(workflow.name) for workflow in WORKFLOWS} == {COUNT // 8}
    assert len(WORKFLOWS) == 8


def test_a_bootstrap_trace_says_that_it_is_synthetic_and_open(traces: list[Trace]) -> None:
    assert {trace.reasoning_kind for trace in traces} == {ReasoningKind.SYNTHETIC}
    assert {trace.source for trace in traces} == {TraceSource.BOOTSTRAP}
    assert {trace.training_permission for trace in traces} == {TrainingPermission.OPEN}


def test_every_plan_keeps_the_catalog_and_every_thinking_says_something(
    traces: list[Trace],
) -> None:
    for trace in traces:
        assert check_plan(orjson.loads(trace.answer)) == []
        assert trace.thinking.strip()
