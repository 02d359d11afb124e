"""What a judge's word is worth where tier 1 and the prompts learn."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from record_builders import make_feedback, make_inference

from understudy.config import Config, Judge
from understudy.daemon import judge_trust
from understudy.daemon.judge_trust import JudgeTrust
from understudy.records import Feedback, FeedbackSource
from understudy.store import Store, open_store

CONFIG = Config(judge=Judge(min_common=2))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def judged(answer: str, good: bool) -> Feedback:
    scores = {"items": {"kpi": float(good)}}
    source = FeedbackSource.JUDGE
    return make_feedback("evaluation", scores, inference=answer, source=source, user="")


def both(answer: str, user: bool, judge: bool) -> list[Feedback]:
    return [make_feedback("rating", user, inference=answer), judged(answer, judge)]


def test_what_was_said_before_the_server_started_counts(store: Store) -> None:
    for number in range(4):
        store.insert_inferences([make_inference(id=f"i{number}", function="f")])
        store.insert_feedback(both(f"i{number}", user=True, judge=number > 0))
    assert JudgeTrust(store, CONFIG, "f").measure() == 0.75
    assert JudgeTrust(store, CONFIG, "another").measure() == 1.0


def test_what_is_found_later_takes_the_place_of_what_was_known_of_an_answer(store: Store) -> None:
    trust = JudgeTrust(store, CONFIG, "f")
    assert trust.measure([both("a", True, False), both("b", True, False)]) == 0.0
    assert trust.measure([both("a", True, True), both("b", True, True)]) == 1.0


def test_answers_that_a_judge_alone_spoke_of_crowd_nothing_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_trust, "COMMON_KEPT", 2)
    trust = JudgeTrust(store, CONFIG, "f")
    assert trust.measure([both("a", True, False), both("b", True, False)]) == 0.0
    assert trust.measure([judged(f"i{n}", True)] for n in range(9)) == 0.0
    assert trust.measure([both("c", True, True), both("d", True, True)]) == 1.0
