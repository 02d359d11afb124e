"""What explain tells is what the score was made of."""

import pytest
from ranker_rig import ITEMS, taught

from understudy.learn.tier1.explain import explain


def test_an_explanation_tells_the_served_adjustment_and_every_input() -> None:
    one = taught()
    told = explain(one, "sign1 please", ITEMS, "item-1")
    assert told.adjustment == pytest.approx(float(one.score("sign1 please", ITEMS)[1]))
    assert len(told.moved) == 47
    assert told.judgements > 0
    effects = [abs(effect) for _, _, effect in told.moved]
    assert effects == sorted(effects, reverse=True)
    assert effects[0] > 0


def test_what_feedback_taught_stands_against_what_the_text_says() -> None:
    told = explain(taught(), "sign1 please", ITEMS, "item-1")
    assert told.memory > 0.5
    assert told.memory > told.cosine


def test_an_item_outside_the_list_is_refused() -> None:
    with pytest.raises(KeyError):
        explain(taught(batches=1), "sign1", ITEMS, "nobody")
