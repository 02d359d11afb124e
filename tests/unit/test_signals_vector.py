"""The 35 dimensions by name, their ranges, hand-made values, and what similarity and differences say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.curate.signals.extract import extract_all, extract_vector
from understudy.curate.signals.findings import Observation, ToolCall
from understudy.curate.signals.similarity import (
    Scale,
    Vector,
    differences,
    fit_scale,
    mean_vector,
    similarity,
)
from understudy.curate.signals.vector import DIMENSIONS, NAMES
from understudy.errors import InputError
from understudy.wire.logprobs import token_confidence

SPEC = """
reasoning_steps exploration_depth tool_calls constraints self_corrections pruning assumptions validations counterfactuals multi_step rag
terminal web_search parallel_tools explicit_planning
constraint_adherence reasoning_depth tool_efficiency self_correction exploration_fit assumption_clarity validation_completeness
counterfactual_consideration overall_confidence task_success
response_time response_length code_blocks markdown json_output errors user_feedback safety_concerns provenance_citations edit_history
"""

THINKING = """1. I assume the unit is mm/s.
2. The limit must not exceed 7.1 mm/s.
3. Let me verify it: 4.2 is below 7.1 ✓
Wait, that's not right. I forgot the offset."""


def value(vector: Vector, name: str) -> float:
    return float(vector[NAMES.index(name)])


def test_the_dimensions_are_those_of_the_specification_in_its_order() -> None:
    assert list(NAMES) == SPEC.split()
    groups = [dimension.group for dimension in DIMENSIONS]
    assert [groups.count(g) for g in ("behaviour", "quality", "metadata")] == [15, 10, 10]


def test_a_trace_measured_by_hand() -> None:
    vector = extract_vector(Observation(thinking=THINKING, answer='{"value": 4.2}', latency_s=1.5))
    assert vector.dtype == np.float32
    wanted = {
        "reasoning_steps": 3, "assumptions": 1, "constraints": 1, "validations": 1, "self_corrections": 1, "multi_step": 1,
        "explicit_planning": 1, "constraint_adherence": 1, "self_correction": 1, "assumption_clarity": 1,
        "reasoning_depth": 1 - math.exp(-4 / 5), "overall_confidence": 1 / (1 + 1 / 3), "task_success": 0.5, "response_time": 1.5,
        "response_length": 14, "json_output": 1, "tool_calls": 0, "code_blocks": 0, "counterfactual_consideration": 0,
    }  # fmt: skip
    assert {name: pytest.approx(value(vector, name)) for name in wanted} == wanted


def test_tools_are_told_apart_by_their_names() -> None:
    calls = (
        ToolCall("search_docs", "q=1", "found", batch=1),
        ToolCall("bash", "ls", "a", batch=1),
        ToolCall("web_search", "q", "b", batch=2),
        ToolCall("bash", "ls", "a", failed=True),
    )
    vector = extract_vector(Observation(answer="ok", tool_calls=calls))
    wanted = {"tool_calls": 4, "rag": 1, "terminal": 1, "web_search": 1, "parallel_tools": 0.5, "tool_efficiency": 0.75, "errors": 1}  # fmt: skip
    assert {name: value(vector, name) for name in wanted} == wanted


def test_confidence_comes_from_logprobs_where_there_are_any() -> None:
    confidence = token_confidence([math.log(0.9), math.log(0.4)])
    signals = extract_all(Observation(answer="ab", confidence=confidence))
    assert signals.token_confidence == confidence
    assert value(signals.vector, "overall_confidence") == pytest.approx(0.6)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Observation,
        thinking=st.text(max_size=200),
        answer=st.text(max_size=200),
        latency_s=st.none() | st.floats(allow_nan=True),
        feedback=st.none() | st.floats(allow_nan=True),
        succeeded=st.none() | st.booleans(),
        errors=st.integers(-5, 10**40),
    )
)
def test_every_value_is_finite_and_inside_its_range(observation: Observation) -> None:
    vector = extract_vector(observation)
    assert np.isfinite(vector).all()
    for number, dimension in zip(vector, DIMENSIONS, strict=True):
        assert dimension.low <= number <= dimension.high, dimension.name


@pytest.mark.parametrize("rating", [None, math.nan])
def test_a_rating_that_is_no_number_is_no_rating(rating: float | None) -> None:
    vector = extract_vector(Observation(answer="on", feedback=rating))
    assert (value(vector, "user_feedback"), value(vector, "task_success")) == (0.0, 0.5)


def _corpus() -> list[Vector]:
    rng = np.random.default_rng(0)
    return [extract_vector(_observation(int(n), int(m))) for n, m in rng.integers(0, 9, (40, 2))]


def _observation(steps: int, checks: int) -> Observation:
    thinking = "".join(f"{n}. Look at pump {n}.\n" for n in range(1, steps + 1))
    return Observation(
        thinking=thinking + "Let me verify the total.\n" * checks, answer="x" * checks
    )


def test_a_corpus_is_like_itself_and_less_like_its_shuffle() -> None:
    corpus = _corpus()
    scale = fit_scale(corpus)
    assert {similarity(one, one, scale) for one in corpus} == {1.0}
    shuffled = [
        similarity(a, b, scale) for a, b in zip(corpus, corpus[7:] + corpus[:7], strict=True)
    ]
    assert np.mean(shuffled) < 0.8
    assert min(shuffled) >= 0.0


def test_similarity_is_the_same_both_ways_and_in_any_unit() -> None:
    first, second, *_ = corpus = _corpus()
    scale = fit_scale(corpus)
    assert similarity(first, second, scale) == similarity(second, first, scale)
    times = np.ones(len(NAMES), dtype=np.float32)
    times[NAMES.index("response_length")] = 1000
    larger = fit_scale(one * times for one in corpus)
    assert similarity(first * times, second * times, larger) == pytest.approx(
        similarity(first, second, scale), abs=1e-5
    )


def test_the_scale_is_that_of_the_whole_corpus() -> None:
    corpus = _corpus()
    scale = fit_scale(iter(corpus))
    stacked = np.stack(corpus).astype(np.float64)
    assert scale.mean == pytest.approx(stacked.mean(axis=0), abs=1e-6)
    assert scale.deviation == pytest.approx(stacked.std(axis=0), abs=1e-6)


def test_differences_are_ranked_and_said_in_words() -> None:
    teacher, student = np.zeros(35, np.float32), np.zeros(35, np.float32)
    teacher[NAMES.index("validations")], student[NAMES.index("validations")] = 2.1, 0.4
    teacher[NAMES.index("response_length")], student[NAMES.index("response_length")] = 100, 110
    scale = Scale((0.0,) * 35, (1.0,) * NAMES.index("response_length") + (100.0,) * 9, 2)
    found = differences(teacher, student, scale)
    assert [one.words for one in found] == [
        "validates less: 0.4 vs 2.1 checks per answer",
        "answers at greater length: 110 vs 100 characters",
    ]


def test_vectors_of_another_version_are_refused() -> None:
    scale = Scale((0.0,) * 35, (1.0,) * 35, 1, version=0)
    with pytest.raises(InputError, match="extract the signals again"):
        similarity(np.zeros(35, np.float32), np.zeros(35, np.float32), scale)


def test_nothing_is_refused_with_the_next_step() -> None:
    with pytest.raises(InputError, match="at least one trace"):
        fit_scale([])
    with pytest.raises(InputError, match="at least one"):
        mean_vector([])
