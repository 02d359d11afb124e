"""A plan put in another order is a plan still."""

import random

from hypothesis import given
from hypothesis import strategies as st

from commandcenter import operators, prompt, teacher
from commandcenter.catalog import check_plan
from commandcenter.listing import LISTING, arrange_widgets, list_widgets
from commandcenter.plant import Plant
from understudy.wire.answers import parse_answer

PLANT = Plant(0)


@given(seed=st.integers(0, 300), shuffle=st.integers(0, 20))
def test_every_order_of_a_teachers_plan_is_a_valid_plan(seed: int, shuffle: int) -> None:
    need = operators.ask(random.Random(seed), PLANT)
    asked = prompt.build_select_widgets({"question": need.question}, PLANT)
    plan = parse_answer(teacher.answer("select_widgets", asked, PLANT).answer)
    assert plan is not None
    listed = list_widgets(plan)
    order = random.Random(shuffle).sample(range(len(listed)), len(listed))
    arranged = arrange_widgets(plan, order)
    assert check_plan(arranged) == []
    assert [one.key for one in list_widgets(arranged)] == [listed[place].key for place in order]
    assert LISTING.query(asked) == need.question


def test_what_is_no_plan_lists_nothing() -> None:
    for plan in ({}, {"widgets": 3}, {"widgets": [3]}, {"widgets": [{"scenario": "pie"}]}):
        assert list_widgets(plan) == []
