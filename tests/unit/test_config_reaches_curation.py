"""[reward], [voice], [samples] and [evaluation]: what an answer is worth, what teaches, what asks."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_rig import NAMES, bootstrap, captured, trained_questions
from gateway_rig import broken_release
from reach_rig import Reach, check
from record_builders import (
    APPLICATION,
    TICKETS,
    make_completion,
    make_feedback,
    make_inference,
    make_trace,
)
from test_pair_pool import row
from test_suite import FUNCTION, QUESTIONS, application, right_teams, teacher

from understudy.config import Config
from understudy.curate.comparison_pairs import save_pairs
from understudy.curate.dataset import build_dataset
from understudy.curate.eligibility import CROWDED, HELD_OUT, LOW_REWARD, NEAR_DUPLICATE, why_not
from understudy.curate.funnel import sift
from understudy.curate.preferences import find_pairs
from understudy.curate.rewards import compute_reward
from understudy.curate.voice import DIMENSIONS, rate_voice
from understudy.daemon.assessment import Match, servable
from understudy.errors import StudentError
from understudy.evaluate.intervals import mean_interval
from understudy.evaluate.questions import held_out
from understudy.evaluate.suite import evaluate
from understudy.records import TEACHER, Completion, Feedback, FeedbackSource, Prompt, Reward
from understudy.store import open_store

# Every score is 1, so that each component is its weight.
SPOKEN = "Pump 7 runs."
PERFECT: tuple[Feedback, ...] = (
    make_feedback("rating", True),
    make_feedback("follow_up", "satisfied"),
    make_feedback("engagement", 1.0),
    make_feedback("intent", 1.0),
    make_feedback("items", [1.0]),
    make_feedback("missing", 1.0),
    make_feedback("evaluation", {"size_fit": 1.0}, source=FeedbackSource.JUDGE, confidence=1.0),
)


def pairs_kept(config: Config) -> int:
    rows = [row(question) for question in trained_questions(3)]
    save_pairs(config.data_dir, "c1", rows)
    with open_store(config.data_dir) as store:
        return len(find_pairs(store, {TICKETS.name: TICKETS}, config).kept)


def rewarded(
    *feedback: Feedback, answer: str = SPOKEN, latency_s: float = 0.0
) -> Callable[[Config], Reward]:
    spoken = make_inference("How is pump 7?", latency_s=latency_s)
    spoken = replace(spoken, completion=make_completion(answer=answer))
    return lambda config: compute_reward(spoken, feedback, config.reward, config.voice)


def weight(component: str) -> Reach:
    return Reach(
        0.75, lambda config: round(rewarded(*PERFECT)(config).components[component], 6), 0.75
    )


# What the rules make of this text differs from dimension to dimension.
UNEVEN = "Well, pump 7 and pump 9 *vibrate*. " + "And more of it. " * 16
RULES = rate_voice(UNEVEN, "How is pump 7?")


def voice_weight(dimension: str) -> Reach:
    """So heavy that the dimension is all there is."""
    probe = rewarded(answer=UNEVEN)
    seen = round(Config().reward.text_quality * (2 * RULES[dimension] - 1), 6)
    return Reach(1e12, lambda config: round(probe(config).components["text_quality"], 6), seen)


def judged_voice(config: Config) -> float:
    said = {"voice": dict.fromkeys(DIMENSIONS, 0.0)}
    verdict = make_feedback("evaluation", said, source=FeedbackSource.JUDGE)
    return rewarded(verdict)(config).components["text_quality"]


def refusal(**about: Any) -> Callable[[Config], str | None]:
    return lambda config: why_not(make_trace(), TICKETS, config, **about)


def counted(kind: str) -> Callable[[Config], int]:
    def probe(config: Config) -> int:
        with open_store(Path("store")) as store:
            store.insert_traces([*captured(20), *bootstrap(60)])
            built = build_dataset(store, APPLICATION, config, NAMES, created_at=5.0)
            return built.counts.get(kind, 0)

    return probe


def near_duplicates(config: Config) -> bool:
    functions = {TICKETS.name: TICKETS}
    return NEAR_DUPLICATE in sift(captured(20), functions, config, {}).skipped


def crowded(config: Config) -> int:
    """Of 50 traces that all are of one slice."""
    functions = {TICKETS.name: replace(TICKETS, slice=lambda _: "ticket")}
    return sift(captured(50), functions, config, {}).skipped.get(CROWDED, 0)


def questions(config: Config) -> int:
    return len(held_out(application(20_000), FUNCTION, config))


def seeds_asked(config: Config) -> set[str]:
    asked = held_out(application(20_000), FUNCTION, config)
    return {question.request["text"].split()[0] for question in asked}


async def failing(prompt: Prompt) -> Completion:
    if "network" in right_teams(prompt):
        raise StudentError("no answer")
    return await teacher(prompt)


def interval(config: Config) -> tuple[float, float]:
    work = evaluate(FUNCTION, QUESTIONS, {"student@1": failing}, config.evaluation, prices={})
    found = asyncio.run(work)["variants"]["student@1"]["json_valid"]
    return found["low"], found["high"]


def most_in_flight(config: Config) -> int:
    flying, most = 0, 0

    async def counting(prompt: Prompt) -> Completion:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1
        return await teacher(prompt)

    work = evaluate(FUNCTION, QUESTIONS, {"student@1": counting}, config.evaluation, prices={})
    asyncio.run(work)
    return most


def measured(config: Config) -> list[str]:
    """The variants of an evaluation, of a release whose GGUF was quantised."""
    manifest = {"sha256": "1", "f16_sha256": "2", "size_bytes": 1, "quantisation": "q4_k_m"}
    Path("manifest.json").write_text(json.dumps(manifest))
    release = broken_release(Path("model.gguf"))
    return [name for name, _ in servable(Match(FUNCTION, QUESTIONS, (release,), TEACHER), config)]


HALF = mean_interval([0.0, 1.0] * 30, 0.5)

CURATION: dict[str, Reach] = {
    **{
        f"reward.{component}": weight(component)
        for component in (
            "rating",
            "follow_up",
            "engagement",
            "latency",
            "intent_confidence",
            "evaluation_confidence",
            "items",
            "missing",
            "size_fit",
            "text_quality",
        )
    },
    "reward.clip": Reach(0.5, lambda config: rewarded(*PERFECT)(config).total, 0.5),
    "reward.slow_s": Reach(
        10.0, lambda config: rewarded(latency_s=5.0)(config).components["latency"], 0.0
    ),
    **{f"voice.{dimension}": voice_weight(dimension) for dimension in DIMENSIONS},
    "voice.judge_share": Reach(1.0, judged_voice, -Config().reward.text_quality),
    "samples.holdout_share": Reach(0.999999, refusal(), HELD_OUT),
    "samples.min_reward": Reach(0.5, refusal(reward=Reward(0.4, {})), LOW_REWARD),
    "samples.replay_share": Reach(0.0, counted("rows_replay"), 0),
    "samples.near_duplicate": Reach(0.1, near_duplicates, True),
    "samples.max_slice_share": Reach(0.1, crowded, 45),
    "samples.max_thinking_chars": Reach(10, counted("rows_thinking"), 0),
    "samples.max_pairs": Reach(1, pairs_kept, 1),
    "evaluation.questions": Reach(7, questions, 7),
    "evaluation.seed": Reach(3, seeds_asked, {"3"}),
    "evaluation.confidence": Reach(0.5, interval, (HALF.low, HALF.high)),
    "evaluation.concurrency": Reach(5, most_in_flight, 5),
    "evaluation.unquantised": Reach(False, measured, ["student@1"]),
}


@pytest.mark.parametrize("name", CURATION)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, CURATION[name], tmp_path, monkeypatch)
