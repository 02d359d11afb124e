"""Builds an immutable dataset from the store's traces, for a run to learn from.

Refuses to build from nothing, or from what no permission covers. Writes the folder whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from understudy.config import Config
from understudy.curate.dataset_files import FOLDER, SAMPLES, render_rows, write_dataset
from understudy.curate.describe import count_rows, describe
from understudy.curate.eligibility import effective_permission
from understudy.curate.experiences import experiences_of
from understudy.curate.funnel import Funnel, sift
from understudy.curate.leakage import check_leakage
from understudy.curate.replay import Group, draw_replay, mark_earlier
from understudy.curate.samples import Sample, build_samples
from understudy.errors import InputError, PermissionRefusedError
from understudy.function import Application, Function
from understudy.records import Dataset, Reward, Trace, TraceSource, TrainingPermission
from understudy.store import Store

OTHER_SOURCE = "of a source that was not asked for"
NOTHING_LEFT = "no trace is left to learn from"
NONE_FOUND = "none was found; capture some (capture.traces), or import or bootstrap them"
NOT_DRAWN = "bootstrap trace not drawn for replay (samples.replay_share)"


@dataclass(frozen=True, slots=True)
class Material:
    """What a dataset is made of: the funnel, and the samples of each kept trace together."""

    functions: Mapping[str, Function]
    funnel: Funnel
    groups: Sequence[Group]

    @property
    def samples(self) -> list[Sample]:
        return [sample for group in self.groups for sample in group]

    @property
    def taught(self) -> tuple[str, ...]:
        """A function without a trace was not learned, and no release of this may serve it."""
        names = {trace.function for trace in self.funnel.kept}
        return tuple(name for name in self.functions if name in names)


def build_dataset(
    store: Store,
    application: Application,
    config: Config,
    functions: Iterable[str],
    *,
    created_at: float,
    sources: Collection[TraceSource] = frozenset(TraceSource),
) -> Dataset:
    """Everything eligible, with bootstrap traces as the replayed part (or alone, when there is
    nothing else). Raises PermissionRefusedError when nothing is permitted, InputError when nothing
    is left, LeakageError when what is measured on would be trained on."""
    names = tuple(dict.fromkeys(functions))
    traces = (trace for name in names for trace in store.find_traces(function=name))
    chosen = {name: application.functions[name] for name in names}
    material = gather(store, (one for one in traces if one.source in sources), chosen, config)
    dataset_id, content = render_rows(material.samples)
    folder = config.data_dir / FOLDER / dataset_id
    dataset = Dataset(
        id=dataset_id,
        folder=folder,
        functions=material.taught,
        trace_ids=tuple(trace.id for trace in material.funnel.kept),
        counts=count_rows(material.funnel, material.samples),
        skipped=material.funnel.skipped,
        created_at=created_at,
    )
    manifest = describe(material.funnel, material.samples, config, dataset_id, created_at)
    write_dataset(folder, {SAMPLES: content}, manifest)
    store.insert_dataset(dataset)
    return dataset


def gather(
    store: Store,
    traces: Iterable[Trace],
    functions: Mapping[str, Function],
    config: Config,
    sources: Collection[TraceSource] = frozenset(TraceSource),
) -> Material:
    """What of these traces may be trained on, checked against what is held out. One of another
    source is counted, and is neither trained on nor measured by."""
    found = list(traces)
    asked_for = [trace for trace in found if trace.source in sources]
    _check_permitted(asked_for, config)
    funnel = sift(asked_for, functions, config, _rewards(store, config, asked_for))
    if len(found) > len(asked_for):
        others = {OTHER_SOURCE: len(found) - len(asked_for)}
        funnel = replace(funnel, found=len(found), skipped=others | dict(funnel.skipped))
    groups, funnel = _with_replay(store, funnel, functions, config)
    if not groups:
        raise InputError(f"{NOTHING_LEFT}: {_explain(funnel)}")
    check_leakage(funnel, functions, config)
    return Material(functions, funnel, groups)


def check_material(traces: Sequence[Trace], application: Application, config: Config) -> None:
    """What can be told of a dataset without building it. Raises InputError where there is no trace,
    PermissionRefusedError where none may teach."""
    makes_own = application.bootstrap is not None and config.trainer.bootstrap_traces > 0
    if not traces and not makes_own:
        raise InputError(f"{NOTHING_LEFT}: {NONE_FOUND}")
    _check_permitted(traces, config)


def insert_bootstrap(store: Store, application: Application, config: Config) -> int:
    """Put the application's synthetic traces into the store, once for each function: a second set
    would count the same examples twice. How many were new."""
    if application.bootstrap is None or config.trainer.bootstrap_traces == 0:
        return 0
    known = {trace.function for trace in store.find_traces(source=TraceSource.BOOTSTRAP)}
    made = application.bootstrap(config.trainer.bootstrap_traces, config.sft.seed)
    return store.insert_traces([trace for trace in made if trace.function not in known])


def _rewards(store: Store, config: Config, traces: Iterable[Trace]) -> dict[str, Reward]:
    """Of their answers, where somebody said something: latency alone says nothing about an answer."""
    answers: dict[str, dict[str, None]] = defaultdict(dict)
    for trace in traces:
        if trace.inference is not None:
            answers[trace.function][trace.inference] = None
    return {
        experience.inference.id: experience.reward
        for function, ids in answers.items()
        for page in experiences_of(store, config, function, list(ids))
        for experience in page
        if experience.feedback
    }


def _check_permitted(traces: Sequence[Trace], config: Config) -> None:
    closed = TrainingPermission.NONE
    refused = sum(effective_permission(trace, config) is closed for trace in traces)
    others = [trace for trace in traces if trace.source is not TraceSource.BOOTSTRAP]
    if refused and refused >= len(others):
        teachers = ", ".join(sorted({trace.teacher for trace in others}))
        said = f"teacher.training_permission is {config.teacher.training_permission!r}"
        if config.teacher.training_permission != "none":
            raise PermissionRefusedError(
                f"all {refused} traces come from {teachers}: {said}, and that speaks of the "
                "configured teacher, not of them; configure the one that answered, with what its "
                "terms allow you, or learn from another teacher"
            )
        raise PermissionRefusedError(
            f"all {refused} traces come from {teachers} and {said}: record in the config what its "
            "terms allow you (`open`, `narrow_only` or `written_permission`), or learn from "
            "another teacher"
        )


def _with_replay(
    store: Store, funnel: Funnel, functions: Mapping[str, Function], config: Config
) -> tuple[list[Group], Funnel]:
    """The kept traces' samples; of the bootstrap traces only those that were drawn."""
    fresh = [trace for trace in funnel.kept if trace.source is not TraceSource.BOOTSTRAP]
    if not fresh:
        return build_groups(funnel.kept, functions, config), funnel
    share = config.samples.replay_share
    pool = [trace for trace in funnel.kept if trace.source is TraceSource.BOOTSTRAP]
    groups = build_groups(fresh, functions, config)
    drawn = draw_replay(groups, build_groups(pool, functions, config), share)
    earlier = _earlier(store, {trace.id for trace in fresh})
    ids = {group[0].trace_id for group in drawn}
    skipped = dict(funnel.skipped)
    if len(pool) > len(drawn):
        skipped[NOT_DRAWN] = len(pool) - len(drawn)
    kept = (*fresh, *(trace for trace in pool if trace.id in ids))
    marked = mark_earlier(groups, drawn, earlier, share)
    return [*marked, *drawn], replace(funnel, kept=kept, skipped=skipped)


def _earlier(store: Store, fresh: Collection[str]) -> set[str]:
    """Of datasets that lack one of these: building a dataset again must not make it its own past."""
    held = [set(known.trace_ids) for known in store.find_datasets()]
    return set().union(*(ids for ids in held if not ids.issuperset(fresh)))


def build_groups(
    traces: Iterable[Trace], functions: Mapping[str, Function], config: Config
) -> list[Group]:
    longest = config.samples.max_thinking_chars
    return [
        tuple(
            build_samples(
                trace, schema=functions[trace.function].schema, max_thinking_chars=longest
            )
        )
        for trace in traces
    ]


def _explain(funnel: Funnel) -> str:
    if funnel.found == 0:
        return NONE_FOUND
    reasons = ", ".join(f"{count} {reason}" for reason, count in funnel.skipped.items())
    return f"of {funnel.found} found, {reasons}"
