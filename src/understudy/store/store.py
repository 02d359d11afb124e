"""The store: inserts what it is given and finds it again, and erases what is a user's. Makes no ids (but
the numbers of runs and releases, which only the table can count) and no times. Refuses a second writer."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import func, select

from understudy.keys import ApiKey
from understudy.records import (
    CycleState,
    Dataset,
    Event,
    Feedback,
    Inference,
    Release,
    Run,
    RunState,
    Trace,
    TraceSource,
    Traffic,
    Variant,
)
from understudy.store import erasing, rows
from understudy.store import statements as sql
from understudy.store import training_rows as training
from understudy.store.answers import Answers
from understudy.store.database import FILE, Database
from understudy.store.erasing import Belongings
from understudy.store.tables import (
    API_KEYS,
    DATASETS,
    EVENTS,
    FEEDBACK,
    INFERENCES,
    RELEASES,
    RUNS,
    TRACES,
    TRAFFIC,
)

Record = TypeVar("Record")


def open_store(data_dir: Path, *, read_only: bool = False) -> "Store":
    """Open (and migrate) the store of a data folder. Raises StoreError.

    Read-only needs no lock and works beside the writer process.
    """
    return Store(Database(data_dir, read_only=read_only))


def has_store(data_dir: Path) -> bool:
    return (data_dir / FILE).exists()


class Store:
    """Thread-safe: calls take turns on the one connection, each is a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._home = database.path.parent
        self.answers = Answers(database)
        # Lets the request path keep a copy of the traffic table: it rises with every change.
        self.traffic_version = 0
        # Held from reading a row to the writes that follow from it: one step of a cycle at a time.
        self.turn = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def insert_inferences(self, inferences: Sequence[Inference]) -> int:
        """Idempotent by id; the number that were new."""
        prompts = [inference.prompt for inference in inferences]
        given = map(rows.inference_row, inferences)
        return sql.insert_new(self._database, INFERENCES, "id", given, prompts)

    def find_inference(self, inference_id: str) -> Inference | None:
        query = sql.with_system(INFERENCES).where(INFERENCES.c.id == inference_id)
        return sql.select_one(self._database, query, rows.read_inference)

    def find_inferences(
        self,
        *,
        function: str | None = None,
        variant: Variant | None = None,
        since: float | None = None,
        shadow: bool | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Inference]:
        """In the order they were made; `since` includes its own moment."""
        table = INFERENCES.c
        query = sql.with_system(INFERENCES).where(
            *sql.equal(table.function, function),
            *sql.equal(table.variant, None if variant is None else str(variant)),
            *sql.equal(table.shadow, shadow),
            *sql.since_time(table.created_at, since),
        )
        order = (table.created_at, table.id)
        query = query.order_by(*(column.desc() if newest_first else column for column in order))
        return sql.select_all(self._database, query.limit(limit), rows.read_inference)

    def count_inferences(self, function: str | None = None) -> int:
        where = sql.equal(INFERENCES.c.function, function)
        return sql.count_rows(self._database, INFERENCES, where)

    def sum_cost_usd(self, since: float) -> float:
        """What the inferences from that moment on cost together."""
        total = func.coalesce(func.sum(INFERENCES.c.cost_usd), 0.0).label("usd")
        query = select(total).where(*sql.since_time(INFERENCES.c.created_at, since))
        return sql.select_one(self._database, query, lambda row: float(row["usd"])) or 0.0

    def has_episode(self, episode: str) -> bool:
        where = sql.equal(INFERENCES.c.episode, episode)
        return sql.count_rows(self._database, INFERENCES, where) > 0

    def insert_feedback(self, feedback: Sequence[Feedback]) -> int:
        """Idempotent by key; the number that were new."""
        return sql.insert_new(self._database, FEEDBACK, "key", map(rows.feedback_row, feedback))

    def find_feedback(
        self,
        *,
        inference: Collection[str] | None = None,
        episode: Collection[str] | None = None,
        name: str | None = None,
        since: float | None = None,
    ) -> list[Feedback]:
        """In the order it was made; what is given must all hold."""
        table = FEEDBACK.c
        where = [*sql.equal(table.name, name), *sql.since_time(table.created_at, since)]
        found: list[Feedback] = []
        for query in sql.feedback_about(inference, episode, where):
            found += sql.select_all(self._database, query, rows.read_feedback)
        return sorted(found, key=lambda feedback: (feedback.created_at, feedback.id))

    def find_feedback_after(self, cursor: int, limit: int) -> tuple[int, list[Feedback]]:
        """In the order it was inserted, and the cursor behind the last of it."""
        query = sql.numbered(FEEDBACK, cursor).limit(limit)
        found = sql.select_all(self._database, query, rows.read_numbered_feedback)
        return (found[-1][0] if found else cursor), [feedback for _, feedback in found]

    def end_of_feedback(self) -> int:
        """The cursor behind all that there is."""
        return sql.last_number(self._database, FEEDBACK)

    def count_feedback(self) -> int:
        return sql.count_rows(self._database, FEEDBACK, [])

    def insert_traces(self, traces: Sequence[Trace]) -> int:
        """Idempotent by id; the number that were new."""
        prompts = [trace.prompt for trace in traces]
        return sql.insert_new(self._database, TRACES, "id", map(rows.trace_row, traces), prompts)

    def find_traces(
        self,
        *,
        function: str | None = None,
        source: TraceSource | None = None,
        since: float | None = None,
    ) -> list[Trace]:
        """In the order they were made; `since` includes its own moment."""
        where = [*sql.equal(TRACES.c.function, function), *sql.trace_filter(source, since)]
        query = sql.with_system(TRACES).where(*where).order_by(TRACES.c.created_at, TRACES.c.id)
        return sql.select_all(self._database, query, rows.read_trace)

    def count_traces(
        self,
        source: TraceSource | None = None,
        since: float | None = None,
        function: str | None = None,
        after: int | None = None,
    ) -> int:
        """`after` is a cursor: those that were inserted behind it."""
        where = [*sql.trace_filter(source, since), *sql.equal(TRACES.c.function, function)]
        return sql.count_rows(self._database, TRACES, [*where, *sql.inserted_after(TRACES, after)])

    def end_of_traces(self) -> int:
        return sql.last_number(self._database, TRACES)

    def insert_dataset(self, dataset: Dataset) -> None:
        """The same content twice is one dataset."""
        sql.insert_new(self._database, DATASETS, "id", [training.dataset_row(dataset, self._home)])

    def find_dataset(self, dataset_id: str) -> Dataset | None:
        query = select(DATASETS).where(DATASETS.c.id == dataset_id)
        return sql.select_one(self._database, query, self._read(training.read_dataset))

    def find_datasets(self) -> list[Dataset]:
        query = select(DATASETS).order_by(DATASETS.c.created_at, DATASETS.c.id)
        return sql.select_all(self._database, query, self._read(training.read_dataset))

    def insert_run(
        self,
        learner: str,
        dataset: str,
        config_hash: str,
        seed: int,
        folder_parent: Path,
        created_at: float,
    ) -> Run:
        """A running run, numbered by the table; its folder is `run-N` under the given one."""
        state, parent = RunState.RUNNING, folder_parent
        new = Run(0, learner, dataset, config_hash, seed, state, parent, {}, created_at)
        row = training.run_row(new, self._home)
        del row["id"]
        number = sql.insert_numbered(self._database, RUNS, row)
        numbered = replace(new, id=number, folder=folder_parent / f"run-{number}")
        self.update_run(numbered)
        return numbered

    def update_run(self, given: Run) -> None:
        sql.update_row(self._database, RUNS, training.run_row(given, self._home), f"run {given.id}")

    def find_run(self, number: int) -> Run | None:
        query = select(RUNS).where(RUNS.c.id == number)
        return sql.select_one(self._database, query, self._read(training.read_run))

    def find_runs(self) -> list[Run]:
        query = select(RUNS).order_by(RUNS.c.id)
        return sql.select_all(self._database, query, self._read(training.read_run))

    def insert_release(
        self,
        run: int,
        functions: Iterable[str],
        created_at: float,
        state: CycleState = CycleState.TRAINING,
    ) -> Release:
        """An empty release of a run, numbered by the table."""
        given = tuple(functions)
        new = Release(0, run, given, state, None, "", 0, {}, "", created_at)
        row = training.release_row(new, self._home)
        del row["number"]
        return replace(new, number=sql.insert_numbered(self._database, RELEASES, row))

    def update_release(self, release: Release) -> None:
        row = training.release_row(release, self._home)
        sql.update_row(self._database, RELEASES, row, f"release {release.number}")

    def find_release(self, number: int) -> Release | None:
        query = select(RELEASES).where(RELEASES.c.number == number)
        return sql.select_one(self._database, query, self._read(training.read_release))

    def find_releases(self, state: CycleState | None = None) -> list[Release]:
        where = sql.equal(RELEASES.c.state, None if state is None else state.value)
        query = select(RELEASES).where(*where).order_by(RELEASES.c.number)
        return sql.select_all(self._database, query, self._read(training.read_release))

    def find_traffic(self, function: str) -> Traffic | None:
        query = select(TRAFFIC).where(TRAFFIC.c.function == function)
        return sql.select_one(self._database, query, rows.read_traffic)

    def save_traffic(self, traffic: Traffic) -> None:
        sql.replace_row(self._database, TRAFFIC, rows.traffic_row(traffic))
        self.traffic_version += 1

    def find_belongings(self, users: Collection[str]) -> Belongings:
        return erasing.find_belongings(self._database, users)

    def erase(self, found: Belongings) -> None:
        erasing.erase(self._database, found)

    def insert_event(self, event: Event) -> None:
        sql.insert_numbered(self._database, EVENTS, rows.event_row(event))

    def find_events(self, function: str | None = None) -> list[Event]:
        where = sql.equal(EVENTS.c.function, function)
        query = select(EVENTS).where(*where).order_by(EVENTS.c.id)
        return sql.select_all(self._database, query, rows.read_event)

    def insert_key(self, key: ApiKey) -> None:
        sql.insert_new(self._database, API_KEYS, "id", [rows.key_row(key)])

    def update_key(self, key: ApiKey) -> None:
        sql.update_row(self._database, API_KEYS, rows.key_row(key), f"API key {key.id}")

    def find_keys(self) -> list[ApiKey]:
        """Revoked ones too, in the order they were made."""
        query = select(API_KEYS).order_by(API_KEYS.c.created_at, API_KEYS.c.id)
        return sql.select_all(self._database, query, rows.read_key)

    def _read(self, read: Callable[[rows.Row, Path], Record]) -> Callable[[rows.Row], Record]:
        return lambda row: read(row, self._home)
