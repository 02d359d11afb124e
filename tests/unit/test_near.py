"""Near-duplicates: what counts as almost the same, and that finding it stays cheap."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.curate.near import (
    NOTHING,
    NearIndex,
    Shingles,
    find_constant,
    rows_a_band,
    sign,
    similarity,
)

WORDS = [f"word{i}" for i in range(400)]


def text_of(seed: int, count: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def admit(index: NearIndex, text: str, constant: Shingles = NOTHING) -> bool:
    """Add the text unless it is near one; whether it was added."""
    if index.is_near(text, constant):
        return False
    index.add(text, constant)
    return True


def jaccard(one: str, other: str) -> float:
    sides = [
        {tuple(words[at : at + 3]) for at in range(len(words) - 2)}
        for words in (one.split(), other.split())
    ]
    return len(sides[0] & sides[1]) / len(sides[0] | sides[1])


def test_the_estimate_is_close_to_the_true_similarity() -> None:
    one = text_of(1, 300)
    for changed in (3, 15, 60):
        words = one.split()
        for at in random.Random(changed).sample(range(len(words)), changed):
            words[at] = "other"
        other = " ".join(words)
        assert abs(similarity(sign(one), sign(other)) - jaccard(one, other)) < 0.15


def test_case_and_punctuation_make_no_difference_and_a_number_does() -> None:
    index = NearIndex(0.95)
    index.add("How is pump 3 doing today?")
    assert index.is_near("how is pump 3 doing, today")
    assert not index.is_near("How is pump 4 doing today?")


def test_one_word_in_a_long_text_is_near_and_in_a_short_one_is_not() -> None:
    long = text_of(2, 400)
    index = NearIndex(0.95)
    assert admit(index, long)
    assert not admit(index, long + " more")
    assert admit(index, "check the pump again")
    assert admit(index, "check the motor again")


def test_texts_as_alike_as_the_threshold_meet_whatever_it_is() -> None:
    assert [rows_a_band(threshold) for threshold in (0.99, 0.95, 0.8, 0.5, 0.1)] == [16, 8, 4, 2, 1]
    words = text_of(3, 400).split()
    for threshold in (0.9, 0.6, 0.3):
        index = NearIndex(threshold)
        kept = round(400 * (threshold + 0.1))
        other = " ".join(words[:kept] + text_of(4, 400 - kept).split())
        index.add(" ".join(words[:kept]))
        assert index.is_near(other) == (jaccard(" ".join(words[:kept]), other) > threshold)


def test_many_texts_that_are_unlike_are_all_admitted() -> None:
    index = NearIndex(0.9)
    assert all(admit(index, text_of(seed, 50)) for seed in range(300))
    assert not any(admit(index, text_of(seed, 50)) for seed in range(300))


def test_texts_of_one_form_that_meet_each_other_are_compared_in_milliseconds() -> None:
    rng = random.Random(8)
    words = text_of(7, 110).split()

    def changed(of: list[str], count: int) -> list[str]:
        places = rng.sample(range(len(of)), count)
        return [f"x{rng.random()}" if at in places else word for at, word in enumerate(of)]

    texts = [changed(words, 4) for _ in range(3000)]
    index = NearIndex(0.95)
    started = time.process_time()
    admitted = [admit(index, " ".join(text)) for text in texts]
    assert time.process_time() - started < 5
    assert sum(admitted) > 2990
    assert not any(admit(index, " ".join([*text, "more"])) for text in texts[:100])


def test_a_threshold_of_one_finds_nothing_near() -> None:
    index = NearIndex(1.0)
    assert admit(index, "the same text")
    assert admit(index, "the same text")
    assert not index.is_near("the same text")


@given(st.text())
def test_any_text_is_near_itself(text: str) -> None:
    index = NearIndex(0.95)
    index.add(text)
    assert index.is_near(text)


def test_right_to_left_text_is_compared_by_its_words() -> None:
    index = NearIndex(0.9)
    index.add("ما هي درجة حرارة المضخة رقم ثلاثة اليوم في المصنع")
    assert index.is_near("ما هي درجة حرارة المضخة رقم ثلاثة اليوم في المصنع؟")
    assert not index.is_near("כמה חשמל צרכה משאבה מספר שלוש היום במפעל")


def test_a_text_of_one_megabyte_is_signed_in_seconds() -> None:
    started = time.process_time()
    sign("".join(f"w{i} " for i in range(150_000)))
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("is x < 3", "is x > 3"),
        ("is x == 3", "is x != 3"),
        ("what is x + 3", "what is x - 3"),
        ("how to sort in C++", "how to sort in C#"),
        ("what is at -5", "what is at 5"),
        ("50 % of pump 3", "50 ° of pump 3"),
        ("👍👍", "🔥"),
        ("???", "!!!"),
        ("पंप कम", "पंप काम"),
    ],
)
def test_symbols_tell_texts_apart(one: str, other: str) -> None:
    index = NearIndex(0.95)
    index.add(one)
    assert index.is_near(one)
    assert not index.is_near(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("请显示一号泵的振动趋势和最近的报警列表以及维护历史记录", "吧"),
        ("ポンプ1の振動トレンドと過去二十四時間のアラームを表示してください", "ね"),
        ("ปั๊มน้ำ 1 ทำงานอยู่ไหมและมีการแจ้งเตือนใดบ้างในวันนี้", "ะ"),
        ("펌프 1의 진동 추세와 지난 이십사 시간 동안의 경보를 보여 주세요", "."),
    ],
)
def test_scripts_without_spaces_are_compared_too(one: str, other: str) -> None:
    index = NearIndex(0.9)
    index.add(one)
    assert index.is_near(one + other)
    assert not index.is_near(one[: len(one) // 2])


def test_what_most_texts_say_is_told_from_what_each_asks() -> None:
    form = text_of(5, 400)
    asked = [f"{form} {text_of(seed, 8)}" for seed in range(40)]
    constant = find_constant(asked)
    index = NearIndex(0.95)
    assert [admit(index, text, constant) for text in asked] == [True] * 40
    assert [admit(index, text, constant) for text in asked] == [False] * 40
    # What says nothing else is compared as it stands.
    assert admit(index, form, constant)
    assert not admit(index, form, constant)


def test_a_few_texts_that_are_alike_have_nothing_constant() -> None:
    alike = [f"{text_of(6, 100)} {seed}" for seed in range(15)]
    others = [text_of(seed, 100) for seed in range(100)]
    assert len(find_constant(alike)) == len(find_constant(alike + others)) == 0


def test_what_a_long_text_asks_is_not_lost_among_what_it_repeats() -> None:
    form = " ".join(f"w{i}" for i in range(20_000))
    asked = [f"{form} {text_of(seed, 8)}" for seed in range(30)]
    constant = find_constant(asked)
    index = NearIndex(0.95)
    assert all(admit(index, text, constant) for text in asked)
