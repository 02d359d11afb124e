"""Judged events side by side, as what they are scored by; kept from one validation to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.learning import Judged
from understudy.learn.tier1.lists import Lists, join_lists, stack_lists
from understudy.learn.tier1.tensors import Array, Ints


@dataclass(frozen=True, slots=True)
class Table:
    """One row an event: its list, the places of its judged items, their rewards (NaN where it has
    fewer than others)."""

    events: Sequence[Judged]
    lists: Lists
    places: Ints
    rewards: Array


def tabulate(events: Sequence[Judged]) -> Table:
    shape = len(events), max(len(one.rewards) for one in events)
    places, rewards = np.zeros(shape, dtype=np.int64), np.full(shape, np.nan, dtype=np.float32)
    for row, one in enumerate(events):
        places[row, : len(one.places)] = one.places
        rewards[row, : len(one.values)] = one.values
    return Table(events, stack_lists([one.lists for one in events]), places, rewards)


def follow(table: Table | None, events: Sequence[Judged]) -> Table:
    """The table of these events; rows that the old one has already are not made again."""
    if table is None:
        return tabulate(events)
    places = {id(one): place for place, one in enumerate(table.events)}
    first = places.get(id(events[0]), len(places))
    kept = len(places) - first
    if any(one is not other for one, other in zip(table.events[first:], events, strict=False)):
        return tabulate(events)
    if kept >= len(events):
        return table if len(table.events) == len(events) else tabulate(events)
    fresh = tabulate(events[kept:])
    # With other widths the old rows would be padded in another way.
    if (fresh.places.shape[1], fresh.lists.rows.shape[1]) != (
        table.places.shape[1], table.lists.rows.shape[1],
    ):  # fmt: skip
        return tabulate(events)
    return Table(
        events,
        join_lists(table.lists, first, fresh.lists),
        np.concatenate([table.places[first:], fresh.places]),
        np.concatenate([table.rewards[first:], fresh.rewards]),
    )
