"""The holdout is stable, monotone and close to its share."""

from hypothesis import given
from hypothesis import strategies as st

from understudy.curate.split import is_holdout


def test_the_same_families_are_held_out_on_every_machine() -> None:
    assert [f for f in map(str, range(40)) if is_holdout(f, 0.1)] == ["7", "24"]


def test_the_share_is_kept() -> None:
    held = sum(is_holdout(f"family {i}", 0.1) for i in range(20_000))
    assert 0.09 < held / 20_000 < 0.11


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_more(family: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert not is_holdout(family, small) or is_holdout(family, large)
