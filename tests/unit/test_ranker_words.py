"""A query's words beside its embedding: told apart, bounded, and learned from."""

from collections.abc import Sequence

import numpy as np
import pytest
from ranker_rig import ITEMS, WordVectors, events, small

from understudy.learn.tier1.features import HASHED_WORDS, hash_words
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.tensors import Array


def test_words_and_pairs_of_words_are_told_apart_and_weigh_as_much_as_the_embedding() -> None:
    one, other, turned = (
        hash_words(words, 256) for words in (["card", "lost"], ["card", "found"], ["lost", "card"])
    )
    assert np.linalg.norm(one) == pytest.approx(1)
    assert one.dtype == np.float32
    assert 0 < one @ other < 1
    assert 0 < one @ turned < 1
    assert hash_words([], 256).tolist() == [0.0] * 256
    assert hash_words(["card"], 0).shape == (0,)


def test_a_pasted_file_is_hashed_by_its_beginning() -> None:
    words = [f"word{number}" for number in range(5_000)]
    assert np.array_equal(hash_words(words, 64), hash_words(words[:HASHED_WORDS], 64))


def test_words_teach_where_embeddings_are_alike() -> None:
    """Two wishes that the embedder cannot tell apart, and one word that does."""

    class Blind(WordVectors):
        def embed(self, texts: Sequence[str]) -> Array:
            return super().embed(["same" if "please" in text else text for text in texts])

    def right(buckets: int) -> float:
        one = Ranker(small(word_buckets=buckets), Blind())
        for event in events(400):
            one.fit([event])
        asked = [f"sign{wanted} please" for wanted in range(len(ITEMS))]
        return float(
            np.mean([one.score(text, ITEMS).argmax() == n for n, text in enumerate(asked)])
        )

    assert right(0) <= 0.25
    assert right(256) >= 0.75
