"""Which earlier data a dataset repeats. Deterministic by content, in turn over the functions.

Without replay a tiny student kept nothing of its first task after learning a second (SPEC 3.8).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from understudy.curate.samples import Sample

# The samples of one trace: they are drawn together or not at all.
Group = tuple[Sample, ...]


def draw_replay(fresh: Sequence[Group], pool: Sequence[Group], share: float) -> list[Group]:
    """As much of the pool as makes up `share` of all rows, marked as replay."""
    wanted = share / (1.0 - share) * sum(map(len, fresh))
    drawn: list[Group] = []
    for group in _in_turn(pool):
        if wanted <= 0:
            break
        drawn.append(_marked(group))
        wanted -= len(group)
    return drawn


def mark_earlier(
    groups: Sequence[Group], drawn: Sequence[Group], earlier: Collection[str], share: float
) -> list[Group]:
    """Where the pool was too small, what earlier datasets held already counts as replay too."""
    rows = sum(map(len, groups)) + sum(map(len, drawn))
    wanted = share * rows - sum(map(len, drawn))
    marked = set()
    for group in _in_turn([group for group in groups if group[0].trace_id in earlier]):
        if wanted <= 0:
            break
        marked.add(group[0].trace_id)
        wanted -= len(group)
    return [_marked(group) if group[0].trace_id in marked else group for group in groups]


def _marked(group: Group) -> Group:
    return tuple(replace(sample, replay=True) for sample in group)


def _in_turn(groups: Sequence[Group]) -> Iterator[Group]:
    """One of each function, then the next of each, in the order of their content's hash."""
    by_function: dict[str, list[Group]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: group[0].key):
        by_function[group[0].function].append(group)
    strata = [by_function[name] for name in sorted(by_function)]
    for turn in zip_longest(*strata):
        yield from (group for group in turn if group is not None)
