"""Simulated operators: reproducible, varied, honest about what they want, and never the examiners."""

import json
import random
import re
from pathlib import Path

import pytest

from commandcenter import scene
from commandcenter.catalog import CATALOG
from commandcenter.equipment import KINDS
from commandcenter.language import combined
from commandcenter.language.grammar import expand
from commandcenter.language.sealed import is_sealed
from commandcenter.language.subjects import KIND_WORDS
from commandcenter.language.surface import write
from commandcenter.operators import FORMS, FollowUp, Need, ask, rate, stream
from commandcenter.plant import Plant
from commandcenter.prompt import build_select_widgets, family

REAL = Path(__file__).parents[3] / "shared" / "data" / "operator_questions.jsonl"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real questions are not here")


@pytest.fixture(scope="module")
def plant() -> Plant:
    return Plant(0)


@pytest.fixture(scope="module")
def needs(plant: Plant) -> list[Need]:
    rng = random.Random(5)
    return [ask(rng, plant) for _ in range(5000)]


@pytest.fixture
def real_questions() -> list[str]:
    return [json.loads(line)["question"] for line in REAL.read_text().splitlines()]


def plan_of(*scenarios: str) -> dict[str, object]:
    return {"heading": "x", "widgets": [{"scenario": name} for name in scenarios]}


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def test_every_template_names_only_tables_that_exist(plant: Plant) -> None:
    rng = random.Random(0)
    templates = [text for form in (*FORMS, *combined.FOLLOW_UPS) for text in form.texts]
    parts = [f"{{{table}}}" for table, _ in combined.PARTS]
    tables = [f"{{{name}}}" for name in scene.TABLES]
    for template in (*templates, *combined.OVERVIEWS, *combined.PLAIN, *parts, *tables):
        slots = {**scene.draw_scene(rng, plant.equipment), "parts": "trends"}
        for _ in range(8):
            sentence = expand(rng, template, slots, scene.TABLES)
            assert sentence
            assert not set("{}[]|") & set(sentence), sentence


def test_an_unknown_table_is_an_error_that_names_it(plant: Plant) -> None:
    with pytest.raises(KeyError, match="no_such_table"):
        expand(random.Random(0), "show {no_such_table}", {}, scene.TABLES)


def test_every_form_wants_one_to_four_scenarios_of_the_catalog() -> None:
    for form in (*FORMS, *combined.FOLLOW_UPS):
        assert 1 <= len(form.wanted) <= 4
        assert len(set(form.wanted)) == len(form.wanted)
        assert set(form.wanted) <= set(CATALOG)


def test_together_the_operators_want_every_scenario(needs: list[Need]) -> None:
    assert {name for need in needs for name in need.wanted} == set(CATALOG)
    assert all(1 <= len(need.wanted) <= 4 for need in needs)


def test_the_same_seed_asks_the_same_questions(plant: Plant) -> None:
    assert list(stream(3, 80, plant)) == list(stream(3, 80, plant))
    assert list(stream(3, 80, plant)) != list(stream(4, 80, plant))


def test_a_stream_has_episodes_of_one_user_with_one_to_four_questions(plant: Plant) -> None:
    needs = list(stream(1, 400, plant))
    episodes: dict[str, list[Need]] = {}
    for need in needs:
        episodes.setdefault(need.episode, []).append(need)
    assert len(needs) == 400
    assert {len(talk) for talk in episodes.values()} == {1, 2, 3, 4}
    assert all(len({need.user for need in talk}) == 1 for talk in episodes.values())


def test_a_follow_up_names_the_question_before_it(plant: Plant) -> None:
    needs = list(stream(2, 300, plant))
    follow_ups = [place for place, need in enumerate(needs) if need.previous]
    assert len(follow_ups) > 50
    assert all(needs[place].previous == needs[place - 1].question for place in follow_ups)
    assert all(needs[place].episode == needs[place - 1].episode for place in follow_ups)


def test_five_thousand_questions_are_of_three_thousand_families(
    needs: list[Need], plant: Plant
) -> None:
    rng = random.Random(1)
    sample = rng.sample(needs, 1000)
    families = {
        family(build_select_widgets({"question": n.question}, plant), plant) for n in sample
    }
    assert len({need.question for need in needs}) > 4500
    assert len(families) > 900


def test_the_plant_recognises_units_as_operators_write_them(plant: Plant) -> None:
    rng = random.Random(0)
    units = [unit for unit in plant.equipment for _ in range(10)]
    found = [plant.find(f"show {scene.name_unit(rng, unit)} today") == (unit,) for unit in units]
    assert sum(found) / len(found) >= 0.95


def test_the_plant_recognises_kinds_as_operators_write_them(plant: Plant) -> None:
    rng = random.Random(0)
    named = [(kind, expand(rng, KIND_WORDS[kind][1], {}, {})) for kind in KINDS for _ in range(20)]
    found = [kind in plant.find_kinds(f"status of all {plural}") for kind, plural in named]
    assert sum(found) / len(found) >= 0.95


def test_typos_change_letters_and_never_digits() -> None:
    sentence = "vibration of pump 17 since 6 am"
    changed = [write(random.Random(seed), sentence, "", 0.9) for seed in range(100)]
    assert all(re.findall(r"\d+", text) == ["17", "6"] for text in changed)
    assert sum("vibration" not in text.lower() for text in changed) > 30


def test_without_typos_every_word_is_spelt_as_in_the_tables() -> None:
    sentence = "vibration history"
    written = {write(random.Random(seed), sentence, "", 0.0).lower() for seed in range(200)}
    assert all("history" in text for text in written)


@needs_real
def test_no_generated_question_is_one_of_the_real_ones(
    needs: list[Need], plant: Plant, real_questions: list[str]
) -> None:
    real = {" ".join(words_of(text)) for text in real_questions}
    streamed = list(stream(9, 2000, plant))
    assert all(is_sealed(text) for text in real_questions)
    assert not real & {" ".join(words_of(n.question)) for n in (*needs, *streamed)}


def test_an_ordinary_question_is_not_sealed() -> None:
    assert not is_sealed("how loud is the canteen today")


@needs_real
def test_the_vocabulary_covers_the_real_questions(
    needs: list[Need], real_questions: list[str]
) -> None:
    known = {word for need in needs for word in words_of(need.question)}
    real = [word for text in real_questions for word in words_of(text)]
    assert sum(word in known for word in real) / len(real) >= 0.95


NEED = Need("how is pump 1", ("kpi", "trend", "alerts"), "machine")


def test_a_plan_that_shows_what_was_wanted_satisfies() -> None:
    ratings = [
        rate(random.Random(s), NEED, plan_of("kpi", "trend", "alerts"), 0.0) for s in range(99)
    ]
    assert {one.follow_up for one in ratings} == {FollowUp.SATISFIED}
    assert {one.thumb for one in ratings} == {True, None}
    assert not any(one.missing or one.correction for one in ratings)


def test_a_plan_beside_the_point_is_refused_and_its_gaps_are_named() -> None:
    ratings = [rate(random.Random(s), NEED, plan_of("peopleview"), 0.0) for s in range(99)]
    assert {one.follow_up for one in ratings} == {FollowUp.REPEAT}
    assert {one.thumb for one in ratings} == {False, None}
    assert ("kpi", "trend", "alerts") in {one.missing for one in ratings}
    assert any(one.correction for one in ratings)


def test_a_wanted_widget_scores_above_an_unwanted_one() -> None:
    plan = plan_of("kpi", "peopleview")
    scored = [rate(random.Random(s), NEED, plan, 0.05).item_scores for s in range(99)]
    assert all(scores[0] > scores[1] for scores in scored if scores)
    assert any(scored)


def test_no_answer_at_all_is_asked_again() -> None:
    ratings = rate(random.Random(1), NEED, None, 0.0)
    assert ratings.follow_up is FollowUp.REPEAT
    assert ratings.item_scores == {}


def test_noise_flips_few_thumbs() -> None:
    plan = plan_of("kpi", "trend", "alerts")
    thumbs = [rate(random.Random(s), NEED, plan, 0.1).thumb for s in range(1000)]
    given = [thumb for thumb in thumbs if thumb is not None]
    assert 0.0 < given.count(False) / len(given) < 0.1
    assert 0.4 < len(given) / len(thumbs) < 0.8
