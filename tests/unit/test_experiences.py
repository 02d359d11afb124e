"""The newest experiences are found without reading all that was ever said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from record_builders import find_experiences, make_feedback, make_inference

from understudy.config import Config
from understudy.curate.experiences import experiences_of, newest_experiences
from understudy.records import FeedbackKind, FeedbackSource, Ranking
from understudy.store import Store, open_store

COUNT = 900
RANKING = Ranking(1, "relevance", 0.0, ("a",), (0.5,), (0.0,), (1.0,), (0,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Every third answer was rated by its id; every tenth episode, of five answers, as a whole."""
    with open_store(tmp_path) as opened:
        opened.insert_inferences(
            [
                make_inference(
                    id=f"i{number:03}",
                    episode=f"e{number // 5}",
                    created_at=float(number),
                    shadow=number % 7 == 0,
                    ranking=None if number % 2 else RANKING,
                )
                for number in range(COUNT)
            ]
        )
        rated = [f"i{number:03}" for number in range(0, COUNT, 3)]
        opened.insert_feedback([make_feedback("rating", True, inference=one) for one in rated])
        whole = [f"e{number}" for number in range(0, COUNT // 5, 10)]
        opened.insert_feedback(
            [make_feedback("rating", False, inference=None, episode=one) for one in whole]
        )
        others = [f"i{number:03}" for number in range(COUNT)]
        opened.insert_feedback([make_feedback("agreement", 1.0, inference=one) for one in others])
        yield opened


def newest(store: Store, limit: int) -> list[str]:
    pages = newest_experiences(store, Config(), "sort_ticket", ["rating"], 1.0, limit)
    return [one.inference.id for page in pages for one in page]


def test_they_are_those_with_which_all_of_them_end(store: Store) -> None:
    everything = [
        one
        for one in find_experiences(store, Config())
        if any(said.name == "rating" for said in one.feedback)
    ]
    pages = newest_experiences(store, Config(), "sort_ticket", ["rating"], 1.0, COUNT)
    found = [one for page in pages for one in page]
    assert found == everything[::-1]
    assert newest(store, 10) == [one.inference.id for one in found[:10]]


def test_no_page_is_read_before_it_is_asked_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    find_feedback = Store.find_feedback

    def counting(self: Store, **filters: object) -> object:
        nonlocal asked
        asked += 1
        assert filters, "all that was ever said is read"
        return find_feedback(self, **filters)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "find_feedback", counting)
    pages = newest_experiences(store, Config(), "sort_ticket", ["agreement"], 1.0, COUNT)
    assert next(pages)[0].inference.id == "i899"
    read = asked
    assert len([one for page in pages for one in page]) > COUNT / 3
    assert asked > read


def test_those_of_some_answers_are_as_among_all_of_them(store: Store) -> None:
    """Also what the judge's word is worth, which other answers tell."""
    names = [f"i{number:03}" for number in range(40)]
    verdict = {"size_fit": 0.0, "items": {"a": 0.0}}
    store.insert_feedback(
        [make_feedback("rating", True, inference=one, user="bob") for one in names]
        + [
            make_feedback("evaluation", verdict, inference=one, source=FeedbackSource.JUDGE)
            for one in names
        ]
    )
    asked = [f"i{number:03}" for number in range(890, 20, -2)]
    everything = {one.inference.id: one for one in find_experiences(store, Config())}
    pages = experiences_of(store, Config(), "sort_ticket", asked)
    assert [one for page in pages for one in page] == [everything[name] for name in asked]


def test_ranked_answers_are_found_by_what_was_said_of_them(store: Store) -> None:
    rated = store.answers.find_ranked("sort_ticket", ["rating"], 0.0, COUNT)
    assert rated == [f"i{number:03}" for number in range(894, -1, -6)]
    assert store.answers.find_ranked("sort_ticket", ["rating"], 880.0, COUNT) == rated[:3]
    assert store.answers.find_ranked("sort_ticket", ["rating"], 0.0, 2) == rated[:2]
    correction = make_feedback(
        "better", {"a": 1}, inference="i898", kind=FeedbackKind.DEMONSTRATION
    )
    store.insert_feedback([correction])
    assert store.answers.find_ranked("sort_ticket", ["rating"], 0.0, 1) == ["i898"]
    assert store.answers.find_ranked("another", ["rating"], 0.0, COUNT) == []
