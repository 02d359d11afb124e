"""Fails a build in which something that is measured on would be trained on.

Looks at what was kept, not at how it was chosen: the split's own rules are what is checked.
"""

from collections.abc import Iterable, Mapping

from understudy.config import Config
from understudy.curate.asked import Asked, HeldOut, words_of
from understudy.curate.funnel import Funnel, asked_in
from understudy.curate.split import is_holdout
from understudy.errors import LeakageError
from understudy.function import Function
from understudy.records import Trace


def check_leakage(funnel: Funnel, functions: Mapping[str, Function], config: Config) -> None:
    """Raises LeakageError counting the traces, naming one, and saying what to change."""
    _check_families(funnel.kept, functions, config.samples.holdout_share)
    check_apart(map(asked_in, funnel.kept), measured_by(funnel, config))


def measured_by(funnel: Funnel, config: Config) -> HeldOut:
    return HeldOut(map(asked_in, funnel.held_out), config.samples.near_duplicate, funnel.constants)


def check_apart(trained: Iterable[Asked], held_out: HeldOut) -> None:
    """No prompt of one side equals, or nearly equals, one of the other."""
    different = {(one.function, one.prompt.hash): one for one in trained}.values()
    leaked = [one for one in different if held_out.holds(one) or held_out.is_near(one)]
    if leaked:
        raise LeakageError(
            f"{len(leaked)} training prompts repeat held-out ones (first: "
            f"{words_of(leaked[0].prompt)[:80]!r}); let the function's `family` map both to one key"
        )


def _check_families(
    traces: Iterable[Trace], functions: Mapping[str, Function], share: float
) -> None:
    """Evaluation asks `family` anew; a trace bears the key of the day it was made."""
    moved = [
        trace
        for trace in traces
        if is_holdout(functions[trace.function].family(trace.prompt), share)
    ]
    if moved:
        raise LeakageError(
            f"{len(moved)} training traces belong to held-out families by what `family` of "
            f"{moved[0].function} says today (first: {moved[0].id}); take its change back, or "
            "import the traces again into a new data_dir"
        )
