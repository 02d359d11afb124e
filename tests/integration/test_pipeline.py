"""One training cycle on a second application: real store, job, GGUF and llama.cpp."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from understudy.config import Config
from understudy.curate.split import is_holdout
from understudy.daemon.assessment import refuse_trained
from understudy.daemon.context import Context, Progress, configured_teacher
from understudy.daemon.pipeline import evaluate_release, train_release
from understudy.errors import ExportError, InputError, TrainingError
from understudy.evaluate.questions import held_out
from understudy.function import Application, Question, load_application
from understudy.learn.job import load_job
from understudy.records import (
    TEACHER,
    CycleState,
    ReasoningKind,
    Release,
    RunState,
    Trace,
    TraceSource,
    TrainingPermission,
)
from understudy.release import cycle
from understudy.store import Store, open_store
from understudy.testing import ScriptedUpstream

NAME = "classify_ticket"
DOCS = Path(__file__).parents[2] / "docs"


@dataclass
class Desk:
    """The ticket application, its upstream, and a store with captured traces of it."""

    store: Store
    application: Application
    config: Config
    told: list[Progress]
    stop: threading.Event

    @property
    def context(self) -> Context:
        teacher = configured_teacher(self.config.teacher)
        return Context("hash", teacher, lambda: 1000.0, self.told.append, self.stop)

    def train(self, **changes: Any) -> Release:
        config = self.config.model_copy(update=changes)
        return train_release(self.store, self.application, config, self.context)


def settings(folder: Path, url: str) -> Config:
    return Config.model_validate(
        {
            "data_dir": folder,
            "teacher": {"kind": "scripted", "base_url": url},
            "student": {
                "name": "tickets",
                "layers": 1,
                "intermediate_size": 512,
                "vocab_size": 512,
                "context_tokens": 256,
                "max_thinking_chars": 80,
                "max_new_tokens": 96,
            },
            "sft": {
                "adapter": "none",
                "learning_rate": 1e-3,
                "epochs": 2.0,
                "batch_size": 4,
                "accumulation": 1,
                "max_tokens": 256,
                "threads": 1,
                "min_free_memory_gb": 0.0,
            },
            "evaluation": {"questions": 60},
            "trainer": {"bootstrap_traces": 60},
            "samples": {"holdout_share": 0.1},
        }
    )


def write_tickets(_: str, n: int, seed: int) -> list[Question]:
    """Short ones, so that a minute of training is not spent on digits."""
    rng, found = random.Random(seed), dict[str, Question]()
    pairs = [(queue, cue) for queue, cues in CUES.items() for cue in cues]
    while len(found) < min(n, 2000):
        queue, cue = rng.choice(pairs)
        text = f"{rng.choice(('My', 'Our', 'The'))} {cue} {rng.randrange(100)}"
        found[text] = Question(f"{seed}-{len(found)}", {"text": text}, queue, queue)
    return list(found.values())


CUES = {
    "billing": ("invoice", "refund", "payment", "price"),
    "access": ("password", "login", "account", "token"),
    "delivery": ("parcel", "courier", "address", "shipment"),
}


def teach(application: Application, n: int, seed: int, source: TraceSource) -> list[Trace]:
    """The scripted teacher's traces of n tickets."""
    function, answer = application.functions[NAME], application.scripted_teacher
    assert answer is not None
    traces = []
    for question in write_tickets(NAME, n, seed):
        prompt = function.build_prompt(question.request)
        done = answer(NAME, prompt)
        traces.append(
            Trace(
                id=f"{source.value}-{question.id}",
                function=NAME,
                prompt=prompt,
                thinking=done.thinking or "",
                answer=done.answer,
                reasoning_kind=ReasoningKind.SYNTHETIC
                if source is TraceSource.BOOTSTRAP
                else ReasoningKind.RAW,
                teacher="rules",
                training_permission=TrainingPermission.OPEN,
                source=source,
                family=function.family(prompt),
                created_at=1.0,
            )
        )
    return traces


@pytest.fixture(scope="module")
def tickets() -> Iterator[Application]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield with_short_tickets(load_application("example_tickets:APPLICATION"))


def with_short_tickets(example: Application) -> Application:
    def bootstrap(n: int, seed: int) -> list[Trace]:
        return teach(example, n, seed, TraceSource.BOOTSTRAP)

    return replace(example, bootstrap=bootstrap, holdout=write_tickets)


@pytest.fixture(scope="module")
def desk(tickets: Application, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with ScriptedUpstream(tickets) as upstream, open_store(folder) as store:
        desk = Desk(store, tickets, settings(folder, upstream.url), [], threading.Event())
        store.insert_traces(teach(tickets, 300, 77, TraceSource.CAPTURED))
        yield desk


@pytest.fixture(scope="module")
def trained(desk: Desk) -> Release:
    return desk.train()


def test_a_cycle_ends_with_a_judged_release_in_shadow(desk: Desk, trained: Release) -> None:
    assert trained.state is CycleState.SHADOW, trained.reason
    report = trained.report["functions"][NAME]
    assert report["n"] == 60
    assert (report["champion"], report["candidate"]) == ("teacher", "student@1")
    assert report["variants"]["student@1"]["json_valid"]["mean"] == 1.0
    assert trained.report["gate"][NAME]["promote"] is True
    traffic = cycle.find_traffic(desk.store, NAME)
    assert (traffic.champion, traffic.candidate, traffic.shadow) == (
        TEACHER,
        trained.variant,
        True,
    )


def test_every_stage_is_timed_told_and_on_the_timeline(desk: Desk, trained: Release) -> None:
    stages = ["bootstrap", "dataset", "training", "exporting", "evaluating"]
    assert list(trained.report["seconds"]) == stages
    assert list(dict.fromkeys(progress.stage for progress in desk.told)) == stages
    shares = [p.share for p in desk.told if p.stage == "training" and p.share is not None]
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
    events = [event.event for event in desk.store.find_events(NAME)]
    assert events[:4] == ["training", "exporting", "evaluating", "shadow"]
    run = desk.store.find_runs()[0]
    assert run.state is RunState.DONE
    assert run.metrics["steps"] > 0


def test_the_run_learned_the_bootstrap_first_and_no_held_out_family(
    desk: Desk, trained: Release
) -> None:
    run = desk.store.find_runs()[0]
    job = load_job(run.folder)
    assert job.bootstrap_folder is not None
    assert job.bootstrap_folder != job.dataset_folder
    dataset = desk.store.find_dataset(trained.report["dataset"])
    assert dataset is not None
    used = set(dataset.trace_ids)
    families = {trace.family for trace in desk.store.find_traces() if trace.id in used}
    share = desk.config.samples.holdout_share
    assert not any(is_holdout(family, share) for family in families)


def test_a_release_is_measured_on_any_questions(desk: Desk, trained: Release) -> None:
    function = desk.application.functions[NAME]
    questions = [Question("one", {"text": "My parcel is 0.5"}), Question("two", {"text": "login"})]
    report = evaluate_release(desk.store, desk.config, desk.context, function, trained, questions)
    assert {name: v["n"] for name, v in report["variants"].items()} == {
        "teacher": 2,
        "student@1": 2,
        "student@1 f16": 2,
    }
    alone = evaluate_release(desk.store, desk.config, desk.context, function, None, questions)
    assert list(alone["variants"]) == ["teacher"]


def test_a_file_that_is_not_the_pinned_one_is_not_measured(desk: Desk, trained: Release) -> None:
    other = replace(trained, gguf_sha256="0" * 64)
    function = desk.application.functions[NAME]
    questions = [Question("one", {"text": "My parcel is 0.5"})]
    with pytest.raises(ExportError, match="has sha256"):
        evaluate_release(desk.store, desk.config, desk.context, function, other, questions)


@pytest.mark.slow
def test_a_worse_successor_is_rejected_beside_the_champion(desk: Desk, trained: Release) -> None:
    cycle.climb(desk.store, NAME, 1.0, "good", 1001.0)
    cycle.go_live(desk.store, NAME, "good", 1002.0)
    hasty = desk.config.sft.model_copy(update={"epochs": 0.02, "bootstrap_epochs": 0.0})
    release = desk.train(sft=hasty)
    assert release.state is CycleState.REJECTED
    assert "agreement against student@1, lower end -" in release.reason
    report = release.report["functions"][NAME]
    assert list(report["variants"]) == ["teacher", "student@1", "student@2", "student@2 f16"]
    traffic = cycle.find_traffic(desk.store, NAME)
    assert (traffic.champion, traffic.candidate) == (trained.variant, None)
    assert desk.store.find_events(NAME)[-1].event == "rejected"


@pytest.mark.slow
def test_a_job_that_fails_ends_the_cycle_with_its_reason_and_is_not_repeated_forever(
    desk: Desk, trained: Release
) -> None:
    greedy = desk.config.sft.model_copy(update={"min_free_memory_gb": 1e6})
    once = desk.config.trainer.model_copy(update={"max_attempts": 1})
    with pytest.raises(TrainingError, match="memory"):
        desk.train(sft=greedy, trainer=once)
    run, release = desk.store.find_runs()[-1], desk.store.find_releases()[-1]
    assert (run.state, release.state) == (RunState.FAILED, CycleState.FAILED)
    assert "memory" in run.error
    assert release.reason == run.error
    with pytest.raises(TrainingError, match="failed 1 times"):
        desk.train(sft=greedy, trainer=once)
    assert len(desk.store.find_runs()) == run.id


@pytest.mark.slow
def test_a_stopped_cycle_counts_as_cancelled(desk: Desk, trained: Release) -> None:
    desk.stop.set()
    with pytest.raises(TrainingError, match="stopped"):
        desk.train()
    desk.stop.clear()
    run, release = desk.store.find_runs()[-1], desk.store.find_releases()[-1]
    assert (run.state, release.state) == (RunState.CANCELLED, CycleState.CANCELLED)


def test_an_evaluation_can_be_stopped(desk: Desk, trained: Release) -> None:
    function = desk.application.functions[NAME]
    questions = held_out(desk.application, function, desk.config) * 20

    def stop(_: Progress) -> None:
        desk.stop.set()

    context = replace(desk.context, on_progress=stop)
    with pytest.raises(TrainingError, match="evaluation was stopped"):
        evaluate_release(desk.store, desk.config, context, function, trained, questions)
    desk.stop.clear()


def test_a_question_that_was_trained_on_is_refused(tickets: Application) -> None:
    function = tickets.functions[NAME]
    question = Question("seen", {"text": "My parcel is 0.5"})
    trained_on = frozenset({function.build_prompt(question.request).hash})
    refuse_trained(function, [question], frozenset())
    with pytest.raises(InputError, match="1 of 1 evaluation questions"):
        refuse_trained(function, [question], trained_on)


def test_without_a_trace_nothing_is_trained(tickets: Application, tmp_path: Path) -> None:
    config = settings(tmp_path, "http://127.0.0.1:9")
    bare = replace(tickets, bootstrap=None)
    with open_store(tmp_path) as store:
        desk = Desk(store, bare, config, [], threading.Event())
        with pytest.raises(InputError, match="none was found"):
            desk.train()
        assert store.find_runs() == []
