"""How tier 1 takes feedback in: what fails is tried again whole, and nobody spoils it for others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from record_builders import make_completion, make_feedback, make_inference
from shop_rig import LISTING, NAMES, ONLY_DRILL, TEACHERS, Shop, build_prompt, shop

from understudy.daemon.item_events import build_event, find_answered
from understudy.daemon.tier1 import Tier1Learner
from understudy.daemon.user_cap import WORDS_ON_ONE
from understudy.errors import UpstreamError
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event
from understudy.records import FeedbackKind, FeedbackSource, Ranking

BAD = {name: {"appropriateness": 0.0} for name in NAMES}


def answered(one: Shop, identity: str, user: str = "", **changes: Any) -> None:
    prompt, completion = (
        build_prompt({"text": f"dull {identity}"}),
        make_completion(answer=TEACHERS),
    )
    made = make_inference(
        id=identity, function="pick", prompt=prompt, completion=completion, user=user, **changes
    )
    one.rig.store.insert_inferences([made])


def say(one: Shop, inference: str, name: str, value: Any, **changes: Any) -> None:
    said = {"user": "ann", "kind": FeedbackKind.ITEMS, "inference": inference, **changes}
    one.rig.store.insert_feedback([make_feedback(name, value, **said)])


def condemn(one: Shop, inference: str) -> None:
    """A judge finds every entry bad."""
    verdict = {"items": BAD, "size_fit": 0.0}
    say(one, inference, "evaluation", verdict, source=FeedbackSource.JUDGE, user="")


def row(one: Shop) -> dict[str, Any]:
    found: dict[str, Any] = one.learner.status()["functions"]["pick"]
    return found


def liked(one: Shop) -> dict[str, tuple[int, int]]:
    return {each["key"]: (each["liked"], each["disliked"]) for each in row(one)["entries"]}


def learned(one: Shop) -> int:
    return int(row(one)["replay"] + row(one)["validation"])


@contextmanager
def outage(one: Shop) -> Iterator[None]:
    """The embedding endpoint is gone."""
    inner: Any = one.rankers._open_embedder()._embedder
    real = inner.embed

    def down(_texts: Any) -> Any:
        raise UpstreamError("the endpoint is down")

    inner.embed = down
    yield
    inner.embed = real


def test_what_waits_through_an_outage_of_embeddings_is_learned_after_it(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        for number in range(40):
            answered(one, f"i{number}")
            say(one, f"i{number}", "items", ONLY_DRILL, user=f"user {number % 9}")
        with outage(one):
            failed = 0
            for _ in range(WORDS_ON_ONE + 2):
                try:
                    one.learner.learn()
                except UpstreamError:
                    failed += 1
        one.learner.learn()
        assert failed == WORDS_ON_ONE + 2
        assert learned(one) == 40
        assert one.learner.status()["beyond_user_cap"] == 0


def test_feedback_that_outran_its_answer_waits_through_an_outage_as_well(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        say(one, "late", "items", ONLY_DRILL)
        one.learner.learn()
        answered(one, "late")
        with outage(one):
            for _ in range(9):
                try:
                    one.learner.learn()
                except UpstreamError:
                    continue
        one.learner.learn()
        assert learned(one) == 1


def test_a_changed_description_waits_through_an_outage_as_well(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        before, after = ([Item(name, f"{word} {name}") for name in NAMES] for word in ("a", "new"))
        one.rankers.fit("pick", [Event("i0:x", "dull", before, ONLY_DRILL)], 1)
        changed = [Event("i1:x", "dull", after, ONLY_DRILL)]
        with outage(one), pytest.raises(UpstreamError):
            one.rankers.fit("pick", changed, 2)
        fitted = one.rankers.fit("pick", changed, 2)
        assert fitted is not None
        assert fitted.learned + fitted.held_out == 1


def test_an_answer_that_cannot_be_read_is_counted_and_the_others_are_learned(
    tmp_path: Path,
) -> None:
    with shop(tmp_path) as one:
        for name in ("bad", "good"):
            answered(one, name)
        # The application's own listing fails on what this user wrote.
        say(one, "bad", "correction", {"other": 1}, kind=FeedbackKind.DEMONSTRATION)
        say(one, "good", "items", {"drill": 1.0, "9" * 5_000: 1.0})
        one.learner.learn()
        assert learned(one) == 1
        assert row(one)["refused: unreadable answer"] == 1


def test_a_hypothetical_ranker_is_told_of_the_readable_answers_as_they_were_learned(
    tmp_path: Path,
) -> None:
    ranking = Ranking(1, "relevance", 0.0, NAMES, (0.9,) * 4, (0.0,) * 4, (1.0,) * 4, (0, 1, 2, 3))
    with shop(tmp_path, user_events=21) as one:
        for number in range(23):
            answered(one, f"i{number:02}", ranking=ranking)
            say(one, f"i{number:02}", "rating", True, kind=FeedbackKind.BOOLEAN)
            condemn(one, f"i{number:02}")
        say(one, "i00", "correction", {"other": 1}, kind=FeedbackKind.DEMONSTRATION)
        config = one.rig.state.config
        found, left_out = find_answered(one.rig.store, config, "pick", LISTING, 0.0)
    assert [reason.partition(" cannot")[0] for reason in left_out] == [
        "what was said of answer i00"
    ]
    # The judge agrees with nobody, and of one user's answers 21 count.
    assert [dict(each.rewards) for each in found] == [dict.fromkeys(NAMES, 0.5)] * 20


def test_a_judges_agreement_outlives_the_server(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        for number in range(20):
            answered(one, f"i{number}")
            say(one, f"i{number}", "rating", True, user=f"user {number}", kind=FeedbackKind.BOOLEAN)
            condemn(one, f"i{number}")
        one.learner.learn()
        one.learner.close()
        before = liked(one)
    with shop(tmp_path) as again:
        answered(again, "new")
        condemn(again, "new")
        again.learner.learn()
        assert liked(again) == before, "a judge that contradicted every user teaches nothing"


def test_a_restart_gives_no_user_a_new_day(tmp_path: Path) -> None:
    def teach(one: Shop, *names: str) -> int:
        for name in names:
            answered(one, name)
            say(one, name, "items", ONLY_DRILL, created_at=one.rig.state.clock())
        one.learner.learn()
        return int(one.learner.status()["beyond_user_cap"])

    with shop(tmp_path, user_events=3) as one:
        assert teach(one, "a", "b") == 0
        one.learner.close()
    with shop(tmp_path, user_events=3) as again:
        assert teach(again, "c", "d", "e") == 2
        assert learned(again) == 3
        again.learner.close()
    with shop(tmp_path, user_events=3) as once_more:
        say(once_more, "a", "items", ONLY_DRILL, created_at=once_more.rig.state.clock())
        once_more.learner.learn()
        assert learned(once_more) == 3, "a second word on an answer that counted is heard"


def test_the_judge_takes_nothing_from_the_users_share_of_a_day(tmp_path: Path) -> None:
    with shop(tmp_path, user_events=3) as one:
        for number in range(9):
            answered(one, f"i{number}", user="ann")
            condemn(one, f"i{number}")
        answered(one, "mine", user="ann")
        say(one, "mine", "items", ONLY_DRILL)
        one.learner.learn()
        assert learned(one) == 10
        assert one.learner.status()["beyond_user_cap"] == 0


def test_the_last_of_three_words_is_what_is_learned(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        answered(one, "i")
        for number, up in enumerate((True, False, True)):
            kind, at = FeedbackKind.BOOLEAN, 100.0 + number
            say(one, "i", "rating", up, kind=kind, created_at=at)
            one.learner.learn()
        ranker = one.rankers._desks["pick"].ranker
        assert ranker is not None
        kept = [*ranker.replay, *ranker.validation.events]
        assert [set(event.rewards.values()) for event in kept] == [{0.5}]
        assert not ranker.intake.refused


def test_entries_scored_one_after_the_other_are_all_learned(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        answered(one, "i")
        say(one, "i", "items", {"anvil": 1.0}, created_at=100.0)
        say(one, "i", "items", {"bolt": 0.0}, created_at=101.0)
        inference = one.rig.store.find_inference("i")
        assert inference is not None
        feedback = one.rig.store.find_feedback(inference=["i"])
        event = build_event(inference, feedback, LISTING, one.rig.state.config)
    assert event is not None
    assert event.rewards == {"anvil": 1.0, "bolt": -1.0}


def test_a_learner_begins_where_the_store_is(tmp_path: Path) -> None:
    """Trust is read once, and only the answers of which both spoke are kept."""
    with shop(tmp_path) as one:
        answered(one, "both")
        answered(one, "one")
        say(one, "both", "rating", True, kind=FeedbackKind.BOOLEAN)
        condemn(one, "both")
        condemn(one, "one")
        learner = Tier1Learner(
            one.rig.store, one.rig.state.config, one.rankers, one.rig.state.clock
        )
        learner.learn()
        assert list(learner._trust["pick"]._common or ()) == ["both"]
