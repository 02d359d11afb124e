"""What another ranker would have earned: by what it would really show, on what it did not learn."""

import numpy as np
import pytest
from ranker_rig import ITEMS, Ranker, ranker, taught

from understudy.config import Tier1
from understudy.learn.tier1.explore import choose_shown
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import is_held_out
from understudy.learn.tier1.whatif import Answered, WhatIf, find_fair, what_if


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


def explored(count: int, cap: int, judged: float, believed: np.ndarray) -> WhatIf:
    """The models' order is right: each entry earns less than the one before. A ranker that goes by
    what is `believed` of them is compared with it; a tenth of the lists explore."""
    draw, size = np.random.default_rng(4), len(believed)
    entries, liked = (
        [Item(f"{n}", f"subject {n}") for n in range(size)],
        np.linspace(0.95, 0.05, size),
    )
    one, found = ranker(), []
    one.lists([one.read("any")], [entries], [None])
    for number in range(count):
        shown = choose_shown(-np.arange(size), cap, 0.1, draw)
        told = [place for place in shown.order if draw.random() < judged]
        rewards = {f"{place}": 1.0 if draw.random() < liked[place] else -1.0 for place in told}
        key, order = f"answer-{number}:x", shown.order.tolist()
        flags, given = [False] * size, believed.tolist()
        if rewards:
            chances = shown.chances.tolist()
            found.append(Answered(key, 0.0, "any", entries, flags, given, chances, order, rewards))
    return what_if(one, None, found, Tier1(max_items=cap), 1, 0.95)


def test_what_was_explored_outweighs_what_a_ranker_believes() -> None:
    """One of 20 entries is shown in one list of 170, and bad: to clip its weight believes the ranker."""
    believed = np.linspace(0.95, 0.05, 20)
    believed[10] = 1.0
    found = explored(2000, 4, 1.0, believed)
    assert found.judged == 1.0
    assert found.gain.low < -0.9 - 1 / 19 * 0.9 < found.gain.high < 0


@pytest.mark.parametrize("judged", [1.0, 0.5, 0.2])
def test_what_is_judged_in_part_is_not_taken_for_nothing_earned(judged: float) -> None:
    """All five entries are shown; the ranker wrongly puts the fourth first."""
    found = explored(1500, 5, judged, np.array([0.9, 0.7, 0.5, 0.95, 0.1]))
    assert found.judged == pytest.approx(judged / (1 - (1 - judged) ** 5), abs=0.02)
    for one in found.first.values():
        assert one.low < -0.45 < one.high < 0
    assert found.gain.low < -1.35 < found.gain.high < -1
    assert found.gain.unsupported == 0
