"""What belongs to users: found, and taken out of the tables so that nothing of it stays in the file.

The one place that deletes. Whoever holds a cursor misses nothing that comes later.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, delete, func, or_, select, update

from understudy.records import FeedbackKind
from understudy.store import statements as sql
from understudy.store.database import Database
from understudy.store.tables import FEEDBACK, INFERENCES, RUNS, TEXTS, TRACES


@dataclass(frozen=True, slots=True)
class Belongings:
    """Ids of what is a user's."""

    inferences: tuple[str, ...]
    feedback: tuple[str, ...]
    traces: tuple[str, ...]


def find_belongings(database: Database, users: Collection[str]) -> Belongings:
    """Their inferences with the traces of these; the feedback that they gave, and all that was said of
    their inferences, and of the episodes that are theirs alone."""
    theirs = INFERENCES.c.user.in_(list(users))
    inferences = select(INFERENCES.c.id).where(theirs)
    episodes = select(INFERENCES.c.episode).where(theirs)
    shared = select(INFERENCES.c.episode).where(~theirs)
    said = or_(
        FEEDBACK.c.user.in_(list(users)),
        FEEDBACK.c.inference.in_(inferences),
        and_(FEEDBACK.c.episode.in_(episodes), FEEDBACK.c.episode.not_in(shared)),
    )
    traces = select(TRACES.c.id).where(TRACES.c.inference.in_(inferences))
    return Belongings(
        inferences=_ids(database, inferences),
        feedback=_ids(database, select(FEEDBACK.c.id).where(said)),
        traces=_ids(database, traces),
    )


def erase(database: Database, found: Belongings) -> None:
    """In one transaction."""
    with database.begin() as connection:
        # What is deleted is overwritten: SQLite would keep it in the file's free pages.
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
        _empty_last_feedback(connection, found.feedback)
        for table, ids in (
            (TRACES, found.traces),
            (FEEDBACK, found.feedback),
            (INFERENCES, found.inferences),
        ):
            for some in sql.chunks(ids):
                connection.execute(delete(table).where(*sql.among(table.c.id, some)))
        used = select(INFERENCES.c.system).union(select(TRACES.c.system))
        connection.execute(delete(TEXTS).where(TEXTS.c.hash.not_in(used)))
        _draw_back_runs(connection)


def _ids(database: Database, query: Select[Any]) -> tuple[str, ...]:
    return tuple(sql.select_all(database, query, lambda row: str(row["id"])))


def _empty_last_feedback(connection: Connection, ids: Collection[str]) -> None:
    """SQLite gives a deleted last row's number to the next one, which cursors elsewhere are past:
    an empty row keeps it."""
    last = _last(connection, FEEDBACK)
    found = connection.execute(select(FEEDBACK.c.id).where(sql.number(FEEDBACK) == last)).scalar()
    if found not in ids:
        return
    name = f"erased-{last}"
    nothing = {"inference": None, "episode": None, "user": "", "value": "", "name": "erased"}
    kind = FeedbackKind.COMMENT.value
    empty = update(FEEDBACK).values(**nothing, id=name, key=name, kind=kind)
    connection.execute(empty.where(FEEDBACK.c.id == found))


def _draw_back_runs(connection: Connection) -> None:
    """To the last trace that is left, so that the next one is new to them."""
    last = _last(connection, TRACES)
    connection.execute(update(RUNS).where(RUNS.c.traces_end > last).values(traces_end=last))


def _last(connection: Connection, table: Table) -> int:
    query = select(func.max(sql.number(table))).select_from(table)
    return int(connection.execute(query).scalar_one() or 0)
