"""The split: near-duplicates, balance by slice, and the leak that fails a build."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_rig import NAMES, build, captured, config_for, trained_questions
from record_builders import APPLICATION, LABELS, TICKETS, make_trace, ticket_answer

from understudy.curate import eligibility
from understudy.curate.asked import Asked, HeldOut
from understudy.curate.dataset import build_dataset
from understudy.curate.dataset_files import CARD
from understudy.curate.leakage import check_apart
from understudy.curate.samples import read_samples
from understudy.curate.split import is_holdout
from understudy.errors import LeakageError
from understudy.function import Application
from understudy.records import Dataset, Message, Prompt
from understudy.store import Store, open_store

LONG = " ".join(f"The {word} of unit {i} was read." for i, word in enumerate(["flow", "heat"] * 40))
DOCUMENT = " ".join(f"The flow of unit {i} was read." for i in range(600))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def sliced(share: float) -> Application:
    """Tickets whose slice is the first letter of the question."""
    function = replace(TICKETS, slice=lambda prompt: prompt.messages[-1].content[0])
    return replace(APPLICATION, functions={TICKETS.name: function})


def test_near_duplicates_are_counted_and_left_out(store: Store, tmp_path: Path) -> None:
    question = trained_questions(1)[0]
    store.insert_traces([make_trace(question, thinking=f"{LONG} {end}") for end in "abc"])

    assert build(store, config_for(tmp_path)).skipped == {eligibility.NEAR_DUPLICATE: 2}
    assert build(store, config_for(tmp_path, near_duplicate=1.0)).counts["kept"] == 3


def test_questions_about_one_long_document_stay_where_their_replies_differ(
    store: Store, tmp_path: Path
) -> None:
    questions = [f"{DOCUMENT} What of unit {i}?" for i in range(14)]
    taught = [one for one in questions if not is_holdout(one.lower(), 0.01)][:10]
    said = [f"Unit {i} is the {word}." for i, word in enumerate("abcdefghi")]
    traces = [make_trace(one, thinking=said[min(i, 8)]) for i, one in enumerate(taught)]
    store.insert_traces(traces)

    dataset = build(store, config_for(tmp_path, holdout_share=0.01))

    assert len(taught) == 10
    assert (dataset.counts["kept"], dataset.skipped) == (9, {eligibility.NEAR_DUPLICATE: 1})


def test_one_long_prompt_answered_again_in_other_words_is_a_repeat(
    store: Store, tmp_path: Path
) -> None:
    asked = next(one for i in range(99) if not is_holdout((one := f"{DOCUMENT} {i}").lower(), 0.1))
    again = [make_trace(asked, thinking=" ".join(word * 9)) for word in "abcdef"]
    store.insert_traces(again)
    assert build(store, config_for(tmp_path)).skipped == {eligibility.NEAR_DUPLICATE: 5}


def test_a_reply_in_other_words_to_a_prompt_that_differs_by_little_is_a_repeat(
    store: Store, tmp_path: Path
) -> None:
    texts = [f"Now it is {minute}. {DOCUMENT} What of unit 7?" for minute in range(14)]
    asked = [one for one in texts if not is_holdout(one.lower(), 0.01)][:8]
    words = [
        "so",
        "the",
        "flow",
        "of",
        "unit",
        "7",
        "was",
        "read",
        "on",
        "each",
        "page",
        "and",
        "it",
        "is",
        "as",
        "high",
        "as",
        "the",
        "heat",
        "of",
        "unit",
        "8",
    ]
    said = [" ".join([*words[:place], "indeed", *words[place:]]) for place in range(8)]
    pairs = zip(asked, said, strict=True)
    store.insert_traces([make_trace(one, thinking=other) for one, other in pairs])
    dataset = build(store, config_for(tmp_path, holdout_share=0.01))
    assert dataset.skipped == {eligibility.NEAR_DUPLICATE: 7}


def test_what_is_near_a_held_out_prompt_teaches_nothing(store: Store, tmp_path: Path) -> None:
    held = next(f"{LONG} {i}" for i in range(999) if is_holdout(f"{LONG} {i}".lower(), 0.1))
    taught = next(f"{LONG} {i}" for i in range(999) if not is_holdout(f"{LONG} {i}".lower(), 0.1))
    store.insert_traces([make_trace(held), make_trace(taught), *captured(3)])

    dataset = build(store, config_for(tmp_path))

    assert dataset.skipped == {eligibility.HELD_OUT: 1, eligibility.NEAR_HELD_OUT: 1}


def test_rules_in_every_user_turn_make_no_two_questions_alike(store: Store, tmp_path: Path) -> None:
    asked = [f"{LONG} {question}" for question in trained_questions(60)]
    again = [f"{one}!" for one in asked[:5]]
    store.insert_traces([make_trace(one) for one in asked + again])

    kept, skipped = [], []
    for threshold in (0.95, 1.0):
        dataset = build(store, config_for(tmp_path, near_duplicate=threshold))
        kept.append(dataset.counts["kept"])
        skipped.append(dataset.skipped)

    held = [one for one in asked + again if is_holdout(one.lower(), 0.1)]
    assert kept[1] == 65 - len(held) > 50
    assert kept[0] in range(kept[1] - 5, kept[1])
    assert skipped[0][eligibility.HELD_OUT] == len(held)


def test_the_card_says_when_most_were_near_duplicates(store: Store, tmp_path: Path) -> None:
    def remarked(dataset: Dataset) -> bool:
        return "traces were left out as near-duplicates" in (dataset.folder / CARD).read_text()

    texts = (f"{LONG} {i}" for i in range(12))
    store.insert_traces([make_trace(one) for one in texts if not is_holdout(one.lower(), 0.1)])
    assert remarked(build(store, config_for(tmp_path)))
    assert not remarked(build(store, config_for(tmp_path, near_duplicate=1.0)))


def test_no_slice_gets_more_than_its_share(store: Store, tmp_path: Path) -> None:
    many = [make_trace(f"Alarm {i}", answer=ticket_answer(LABELS[i % 3])) for i in range(40)]
    few = [make_trace(f"Bill {i}", answer=ticket_answer(LABELS[i % 3])) for i in range(20)]
    store.insert_traces([*many, *few])
    application = sliced(0.4)

    def kept(share: float) -> list[str]:
        config = config_for(tmp_path, max_slice_share=share)
        dataset = build_dataset(store, application, config, NAMES, created_at=5.0)
        crowded = dataset.skipped.get(eligibility.CROWDED, 0)
        assert dataset.counts["kept"] + sum(dataset.skipped.values()) == 60
        assert (crowded > 0) == (share < 1.0)
        prompts = {one.prompt.messages[-1].content for one in read_samples(dataset.folder)}
        return sorted(prompts)

    whole, balanced = kept(1.0), kept(0.4)
    assert set(balanced) < set(whole)
    assert sum(one.startswith("A") for one in balanced) == int(0.4 * len(whole))
    assert kept(0.4) == balanced


def test_a_family_that_moved_since_capture_fails_the_build(store: Store, tmp_path: Path) -> None:
    """What `family` says today is held out, what the trace bears is not."""
    held = next(f"Ticket {i}" for i in range(999) if is_holdout(f"ticket {i}", 0.1))
    store.insert_traces([replace(make_trace(held), family=trained_questions(1)[0].lower())])

    with pytest.raises(LeakageError, match=r"1 training traces belong to held-out families"):
        build(store, config_for(tmp_path))
    assert not (tmp_path / "datasets").exists()


def test_a_prompt_on_both_sides_is_a_leak() -> None:
    one, near, other = (
        Asked("sort", Prompt("Sort.", (Message("user", text),)))
        for text in (LONG, LONG + " Again.", "Where?")
    )
    check_apart([other], HeldOut([one], 0.95, {}))
    for trained in (one, near):
        with pytest.raises(LeakageError, match="1 training prompts repeat held-out ones"):
            check_apart([other, trained], HeldOut([one], 0.95, {}))
    with pytest.raises(LeakageError):
        check_apart([one], HeldOut([one], 1.0, {}))
