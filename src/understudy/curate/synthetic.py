"""What a set of synthetic traces is like, by the engine's own signals, beside what its maker flagged."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from understudy.curate.signals.extract import Signals, extract_all
from understudy.curate.signals.findings import Exploration, Kind
from understudy.curate.signals.observe import observe
from understudy.records import Trace

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COUNTED = {
    "self_corrections": Kind.CORRECTION,
    "pruned": Kind.PRUNING,
    "alternatives": Kind.COUNTERFACTUAL,
    "checks": Kind.VALIDATION,
    "assumptions": Kind.ASSUMPTION,
}


def summarise(traces: Sequence[Trace]) -> dict[str, Any]:
    """Figures of all and of each workflow, and how many repeat another when numbers are masked."""
    read = [(trace, extract_all(observe(trace))) for trace in traces]
    names = dict.fromkeys(_workflow(trace) for trace in traces)
    flagged = Counter(str(trace.behaviour.get("exploration", "not flagged")) for trace in traces)
    return {
        "all": _figures(read),
        "workflows": {
            name: _figures([one for one in read if _workflow(one[0]) == name]) for name in names
        },
        "flagged": {name: count / len(traces) for name, count in flagged.most_common()},
        "repeated": len(traces) - len({_masked(trace) for trace in traces}),
        "functions": dict(Counter(trace.function for trace in traces)),
        "reasoning_kinds": dict(Counter(trace.reasoning_kind.value for trace in traces)),
    }


def _figures(read: Iterable[tuple[Trace, Signals]]) -> Mapping[str, Any]:
    signals = [one for _, one in read]
    depths = Counter(one.base.exploration for one in signals)
    return {
        "traces": len(signals),
        **{depth.value: depths[depth] / len(signals) for depth in reversed(Exploration)},
        "steps": fmean(one.base.steps for one in signals),
        "tool_calls": fmean(len(one.base.tools) for one in signals),
        **{
            name: sum(one.base.counts.get(kind, 0) for one in signals)
            for name, kind in _COUNTED.items()
        },
    }


def _workflow(trace: Trace) -> str:
    return str(trace.behaviour.get("workflow", trace.function))


def _masked(trace: Trace) -> str:
    """Without the prompt: a different question must not hide that the work is the same."""
    return _NUMBER.sub("#", f"{trace.thinking}\n{trace.answer}")
