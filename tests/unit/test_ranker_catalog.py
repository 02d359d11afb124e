"""A catalog of any size: what is only shown is not kept, what is kept has a limit."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ranker_rig import ITEMS, WordVectors, events, ranker, right_share, small, taught

from understudy.learn.tier1.checkpoint import load_ranker, save_ranker
from understudy.learn.tier1.embedder import CachedEmbedder
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import item_half, score_lists
from understudy.learn.tier1.tensors import Array


def found(start: int, count: int = 4) -> list[Item]:
    """What a search gives: items that nobody has seen."""
    return [Item(f"page-{n}", f"page number {n}") for n in range(start, start + count)]


def test_what_is_only_shown_is_not_remembered() -> None:
    one = taught()
    before = one.version
    for number in range(50):
        assert np.isfinite(one.score("sign1 please", [*ITEMS, *found(4 * number)])).all()
    assert one.version is before
    assert len(one.rows) == len(one.memory.vectors) == len(ITEMS)


def test_an_item_that_is_only_shown_scores_as_one_that_was_added() -> None:
    for one in (taught(), ranker()):
        mixed = [found(0)[0], *ITEMS[:3], *found(1), ITEMS[5], found(0)[0]]
        given = [0.1 * place for place in range(len(mixed))]
        for relevance in (None, given):
            before = one.score("page sign1 please", mixed, relevance)
            one.lists([one.read("any")], [mixed], [None])
            after = one.score("page sign1 please", mixed, relevance)
            assert before == pytest.approx(after, abs=1e-6)


def test_beyond_the_limit_the_longest_not_shown_are_forgotten() -> None:
    one = taught(catalog_items=12)
    for number in range(10):
        listed = [*ITEMS[:4], *found(4 * number)]
        one.fit([Event(f"e{number}", "page", listed, {listed[-1].key: 1.0, "item-0": -1.0})])
    assert len(one.rows) == len(one.memory.vectors) == len(one.served.vectors) == 12
    kept = {*(item.key for item in ITEMS[:4]), *(item.key for item in found(32, 8))}
    assert set(one.rows) == kept
    for judged in (*one.replay, *one.validation.events):
        assert judged.lists.rows.max() < 12
    assert len(one.validation.shares) <= len(one.validation.events)


def test_what_stays_scores_as_before_and_is_learned_on() -> None:
    one = taught()
    wanted = one.score("sign1 please", ITEMS)
    one.settings = small(catalog_items=len(ITEMS))
    one.lists([one.read("any")], [found(0, 3)], [None])
    one.last_shown[-3:] = [0, 0, 0]
    one.fit([])
    assert list(one.rows) == [item.key for item in ITEMS]
    assert one.score("sign1 please", ITEMS) == pytest.approx(wanted, abs=1e-6)
    for number in range(10):
        one.fit(events(20, start=900 + 20 * number))
    assert right_share(one) == 1.0


def test_a_restart_forgets_the_same_items(tmp_path: Path) -> None:
    one = taught(batches=4, catalog_items=10)
    one.fit([Event("first", "page", found(0, 2), {"page-0": 1.0})])
    save_ranker(one, tmp_path)
    other = load_ranker(tmp_path, small(catalog_items=10), WordVectors())
    for each in (one, other):
        each.fit([Event("next", "page", [*ITEMS[2:], *found(0, 2), *found(9, 2)], {"page-9": 1.0})])
    assert list(one.rows) == list(other.rows)
    assert np.array_equal(one.score("page", ITEMS), other.score("page", ITEMS))


class Slow(WordVectors):
    """Lets everybody in before it answers anybody: whoever waits for another never comes out."""

    def __init__(self, parties: int) -> None:
        super().__init__()
        self.meeting = threading.Barrier(parties, timeout=30)

    def embed(self, texts: Sequence[str]) -> Array:
        self.meeting.wait()
        return super().embed(texts)


def test_queries_are_embedded_and_scored_side_by_side() -> None:
    one = taught()
    wanted = one.score("sign1 please", ITEMS)
    one.embedder = CachedEmbedder(Slow(6), 2)

    def work(number: int) -> Array:
        for turn in range(5):
            one.score(f"sign{number} {turn}", ITEMS)
        return one.score("sign1 please", ITEMS)

    with ThreadPoolExecutor(6) as pool:
        assert all(np.array_equal(scores, wanted) for scores in pool.map(work, range(6)))


def test_scoring_goes_on_while_a_fit_adds_and_forgets() -> None:
    one: Ranker = taught(batches=3, catalog_items=16)
    done = threading.Event()

    def ask() -> bool:
        finite = True
        while not done.is_set():
            finite &= bool(np.isfinite(one.score("sign1 please", [*ITEMS, *found(0)])).all())
        return finite

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        for number in range(15):
            listed = [*ITEMS, *found(4 * number)]
            one.fit([Event(f"e{number}", "page", listed, {listed[-1].key: 1.0, "item-0": -1.0})])
        done.set()
        assert all(one.result() for one in asking)


CHANGED = [Item("item-0", "sign3 sign3 please"), *ITEMS[1:]]


def cosine(one: Ranker, query: str) -> float:
    """Of the first item, by what is served."""
    return float(
        score_lists(one.served, one.lists([one.read(query)], [ITEMS], [None])).cosine[0, 0]
    )


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_a_changed_description_is_read_with_the_next_judged_answer(share: float) -> None:
    """Whether it is learned from or held out; what was liked and disliked stays."""
    one = taught()
    one.settings = small(validation_share=share)
    before, known = cosine(one, "sign3 please"), one.entries()
    one.fit([Event("new:x", "sign1 please", CHANGED, {"item-1": 1.0}, at=5.0)])
    assert cosine(one, "sign3 please") > 0.9 > before + 0.5
    assert one.entries()[0] == known[0]
    assert one.words[0] == one.version.words[0] == {"sign3", "please"}
    served = one.served
    halves = item_half(served.folded, served.vectors, served.items)
    assert served.item_half == pytest.approx(halves, abs=1e-5)
    shares = one.validation.shares.copy()
    one.validation.ask_again()
    one.validation.publish(one)
    assert np.array_equal(one.validation.shares, shares, equal_nan=True)


def test_a_late_word_on_an_old_answer_brings_no_old_description_back(tmp_path: Path) -> None:
    one = taught(batches=2)
    one.fit([Event("new:x", "sign1 please", CHANGED, {"item-1": 1.0}, at=5.0)])
    save_ranker(one, tmp_path)
    for each in (one, load_ranker(tmp_path, small(), WordVectors())):
        each.fit([Event("old:x", "sign1 please", ITEMS, {"item-1": 1.0}, at=4.0)])
        assert each.texts[0] == CHANGED[0].text
        each.fit([Event("again:x", "sign1 please", ITEMS, {"item-1": 1.0}, at=6.0)])
        assert each.texts[0] == ITEMS[0].text


def test_an_item_that_is_listed_twice_with_two_descriptions_changes_nothing() -> None:
    twice = [Item("double", "one text"), *ITEMS, Item("double", "another text")]
    one = ranker()
    one.fit([Event("a:x", "sign1 please", twice, {"item-1": 1.0})])
    version = one.version
    one.fit([Event("b:x", "sign1 please", twice, {"item-1": 1.0})])
    assert one.version.snapshot.vectors is version.snapshot.vectors


def test_of_texts_that_differ_in_each_answer_one_is_read_for_each_item() -> None:
    one = taught()
    made = [[Item(item.key, f"{item.text} of answer {n}") for item in ITEMS] for n in range(30)]
    some = [Event(f"n{n}:x", "sign1", made[n], {"item-1": 1.0}, at=float(n)) for n in range(30)]
    assert set(one.unread(some)) == {"sign1", *(item.text for item in made[-1])}
    one.fit(some)
    assert one.texts == [item.text for item in made[-1]]
    assert one.unread(some[-1:]) == ["sign1"]
