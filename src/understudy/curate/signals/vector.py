"""The reasoning vector: 35 named numbers of a trace, as float32, each with its formula and its range.

The table below is what docs/signals.md is made from. A change of a formula is a new `VERSION`: vectors of
two versions are never compared.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from understudy.curate.signals.base import DEPTHS
from understudy.curate.signals.findings import Base, Finding, Kind, Observation, Where
from understudy.curate.signals.tools import Sort, sorts_of

VERSION = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """One trace with all that a formula may ask for."""

    observation: Observation
    base: Base
    findings: Sequence[Finding]
    sorts: frozenset[Sort]

    def count(self, kind: Kind) -> int:
        return self.base.counts.get(kind, 0)


@dataclass(frozen=True, slots=True)
class Dimension:
    """`more` and `less` say what a difference means; `unit` what is counted."""

    name: str
    group: str
    formula: str
    low: float
    high: float
    unit: str
    meaning: str
    more: str
    less: str
    value: Callable[[Measured], float]


def _counted(name: str, kind: Kind, unit: str, meaning: str, verb: str, group: str = "behaviour") -> Dimension:  # fmt: skip
    return Dimension(name, group, f"number of {kind.value} findings", 0, math.inf, unit, meaning, f"{verb} more", f"{verb} less", lambda m: m.count(kind))  # fmt: skip


def _flag(name: str, formula: str, meaning: str, verb: str, value: Callable[[Measured], bool]) -> Dimension:  # fmt: skip
    return Dimension(name, "behaviour", formula, 0, 1, "share of answers", meaning, f"{verb} more often", f"{verb} less often", value)  # fmt: skip


def _share(name: str, formula: str, meaning: str, words: tuple[str, str], value: Callable[[Measured], float]) -> Dimension:  # fmt: skip
    return Dimension(name, "quality", formula, 0, 1, "of 1", meaning, *words, value)


def _constraint_adherence(m: Measured) -> float:
    wanted = [f for f in m.findings if f.kind is Kind.CONSTRAINT]
    checks = [f for f in m.findings if f.kind is Kind.VALIDATION]
    if not wanted:
        return 1.0
    return min(1.0, sum(f.tag != "failed" for f in checks) / len(wanted))


def _tool_efficiency(m: Measured) -> float:
    calls = m.observation.tool_calls
    return (
        len({(c.name, c.arguments) for c in calls if not c.failed}) / len(calls) if calls else 1.0
    )


def _mended(m: Measured) -> float:
    faults = max(m.count(Kind.SELF_CRITIQUE), m.count(Kind.CORRECTION))
    return m.count(Kind.CORRECTION) / faults if faults else 1.0


def _exploration_fit(m: Measured) -> float:
    needed = min(1.0, (m.count(Kind.CONSTRAINT) + len(m.observation.tool_calls)) / 6)
    return 1.0 - abs(DEPTHS[m.base.exploration] - needed)


def _assumption_clarity(m: Measured) -> float:
    made = [f for f in m.findings if f.kind is Kind.ASSUMPTION]
    return sum(f.tag != "guess" for f in made) / len(made) if made else 1.0


def _validation_completeness(m: Measured) -> float:
    checks = [f for f in m.findings if f.kind is Kind.VALIDATION]
    return sum(f.tag in ("passed", "failed") for f in checks) / len(checks) if checks else 0.0


def _overall_confidence(m: Measured) -> float:
    if m.observation.confidence is not None:
        return m.observation.confidence.mean
    doubts = m.count(Kind.SELF_CRITIQUE) + sum(f.tag == "guess" for f in m.findings)
    return 1.0 / (1.0 + doubts / max(1, m.base.steps))


def _task_success(m: Measured) -> float:
    if m.observation.succeeded is not None:
        return float(m.observation.succeeded)
    rating = _rating(m)
    return 0.5 if rating is None else 0.5 + 0.5 * rating


def _rating(m: Measured) -> float | None:
    feedback = m.observation.feedback
    # A NaN is no rating; `min` would make the best one of it.
    return None if feedback is None or math.isnan(feedback) else max(-1.0, min(1.0, feedback))


def _parallel(m: Measured) -> float:
    calls = m.observation.tool_calls
    sizes = Counter(call.batch for call in calls if call.batch is not None)
    return sum(size for size in sizes.values() if size > 1) / len(calls) if calls else 0.0


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("reasoning_steps", "behaviour", "numbered or sequenced steps of the thinking, else its paragraphs", 0, math.inf, "steps per answer", "how many steps the thinking takes", "takes more steps", "takes fewer steps", lambda m: m.base.steps),
    Dimension("exploration_depth", "behaviour", "0 minimal, 0.5 moderate, 1 thorough; by steps + calls + 2 counterfactuals + pruned + checks: from 3 moderate, from 7 thorough", 0, 1, "of 1", "how far it explored before it answered", "explores further", "explores less far", lambda m: DEPTHS[m.base.exploration]),
    Dimension("tool_calls", "behaviour", "number of tool calls", 0, math.inf, "calls per answer", "how often it used a tool", "calls tools more", "calls tools less", lambda m: len(m.observation.tool_calls)),
    _counted("constraints", Kind.CONSTRAINT, "constraints per answer", "how many limits and duties it names", "names constraints"),
    _counted("self_corrections", Kind.CORRECTION, "corrections per answer", "how often it takes something back", "corrects itself"),
    _counted("pruning", Kind.PRUNING, "options dropped per answer", "how many options it drops", "prunes"),
    _counted("assumptions", Kind.ASSUMPTION, "assumptions per answer", "how much it takes as given", "assumes"),
    _counted("validations", Kind.VALIDATION, "checks per answer", "how often it checks", "validates"),
    _counted("counterfactuals", Kind.COUNTERFACTUAL, "paths per answer", "how many other paths it weighs", "weighs alternatives"),
    _flag("multi_step", "1 from 2 steps or 2 tool calls on", "whether it reasons in several steps", "works in several steps", lambda m: m.base.steps > 1 or len(m.observation.tool_calls) > 1),
    _flag("rag", "1 if a tool call retrieves", "whether it looks things up", "looks things up", lambda m: Sort.RETRIEVAL in m.sorts),
    _flag("terminal", "1 if a tool call runs a command", "whether it runs commands", "runs commands", lambda m: Sort.TERMINAL in m.sorts),
    _flag("web_search", "1 if a tool call goes to the web", "whether it searches the web", "searches the web", lambda m: Sort.WEB in m.sorts),
    Dimension("parallel_tools", "behaviour", "calls sent together with another one / calls", 0, 1, "of 1", "how many of its calls it sends together", "sends calls together more often", "sends calls together less often", _parallel),
    _flag("explicit_planning", "1 if the thinking announces a plan or numbers at least 2 steps", "whether it plans aloud", "plans aloud", lambda m: m.base.planned),
    _share("constraint_adherence", "checks that did not fail / constraints named, at most 1; 1 without constraints", "whether what must hold is checked", ("checks its constraints more", "checks its constraints less"), _constraint_adherence),
    _share("reasoning_depth", "1 - exp(-(steps + checks + counterfactuals + pruned) / 5)", "how deep the thinking goes", ("thinks deeper", "thinks less deep"), lambda m: 1 - math.exp(-(m.base.steps + m.count(Kind.VALIDATION) + m.count(Kind.COUNTERFACTUAL) + m.count(Kind.PRUNING)) / 5)),
    _share("tool_efficiency", "different calls that succeeded / calls; 1 without calls", "how few calls are wasted", ("wastes fewer calls", "wastes more calls"), _tool_efficiency),
    _share("self_correction", "corrections / the larger of corrections and self-critiques; 1 without either", "whether faults it finds are mended", ("mends more of its faults", "mends fewer of its faults"), _mended),
    _share("exploration_fit", "1 - |exploration depth - min(1, (constraints + calls) / 6)|", "whether it explores as far as the task asks", ("explores more fittingly", "explores less fittingly"), _exploration_fit),
    _share("assumption_clarity", "assumptions said outright / assumptions; 1 without any", "whether assumptions are said outright", ("states assumptions more clearly", "states assumptions less clearly"), _assumption_clarity),
    _share("validation_completeness", "checks with an outcome / checks; 0 without any", "whether checks come to a result", ("finishes more of its checks", "finishes fewer of its checks"), _validation_completeness),
    _share("counterfactual_consideration", "1 - exp(-counterfactuals / 2)", "whether other paths are weighed at all", ("considers other paths more", "considers other paths less"), lambda m: 1 - math.exp(-m.count(Kind.COUNTERFACTUAL) / 2)),
    _share("overall_confidence", "geometric mean of the tokens' probabilities; without logprobs 1 / (1 + (self-critiques + guesses) / steps)", "how sure it is", ("is surer", "is less sure"), _overall_confidence),
    _share("task_success", "1 or 0 where it is known; else (1 + feedback) / 2; 0.5 where nobody said", "whether the task was done", ("succeeds more often", "succeeds less often"), _task_success),
    Dimension("response_time", "metadata", "seconds to the whole answer; 0 where nobody measured", 0, math.inf, "s", "how long it took", "takes longer", "is faster", lambda m: m.observation.latency_s or 0.0),
    Dimension("response_length", "metadata", "characters of the answer, its tool calls aside", 0, math.inf, "characters", "how long the answer is", "answers at greater length", "answers more briefly", lambda m: len(m.observation.answer) - m.observation.blanked_chars),
    Dimension("code_blocks", "metadata", "fenced blocks of the answer", 0, math.inf, "blocks per answer", "how much code it shows", "shows more code", "shows less code", lambda m: m.base.code_blocks),
    Dimension("markdown", "metadata", "marks of form in the answer: headings, list items, bold, links, tables", 0, math.inf, "marks per answer", "how much it formats", "formats more", "formats less", lambda m: m.base.markdown_marks),
    Dimension("json_output", "metadata", "1 if the answer is one JSON object or list", 0, 1, "share of answers", "whether it answers in JSON", "answers in JSON more often", "answers in JSON less often", lambda m: m.base.json_answer),
    Dimension("errors", "metadata", "errors recorded + tool calls that failed", 0, math.inf, "errors per answer", "how much went wrong", "runs into more errors", "runs into fewer errors", lambda m: m.observation.errors + sum(call.failed for call in m.observation.tool_calls)),
    Dimension("user_feedback", "metadata", "the user's rating from -1 to 1; 0 where there is none", -1, 1, "rating", "what users thought of it", "is rated higher", "is rated lower", lambda m: _rating(m) or 0.0),
    _counted("safety_concerns", Kind.SAFETY, "concerns per answer", "how often it speaks of harm", "warns", "metadata"),
    Dimension("provenance_citations", "metadata", "number of provenance findings in words", 0, math.inf, "citations per answer", "how often it names a source", "names sources more", "names sources less", lambda m: sum(f.kind is Kind.PROVENANCE and f.where is not Where.TOOL_CALL for f in m.findings)),
    _counted("edit_history", Kind.EDIT, "edits per answer", "how many changes it reports or makes", "edits", "metadata"),
)  # fmt: skip

NAMES: tuple[str, ...] = tuple(dimension.name for dimension in DIMENSIONS)
_VALUES = tuple(dimension.value for dimension in DIMENSIONS)
_LOWS = np.array([dimension.low for dimension in DIMENSIONS])
_HIGHS = np.fmin([dimension.high for dimension in DIMENSIONS], np.finfo(np.float32).max)


def measure(
    observation: Observation, base: Base, findings: Sequence[Finding]
) -> NDArray[np.float32]:
    """[35], in the order of `DIMENSIONS`; every number finite and inside its range."""
    sorts = frozenset().union(*(sorts_of(call) for call in observation.tool_calls))
    measured = Measured(observation, base, findings, sorts)
    values = np.array([value(measured) for value in _VALUES], dtype=np.float64)
    # fmax: what is not a number becomes the lowest one.
    bounded: NDArray[np.float32] = np.fmin(np.fmax(values, _LOWS), _HIGHS).astype(np.float32)
    return bounded
