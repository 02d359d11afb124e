"""What another ranker would have earned: by what it would really show, on what it did not learn."""

import numpy as np
import pytest
from ranker_rig import ITEMS, Ranker, ranker, taught

from understudy.config import Tier1
from understudy.learn.tier1.intake import is_held_out
from understudy.learn.tier1.whatif import Answered, find_fair, what_if


@pytest.fixture(scope="module")
def learned() -> Ranker:
    return taught()


def answered(number: int, critical: tuple[str, ...] = (), at: float = 0.0) -> Answered:
    """Shown as the model wrote it, each entry with the same chance; who asks wants one item."""
    wanted = number % len(ITEMS)
    rewards = {item.key: 1.0 if place == wanted else -1.0 for place, item in enumerate(ITEMS)}
    flags = [item.key in critical for item in ITEMS]
    order = list(range(len(ITEMS)))
    return Answered(
        f"answer-{number}:x",
        at,
        f"sign{wanted} please",
        ITEMS,
        flags,
        None,
        [1.0] * 8,
        order,
        rewards,
    )


def value(first: Ranker | None, second: Ranker | None, **changes: object) -> tuple[float, float]:
    answers = [answered(number, critical=("item-0",)) for number in range(16)]
    found = what_if(first, second, answers, Tier1(**changes), 1, 0.95)  # type: ignore[arg-type]
    return found.first["ips"].value, found.second["ips"].value


def test_any_two_rankers_are_compared(learned: Ranker) -> None:
    assert value(learned, None) == (1.0, pytest.approx(-0.75))
    assert value(None, learned) == (pytest.approx(-0.75), 1.0)
    ours, theirs = value(learned, ranker())
    assert (ours, theirs < ours) == (1.0, True)
    assert np.ptp(value(learned, learned)) == 0


def test_what_counts_is_what_would_be_shown_within_floors(learned: Ranker) -> None:
    """The critical entry comes first in each answer, though an eighth of them want it."""
    assert value(learned, None, critical_place=1) == (pytest.approx(-0.75), pytest.approx(-0.75))


def test_nothing_is_drawn(learned: Ranker) -> None:
    assert value(learned, None, max_items=3, exploration=1.0)[0] == 1.0


def test_answers_that_were_trained_on_are_left_out() -> None:
    early = [answered(number, at=5.0) for number in range(100)]
    late = [answered(number, at=5.1) for number in range(100, 110)]
    fair = find_fair([*early, *late], 5.0, 0.3)
    assert list(fair.since) == late
    assert list(fair.held_out) == [one for one in early if is_held_out(one.key, 0.3)]
    assert 0 < len(fair.held_out) < 100
    assert fair.left_out == 100 - len(fair.held_out)
