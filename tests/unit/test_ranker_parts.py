"""The network's step, the folded layers, the gate and the calibration, each against plain numbers."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranker_rig import ITEMS, WordVectors, events, taught

from understudy.config import Embedding
from understudy.errors import ConfigError
from understudy.learn.tier1.embedder import CachedEmbedder
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.features import (
    QUERY,
    overlaps,
    read_query,
    split_words,
)
from understudy.learn.tier1.intake import is_held_out
from understudy.learn.tier1.network import Trainer, build_network, forward, loss_gradient
from understudy.learn.tier1.scoring import (
    Choice,
    Prior,
    score_lists,
    structured_inputs,
)
from understudy.learn.tier1.table import follow, tabulate
from understudy.learn.tier1.tensors import Array


def test_folded_halves_score_as_the_plain_network_does() -> None:
    one = taught()
    queries = one.read_all(["sign1 please", "subject 4", "please"])
    lists = one.lists(queries, [ITEMS, ITEMS[:3], ITEMS[2:]], [None, [0.9, 0.1, 0.4], None])
    snapshot = one.snapshot(Choice(Prior.MEMORY, 0.5))
    scored, words = score_lists(snapshot, lists), one.settings.word_buckets
    for row, place in ((0, 5), (1, 2), (2, 0)):
        item = lists.rows[row, [place]]
        structured = structured_inputs(
            snapshot, scored.pair[row, [place]], item, lists.facts[[row]]
        )
        inputs = np.concatenate(
            [
                0.3 * lists.vectors[[row], words:],
                0.3 * one.memory.vectors[item, 0, words:],
                3.0 * structured,
            ],
            axis=1,
        )
        plain, trust = forward(one.trainer.network, inputs)[0], snapshot.trust[item[0]]
        wanted = trust * plain + (1 - trust) * scored.memory[row, place]
        assert scored.network[row, place] == pytest.approx(wanted, abs=1e-5)


def test_one_query_scores_as_it_does_among_others() -> None:
    one = taught()
    queries = one.read_all(["sign1 please", "sign2 please"])
    both = one.adjustments(one.lists(queries, [ITEMS, ITEMS[:4]], [None, None]))
    assert both[1, :4] == pytest.approx(one.score("sign2 please", ITEMS[:4]), abs=1e-5)


def test_the_loss_gradient_is_that_of_the_loss() -> None:
    scores = np.array([0.3, 0.1, -0.2, 0.4], dtype=np.float64)
    rewards = np.array([1.0, -1.0, 1.0, -0.5])
    events_of = np.array([0, 0, 1, 1])

    def loss(values: Array) -> float:
        pairs = [(0, 1), (2, 3)]
        margin = sum(max(0.0, 0.5 - (values[a] - values[b])) for a, b in pairs) / len(pairs)
        return float(np.mean((values - rewards) ** 2) + margin)

    found = loss_gradient(scores, rewards, events_of, 0.5)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        slope = (loss(scores + step) - loss(scores - step)) / 2e-6
        assert found[place] == pytest.approx(slope, abs=1e-4)


def test_the_numpy_step_is_adam() -> None:
    torch = pytest.importorskip("torch")
    network = build_network(12, 3, 5, 0)
    network.c[:] = 0.3
    leaves = [torch.tensor(values.copy(), requires_grad=True) for values in network.parameters]
    adam = torch.optim.Adam(leaves, lr=0.01)
    trainer = Trainer(network, 0.01, 0.2)
    draw = np.random.default_rng(1)
    for _ in range(3):
        inputs = draw.normal(size=(6, 12)).astype(np.float32)
        rewards = draw.choice([-1.0, 1.0], 6).astype(np.float32)
        trainer.step(inputs, rewards, np.arange(6))
        a, b, b_bias, c, c_bias = leaves
        hidden = torch.relu(torch.tensor(inputs) @ a @ b + b_bias)
        scores = torch.tanh((hidden @ c)[:, 0] + c_bias)
        adam.zero_grad()
        ((scores - torch.tensor(rewards)) ** 2).mean().backward()
        adam.step()
    for ours, theirs in zip(network.parameters, leaves, strict=True):
        assert np.allclose(ours, theirs.detach().numpy(), atol=1e-5)


def test_the_network_learns_a_rule() -> None:
    trainer = Trainer(build_network(10, 4, 16, 0), 0.01, 0.2)
    draw = np.random.default_rng(0)
    for _ in range(400):
        inputs = draw.normal(size=(64, 10)).astype(np.float32)
        trainer.step(inputs, np.sign(inputs[:, 0] * inputs[:, 1]), np.arange(64))
    inputs = draw.normal(size=(500, 10)).astype(np.float32)
    right = np.sign(forward(trainer.network, inputs)) == np.sign(inputs[:, 0] * inputs[:, 1])
    assert right.mean() > 0.8


def test_overlaps_are_shares_of_both_texts() -> None:
    query = read_query("change my card PIN?", np.zeros(3, dtype=np.float32), 0)
    items = [frozenset(split_words("change pin")), frozenset(split_words("age limit"))]
    assert overlaps(query, items).tolist() == [[1.0, 0.5], [0.0, 0.0]]


def test_of_a_long_text_the_beginning_is_read_and_its_length() -> None:
    text = "word " * 400_000 + "late?"
    began = time.process_time()
    query = read_query(text, np.zeros(3, dtype=np.float32), 0)
    assert time.process_time() - began < 0.1
    assert query.words <= {"word", "wor", "w", "wo"}
    assert query.numbers[3 + QUERY.index("chars")] == pytest.approx(np.log1p(len(text)) / 6)
    assert query.numbers[3 + QUERY.index("question_mark")] == 0


def test_without_its_packages_the_embedder_names_the_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "understudy.learn.tier1.minilm", None)
    with pytest.raises(ConfigError, match=r"pip install 'understudy\[ranker\]'"):
        build_embedder(Embedding(), tmp_path)


def test_a_text_is_embedded_once() -> None:
    inner = WordVectors()
    cached = CachedEmbedder(inner, 10)
    first = cached.embed(["a b", "c", "a b"])
    assert np.array_equal(cached.embed(["a b"])[0], first[2])
    assert inner.embedded == 2


def test_vectors_of_another_dimension_are_refused_with_both_named() -> None:
    inner = WordVectors(24)
    cached = CachedEmbedder(inner, 10)
    cached.dimension = 32
    with pytest.raises(ConfigError, match=r"24 numbers, not 32"):
        cached.embed(["a"])


def test_events_of_unlike_length_are_learned_together() -> None:
    one = taught(batches=2)
    mixed = [
        *events(5, start=700),
        *(type(e)(e.key + "s", e.query, e.items[:4], {"item-1": -1.0}) for e in events(5, 800)),
    ]
    done = one.fit(mixed)
    assert done.learned + done.held_out == 10
    assert np.isfinite(one.memory.vectors).all()


def test_later_words_about_an_answer_are_held_out_with_the_first() -> None:
    sides = {is_held_out(f"answer:{words}", 0.5) for words in range(50)}
    assert len(sides) == 1
    assert {is_held_out(f"{number}:words", 0.5) for number in range(50)} == {True, False}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=6))
def test_a_table_that_follows_is_the_one_made_anew(turns: list[tuple[int, int]]) -> None:
    """Events leave in front and come in behind, of lists of unlike length; now and then one goes."""
    one = taught(batches=1)
    kept, table = list(one.replay), None
    for turn, (gone, come) in enumerate(turns):
        drawn = events(come, start=1000 + 10 * turn)
        shorter = [replace(event, items=event.items[: 8 - gone]) for event in drawn]
        kept = [*kept[gone:], *(judged for _, judged in one._admit(shorter))]
        if gone == 3:
            kept = kept[: -1 - come]
        if not kept:
            break
        table, anew = follow(table, list(kept)), tabulate(kept)
        for name in ("queries", "rows", "mask", "overlaps", "relevance"):
            ours, theirs = getattr(table.lists, name), getattr(anew.lists, name)
            assert np.array_equal(ours, theirs, equal_nan=True), name
        assert np.array_equal(table.places, anew.places)
        assert np.array_equal(table.rewards, anew.rewards, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("How is pump 3?", set()),
        ("I don't want it without a chart", {"denies"}),
        ("vibration since yesterday", {"dates"}),
        ("Pump 3 versus pump 4 over the last week", {"dates", "compares"}),
        ("List every alarm, the worst at the top", {"ranks", "asks_for_all"}),
    ],
)
def test_what_a_query_says_anywhere_is_a_fact_of_it(text: str, told: set[str]) -> None:
    facts = read_query(text, np.zeros(3, dtype=np.float32), 0).numbers[3:]
    said = ("denies", "dates", "compares", "ranks", "asks_for_all")
    assert {name for name in said if facts[QUERY.index(name)]} == told
