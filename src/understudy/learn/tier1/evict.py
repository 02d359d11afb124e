"""Keeps the catalog within its limit: the items that were longest in no judged answer are forgotten.

Runs at the end of a fit, when nobody holds a row's number; what still mentions a forgotten item goes.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from understudy.learn.tier1.learning import Judged
from understudy.learn.tier1.tensors import Ints


def rows_to_keep(last_shown: Sequence[int], limit: int) -> Ints:
    """The rows of the last shown, in their old order; of those shown together the later rows."""
    latest = np.argsort(np.asarray(last_shown), kind="stable")[-limit:]
    return np.sort(latest).astype(np.int64)


def renumber(events: Sequence[Judged], kept: Ints, count: int) -> list[Judged | None]:
    """The same events by the new rows of `count` old ones; None for one whose list lost an item."""
    new_rows = np.full(count, -1, dtype=np.int64)
    new_rows[kept] = np.arange(len(kept))
    found: list[Judged | None] = []
    for one in events:
        rows = new_rows[one.lists.rows]
        whole = bool((rows >= 0).all())
        lists = replace(one.lists, rows=rows)
        found.append(Judged(lists, one.rewards, one.structured, one.answer) if whole else None)
    return found
