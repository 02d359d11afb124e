"""Which stretches of JSON answers become tokens of their own."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from understudy.learn.skeleton import find_skeletons


def test_keys_and_marks_between_values_are_found() -> None:
    answer = '{"unit":"pump_1","metrics":["load","flow"],"share":0.5,"open":true}'
    assert set(find_skeletons([answer])) == {
        '{"unit":"',
        '","metrics":["',
        '","',
        '"],"share":',
        ',"open":',
    }


def test_an_escaped_quote_ends_no_value() -> None:
    assert set(find_skeletons([r'{"a":"say \"b\": c","d":"e"}'])) == {'{"a":"', '","d":"'}


def test_what_one_answer_in_a_hundred_has_is_left_to_the_vocabulary() -> None:
    common, rare = '{"team":"ops"}', '{"team":"ops","note":"late"}'
    assert '","note":"' not in find_skeletons([common] * 99 + [rare])
    assert '","note":"' in find_skeletons([common] * 9 + [rare])


def test_answers_that_are_no_json_have_none() -> None:
    assert find_skeletons(["The pump runs.", "", '"x": 1 is not JSON']) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=8,
    )
)
def test_no_stretch_holds_a_value(value: object) -> None:
    answer = orjson.dumps({"key": value, "mark": "A" * 40}).decode()
    assert not any("AAAA" in one for one in find_skeletons([answer]))


def test_equally_common_ones_keep_their_order_in_every_process() -> None:
    # A run that goes on in another process must give every token the id that it was trained with.
    keys = [f"key{number}" for number in range(30)]
    answer = "{" + ",".join(f'"{key}":"x"' for key in keys) + "}"
    found = find_skeletons([answer] * 3)
    assert found == [f'{{"{keys[0]}":"', *(f'","{key}":"' for key in keys[1:])]
