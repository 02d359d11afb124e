"""What memory counts of a batch is what it would have counted pair by pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranker_rig import DIMENSION, small

from understudy.learn.tier1.memory import Memory, Pairs

COUNT = 3
PAIRS = st.lists(
    st.tuples(st.integers(0, COUNT - 1), st.floats(0, 1, width=32), st.floats(0, 1, width=32)),
    min_size=1,
    max_size=30,
)


def memory() -> Memory:
    made = Memory(DIMENSION, small(memory_decay=0.9))
    texts = np.repeat(np.arange(COUNT, dtype=np.float32)[:, None], DIMENSION, axis=1)
    made.add_items(texts, [3] * COUNT, [9] * COUNT)
    return made


@given(PAIRS)
def test_a_batch_counts_as_its_pairs_in_turn(drawn: list[tuple[int, float, float]]) -> None:
    rows = np.array([row for row, _, _ in drawn])
    liked = np.array([one for _, one, _ in drawn], dtype=np.float32)
    predicted = np.array([one for _, _, one in drawn], dtype=np.float32)
    vectors = (
        np.random.default_rng(0)
        .normal(size=(len(drawn), memory().vectors.shape[2]))
        .astype(np.float32)
    )
    pairs = Pairs(vectors, np.arange(len(drawn)), rows, liked, 0 * liked)
    whole, by_turns = memory(), memory()
    whole.count(pairs, predicted)
    for place in range(len(drawn)):
        mine = slice(place, place + 1)
        one = Pairs(vectors, np.array([place]), rows[mine], liked[mine], 0 * liked[mine])
        by_turns.count(one, predicted[mine])
    assert whole.scalars == pytest.approx(by_turns.scalars, abs=1e-4)
    assert whole.vectors == pytest.approx(by_turns.vectors, abs=1e-4)
    assert whole.vectors.dtype == whole.scalars.dtype == np.float32
