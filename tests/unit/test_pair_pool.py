"""One pool of pairs: what comparisons gave stands beside what people gave, under the same rules."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_rig import captured, config_for, trained_questions
from record_builders import (
    APPLICATION,
    make_completion,
    make_feedback,
    make_inference,
    ticket_answer,
    ticket_prompt,
)
from test_dataset_publish import ORDER, correction, held_out_traces, insert, opened, publish

from understudy.config import Config, Samples, Teacher
from understudy.curate import eligibility, preferences, standing
from understudy.curate.comparison_pairs import FOLDER, save_pairs
from understudy.curate.preferences import find_pairs
from understudy.curate.publish import publish_dataset
from understudy.errors import InputError
from understudy.records import FeedbackKind, FeedbackSource, Variant
from understudy.store import open_store

GOOD, BAD = ticket_answer("billing"), ticket_answer("bug")


def row(question: str, chosen: str = GOOD, rejected: str = BAD, **changes: Any) -> dict[str, Any]:
    """A line of pairs.jsonl, of an open teacher."""
    prompt = ticket_prompt({"question": question})
    return {
        "prompt": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": question},
        ],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
        "function": "sort_ticket",
        "chosen_variant": "teacher",
        "rejected_variant": "student@1",
        "gap": 0.5,
        "teacher": "teacher-1",
        "permission": "open",
        "comparison": "c1",
        **changes,
    }


def test_a_comparisons_pairs_are_published_with_their_provenance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    insert(tmp_path, *captured(2))
    save_pairs(tmp_path, "c1", [row(trained_questions(1)[0], chosen=json.dumps(json.loads(GOOD)))])
    folder, manifest = publish(tmp_path)
    assert manifest["pairs"]["sources"] == {preferences.COMPARISON: 1}
    (pair,) = opened(folder, "preference", tmp_path)["train"]
    assert pair["chosen"] == [{"role": "assistant", "content": GOOD}]
    assert (pair["chosen_from"], pair["rejected_from"]) == ("teacher", "student@1")
    assert (pair["pair_type"], pair["comparison"]) == ("sort_ticket", "c1")


def test_every_pair_of_a_comparison_is_kept_or_counted_under_one_reason(tmp_path: Path) -> None:
    questions = trained_questions(3)
    about = make_inference(questions[0], variant=Variant(1))
    held = held_out_traces(1)[0].prompt.messages[0].content
    insert(tmp_path, *captured(2), about, correction(about, "billing"))
    rows = [
        row(questions[0]),
        row(questions[1]),
        row(questions[1], rejected=BAD.replace(",", " , ")),
        row(held),
        row(questions[1], permission="none"),
        row(questions[2], function="fly"),
        row(questions[2], chosen=GOOD, rejected=GOOD + " "),
        row(questions[2], chosen='{"label": "weather"}'),
    ]
    save_pairs(tmp_path, "c1", rows)
    found = publish(tmp_path)[1]["pairs"]
    assert found["sources"] == {preferences.FEEDBACK: 1, preferences.COMPARISON: 8}
    assert (found["found"], found["kept"]) == (9, 2)
    assert found["skipped"] == {
        eligibility.DUPLICATE: 2,
        eligibility.HELD_OUT: 1,
        eligibility.NOT_PERMITTED: 1,
        eligibility.UNKNOWN_FUNCTION: 1,
        preferences.SAME_ANSWER: 1,
        eligibility.SCHEMA_INVALID: 1,
    }


def test_a_permission_of_today_counts_for_a_comparisons_pairs(tmp_path: Path) -> None:
    insert(tmp_path, *captured(2))
    save_pairs(tmp_path, "c1", [row(trained_questions(1)[0], permission="none")])
    assert publish(tmp_path)[1]["pairs"]["kept"] == 0
    teacher = Teacher(training_permission="written_permission")
    assert publish(tmp_path, Config(data_dir=tmp_path, teacher=teacher))[1]["pairs"]["kept"] == 1


def rated(*votes: tuple[str, str, str], **changes: Any) -> list[Any]:
    """Of one question's answers A and B, and who preferred which of them, in this order."""
    question = trained_questions(1)[0]
    answers = {
        name: make_inference(question, id=name, variant=Variant(at), completion=completion)
        for at, (name, completion) in enumerate(
            {"A": make_completion(answer=GOOD), "B": make_completion(answer=BAD)}.items(), start=1
        )
    }
    preferred = [
        make_feedback(
            "preference",
            {"over": worse},
            kind=FeedbackKind.PREFERENCE,
            inference=better,
            user=user,
            created_at=float(at),
            **changes,
        )
        for at, (user, better, worse) in enumerate(votes)
    ]
    return [*answers.values(), *preferred]


def test_of_one_who_changed_his_mind_the_latest_preference_counts(tmp_path: Path) -> None:
    insert(tmp_path, *captured(2), *rated(("ann", "A", "B"), ("ann", "B", "A")))
    with open_store(tmp_path, read_only=True) as store:
        funnel = find_pairs(store, APPLICATION.functions, config_for(tmp_path))
    assert [(pair.chosen, pair.rejected) for pair in funnel.kept] == [(BAD, GOOD)]
    assert funnel.skipped == {standing.TAKEN_BACK: 1}


def test_a_word_that_was_said_again_is_a_duplicate(tmp_path: Path) -> None:
    votes = (("ann", "A", "B"), ("ann", "B", "A"), ("ann", "A", "B"))
    insert(tmp_path, *captured(2), *rated(*votes))
    found = publish(tmp_path)[1]["pairs"]
    assert (found["kept"], found["skipped"]) == (
        1,
        {standing.TAKEN_BACK: 1, eligibility.DUPLICATE: 1},
    )


def test_two_users_may_disagree_and_nobody_else_may_with_all_of_them(tmp_path: Path) -> None:
    question = trained_questions(1)[0]
    judged = rated(("", "B", "A"), source=FeedbackSource.JUDGE)[-1]
    insert(tmp_path, *rated(("ann", "A", "B")), judged)
    save_pairs(tmp_path, "c1", [row(question)])
    save_pairs(tmp_path, "c2", [row(question, chosen=BAD, rejected=GOOD, comparison="c2")])

    def pairs() -> tuple[int, dict[str, int]]:
        with open_store(tmp_path, read_only=True) as store:
            funnel = find_pairs(store, APPLICATION.functions, config_for(tmp_path))
        return len(funnel.kept), dict(funnel.skipped)

    assert pairs() == (1, {standing.OVERRULED: 2, eligibility.DUPLICATE: 1})
    insert(tmp_path, rated(("bob", "B", "A"))[-1])
    assert pairs() == (2, {eligibility.DUPLICATE: 3})


def test_a_later_correction_takes_the_earlier_one_back(tmp_path: Path) -> None:
    about = make_inference(trained_questions(1)[0], variant=Variant(1))
    given = [
        replace(correction(about, label), created_at=float(at))
        for at, label in enumerate(("billing", "question"))
    ]
    other = replace(correction(about, "billing"), user="bob")

    def kept() -> tuple[list[str], int]:
        with open_store(tmp_path, read_only=True) as store:
            funnel = find_pairs(store, APPLICATION.functions, config_for(tmp_path))
        return [pair.chosen for pair in funnel.kept], funnel.skipped.get(standing.TAKEN_BACK, 0)

    insert(tmp_path, about, *given)
    assert kept() == ([ticket_answer("question")], 1)
    insert(tmp_path, other)
    assert kept() == ([ticket_answer("question"), ticket_answer("billing")], 1)
    # Back to the answer itself: it was right after all.
    insert(tmp_path, replace(correction(about, "bug"), created_at=9.0))
    assert kept() == ([ticket_answer("billing")], 2)


def test_above_the_cap_people_come_first_then_the_widest_gap(tmp_path: Path) -> None:
    questions = trained_questions(4)
    about = make_inference(questions[0], variant=Variant(1))
    insert(tmp_path, about, correction(about, "billing"))
    gaps = dict(zip(questions[1:], (0.4, 0.9, 0.6), strict=True))
    save_pairs(tmp_path, "c1", [row(question, gap=gap) for question, gap in gaps.items()])
    with open_store(tmp_path, read_only=True) as store:
        config = Config(data_dir=tmp_path, samples=Samples(max_pairs=2))
        funnel = find_pairs(store, APPLICATION.functions, config)
    assert [pair.gap for pair in funnel.kept] == [0.0, 0.9]
    assert funnel.skipped == {preferences.TOO_MANY: 2}


def test_a_comparison_that_is_computed_again_replaces_its_pairs(tmp_path: Path) -> None:
    save_pairs(tmp_path, "c1", [row("a"), row("b")])
    save_pairs(tmp_path, "c1", [row("a")])
    (path,) = (tmp_path / FOLDER).iterdir()
    assert len(path.read_text().splitlines()) == 1
    save_pairs(tmp_path, "c1", [])
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_broken_pair_is_named_by_file_and_line(tmp_path: Path) -> None:
    insert(tmp_path, *captured(2))
    save_pairs(tmp_path, "c1", [row("a"), {"prompt": []}])
    with (
        open_store(tmp_path, read_only=True) as store,
        pytest.raises(InputError, match=r"c1\.jsonl:2 is no pair"),
    ):
        publish_dataset(store, APPLICATION, config_for(tmp_path), ORDER)
