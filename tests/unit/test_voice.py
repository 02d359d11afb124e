"""A spoken answer's five dimensions, by rule and with a judge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.config import Voice
from understudy.curate.voice import DIMENSIONS, blend_voice, rate_voice, score_voice

GOOD = "Pump 1 vibrates at 2.8 millimetres per second, below its limit of 7.1."
FACTS = "Question: vibration of pump 1? Fact: pump_001 vibration = 2.8 mm/s, limit 7.1"


def test_a_good_answer_scores_high_in_every_dimension() -> None:
    assert rate_voice(GOOD, FACTS) == dict.fromkeys(DIMENSIONS, 1.0)
    assert score_voice(GOOD, FACTS, Voice()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("Pump 1 vibrates at 9.9.", "groundedness"),
        (" ".join(["Pump 1 vibrates at 2.8."] * 40), "conciseness"),
        ("I'm sorry, but I don't have real-time data. Pump 1 is at 2.8.", "directness"),
        ("The pump is doing fine.", "specificity"),
        ("**Pump 1**: 2.8", "tts"),
        ("- Pump 1: 2.8\n- limit: 7.1", "tts"),
    ],
)
def test_each_fault_costs_its_own_dimension(text: str, dimension: str) -> None:
    assert rate_voice(text, FACTS)[dimension] < rate_voice(GOOD, FACTS)[dimension]


def test_silence_scores_nothing() -> None:
    assert score_voice("  ", FACTS, Voice()) == 0.0


def test_judge_and_rules_blend_sixty_to_forty() -> None:
    rules = dict.fromkeys(DIMENSIONS, 0.5)
    blended = blend_voice(rules, {"tts": 1.0, "directness": 0.0, "conciseness": "good"}, 0.6)
    assert blended == pytest.approx({**rules, "tts": 0.8, "directness": 0.2})


def test_the_weights_come_from_the_config() -> None:
    only_tts = Voice(groundedness=0, conciseness=0, directness=0, specificity=0, tts=1)
    assert score_voice("**2.8**", FACTS, only_tts) == pytest.approx(0.75)


@given(st.text(), st.text())
def test_scores_stay_between_zero_and_one(text: str, context: str) -> None:
    assert all(0 <= score <= 1 for score in rate_voice(text, context).values())
    assert 0 <= score_voice(text, context, Voice()) <= 1
