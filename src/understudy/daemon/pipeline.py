"""One training cycle: dataset, run, export, evaluation, gate, shadow. Every state is in the store.

A stage that fails ends the cycle with its reason; the release then serves nobody.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from understudy.config import Config
from understudy.curate.dataset import build_dataset, check_material, insert_bootstrap
from understudy.daemon.assessment import Match, measure, refuse_trained
from understudy.daemon.context import Context, Progress
from understudy.daemon.launch import check_packages, run_job
from understudy.errors import TrainingError, UnderstudyError
from understudy.evaluate.questions import held_out
from understudy.function import Application, Function, Question, check_functions
from understudy.learn.job import Job, RunResult, write_job
from understudy.records import (
    TEACHER,
    CycleState,
    Dataset,
    Release,
    Run,
    RunState,
    TraceSource,
    Variant,
)
from understudy.release import cycle
from understudy.release.export import export_release, load_gguf
from understudy.release.gate import Verdict, judge
from understudy.store import Store, save_artifact

LEARNER = "sft"


@dataclass(slots=True)
class _Cycle:
    """One run through the stages: what they need, and how long each took."""

    store: Store
    application: Application
    config: Config
    context: Context
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def functions(self) -> Mapping[str, Function]:
        """Those that are to be learned. Raises ConfigError for a name that is none."""
        check_functions(self.application, self.config)
        known = self.application.functions
        return {name: known[name] for name in self.config.trainer.functions or known}

    @property
    def taught(self) -> list[str]:
        """The functions of which there is a trace at all."""
        return [name for name in self.functions if self.store.find_traces(function=name)]

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.context.on_progress(Progress(name, 0.0, name))
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class _Lesson:
    dataset: Dataset
    bootstrap: Dataset | None
    run: Run


def train_release(
    store: Store, application: Application, config: Config, context: Context
) -> Release:
    """Train, export and judge a release; it ends in shadow or rejected.

    Raises what a stage raised, after the release and its run were marked failed (or cancelled).
    """
    check_packages()
    work = _Cycle(store, application, config, context)
    # Before the dataset: what comes while it is built may be in it, and is new to the next run.
    traces_end = store.end_of_traces()
    dataset, bootstrap = _build_datasets(work)
    run = store.insert_run(
        LEARNER,
        dataset.id,
        context.config_hash,
        config.sft.seed,
        config.data_dir / "runs",
        context.clock(),
    )
    run = replace(run, traces_end=traces_end)
    store.update_run(run)
    release = store.insert_release(run.id, dataset.functions, context.clock())
    cycle.begin(store, release, f"run {run.id} on dataset {dataset.id}", context.clock())
    try:
        return _carry_out(work, _Lesson(dataset, bootstrap, run), release)
    except BaseException as error:
        _close(work, run.id, release.number, error)
        raise


def check_trainable(store: Store, application: Application, config: Config) -> None:
    """What can be told before a training begins: packages, functions, permission, anything to learn.

    Raises what `train_release` would."""
    check_packages()
    check_functions(application, config)
    names = config.trainer.functions or tuple(application.functions)
    traces = [trace for name in names for trace in store.find_traces(function=name)]
    check_material(traces, application, config)


def evaluate_release(
    store: Store,
    config: Config,
    context: Context,
    function: Function,
    release: Release | None,
    questions: Sequence[Question],
) -> dict[str, Any]:
    """The report of a release (None: the teacher alone) on any questions. Decides nothing."""
    champion = cycle.find_traffic(store, function.name).champion
    releases = () if release is None else (release,)
    return measure(config, context, Match(function, questions, releases, champion))


def _build_datasets(work: _Cycle) -> tuple[Dataset, Dataset | None]:
    """What to learn, and the synthetic traces to learn before it (None: there are no others)."""
    with work.stage("bootstrap"):
        insert_bootstrap(work.store, work.application, work.config)
        first = _build(work, {TraceSource.BOOTSTRAP}) if _has_bootstrap(work) else None
    with work.stage("dataset"):
        dataset = _build(work, set(TraceSource))
    failed = [
        run
        for run in work.store.find_runs()
        if run.dataset == dataset.id and run.state is RunState.FAILED
    ]
    if len(failed) >= work.config.trainer.max_attempts:
        raise TrainingError(
            f"dataset {dataset.id} failed {len(failed)} times (last: {failed[-1].error}); "
            "mend the cause and raise trainer.max_attempts, or bring new traces"
        )
    return dataset, first if first is not None and first.id != dataset.id else None


def _has_bootstrap(work: _Cycle) -> bool:
    """Of what is trained: synthetic traces of another function are nothing to begin with."""
    names = work.taught or work.functions
    return any(work.store.count_traces(TraceSource.BOOTSTRAP, function=name) for name in names)


def _build(work: _Cycle, sources: set[TraceSource]) -> Dataset:
    return build_dataset(
        work.store,
        work.application,
        work.config,
        work.taught or work.functions,
        created_at=work.context.clock(),
        sources=sources,
    )


def _carry_out(work: _Cycle, lesson: _Lesson, release: Release) -> Release:
    dataset, run = lesson.dataset, lesson.run
    with work.stage("training"):
        result = _train(work, lesson)
    work.store.update_run(replace(run, state=RunState.DONE, metrics=_numbers(result.metrics)))
    release = _advance(work, release, CycleState.EXPORTING, "trained")
    with work.stage("exporting"):
        release = _export(work, release, result)
    release = _advance(work, release, CycleState.EVALUATING, "exported")
    with work.stage("evaluating"):
        reports = {name: _assess(work, dataset, release, name) for name in release.functions}
    verdicts = {name: judge(report, work.config.gate) for name, report in reports.items()}
    release = replace(release, report=_report(work, dataset, reports, verdicts))
    work.store.update_release(release)
    return _decide(work, release, verdicts)


def _train(work: _Cycle, lesson: _Lesson) -> RunResult:
    run = lesson.run

    def tell(line: Mapping[str, Any]) -> None:
        loss = f"loss {line['loss']:.3f}" if "loss" in line else ""
        work.context.on_progress(Progress("training", line.get("progress"), loss))

    job = Job(
        folder=run.folder,
        config=work.config,
        dataset_folder=lesson.dataset.folder,
        base=None,
        bootstrap_folder=None if lesson.bootstrap is None else lesson.bootstrap.folder,
        seed=run.seed,
    )
    write_job(job)
    return run_job(run.folder, on_metrics=tell, stop=work.context.stop)


def _export(work: _Cycle, release: Release, result: RunResult) -> Release:
    artifacts = work.config.data_dir / "artifacts"
    folder = artifacts / f".release-{release.number}"
    functions = {name: work.functions[name] for name in release.functions}
    export_release(result.merged, folder, work.config.export, functions, work.config.student)
    gguf = load_gguf(save_artifact(artifacts, folder))
    made = replace(release, gguf=gguf.path, gguf_sha256=gguf.sha256, size_bytes=gguf.size_bytes)
    work.store.update_release(made)
    return made


def _assess(work: _Cycle, dataset: Dataset, release: Release, name: str) -> dict[str, Any]:
    function = work.functions[name]
    questions = held_out(work.application, function, work.config)
    used = frozenset(dataset.trace_ids)
    traces = work.store.find_traces(function=name)
    refuse_trained(function, questions, frozenset(t.prompt.hash for t in traces if t.id in used))
    champion = cycle.settle(work.store, name).champion
    releases = (*_servable(work.store, champion), release)
    return measure(work.config, work.context, Match(function, questions, releases, champion))


def _servable(store: Store, champion: Variant) -> tuple[Release, ...]:
    if champion == TEACHER or champion.release is None:
        return ()
    found = store.find_release(champion.release)
    return () if found is None else (found,)


def _report(
    work: _Cycle,
    dataset: Dataset,
    reports: Mapping[str, Any],
    verdicts: Mapping[str, Verdict],
) -> dict[str, Any]:
    return {
        "functions": dict(reports),
        "gate": {name: verdict.as_json() for name, verdict in verdicts.items()},
        "seconds": dict(work.seconds),
        "dataset": dataset.id,
    }


def _decide(work: _Cycle, release: Release, verdicts: Mapping[str, Verdict]) -> Release:
    """On stage for the functions whose gate it passed; rejected when it passed none."""
    passed = {name: verdict.reason for name, verdict in verdicts.items() if verdict.promote}
    held = {name: verdict.reason for name, verdict in verdicts.items() if not verdict.promote}
    if not passed:
        reason = "; ".join(f"{name} {why}" for name, why in held.items())
        return _advance(work, release, CycleState.REJECTED, reason)
    for name, reason in passed.items():
        cycle.start_shadow(work.store, name, release.variant, reason, work.context.clock())
    for name, reason in held.items():
        cycle.hold_back(work.store, name, release.variant, reason, work.context.clock())
    return work.store.find_release(release.number) or release


def _advance(work: _Cycle, release: Release, state: CycleState, reason: str) -> Release:
    return cycle.advance(work.store, release, state, reason, work.context.clock())


def _close(work: _Cycle, run_id: int, number: int, error: BaseException) -> None:
    """The last word of a cycle that did not finish."""
    cancelled = work.context.stop.is_set() or not isinstance(error, Exception)
    reason = str(error) if isinstance(error, UnderstudyError) else repr(error)
    run, release = work.store.find_run(run_id), work.store.find_release(number)
    if run is not None and run.state is RunState.RUNNING:
        state = RunState.CANCELLED if cancelled else RunState.FAILED
        work.store.update_run(replace(run, state=state, error=reason))
    ended = CycleState.CANCELLED if cancelled else CycleState.FAILED
    if release is not None and ended in cycle.LEGAL[release.state]:
        _advance(work, release, ended, reason)


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(v) for name, v in metrics.items() if isinstance(v, int | float)}
