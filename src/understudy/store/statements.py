"""The few statements that the store is made of: insert what is new, update, select, count.

Every value is a bound parameter; no text reaches SQL otherwise.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    Table,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from understudy.errors import NotFoundError
from understudy.records import Prompt, TraceSource
from understudy.store.database import Database
from understudy.store.rows import Row, text_row
from understudy.store.tables import FEEDBACK, TEXTS, TRACES

# SQLite's default limit on bound parameters was 999 before 3.32.
MAX_PARAMETERS = 400

Record = TypeVar("Record")
Value = TypeVar("Value")


def insert_new(
    database: Database,
    table: Table,
    key: str,
    given: Iterable[dict[str, Any]],
    prompts: Iterable[Prompt] = (),
) -> int:
    """Insert, in one transaction, the rows whose key is not there yet; how many that were."""
    texts = {prompt.system: text_row(prompt.system) for prompt in prompts}
    statement = insert(table).on_conflict_do_nothing(index_elements=[key])
    rows = list(given)
    with database.begin() as connection:
        if texts:
            known = insert(TEXTS).on_conflict_do_nothing(index_elements=["hash"])
            connection.execute(known, list(texts.values()))
        # All rows in one call: SQLite counts those that it did not know.
        return connection.execute(statement, rows).rowcount if rows else 0


def insert_numbered(database: Database, table: Table, row: dict[str, Any]) -> int:
    """Insert a row whose integer key the table makes; that key."""
    (key,) = table.primary_key.columns
    with database.begin() as connection:
        return int(connection.execute(insert(table).returning(key), row).scalar_one())


def replace_row(database: Database, table: Table, row: dict[str, Any]) -> None:
    """Insert a row, or overwrite the one with its key."""
    keys = [column.name for column in table.primary_key.columns]
    statement = insert(table).values(row).on_conflict_do_update(index_elements=keys, set_=row)
    with database.begin() as connection:
        connection.execute(statement)


def update_row(database: Database, table: Table, row: dict[str, Any], what: str) -> None:
    """Overwrite the row with this key. Raises NotFoundError where there is none."""
    where = [column == row[column.name] for column in table.primary_key.columns]
    with database.begin() as connection:
        if connection.execute(update(table).where(*where).values(row)).rowcount == 0:
            raise NotFoundError(f"no {what} in the store; insert it first")


def select_all(
    database: Database, query: Select[Any], read: Callable[[Row], Record]
) -> list[Record]:
    with database.begin() as connection:
        found = connection.execute(query).mappings().all()
    return [read({**row}) for row in found]


def select_one(
    database: Database, query: Select[Any], read: Callable[[Row], Record]
) -> Record | None:
    return next(iter(select_all(database, query, read)), None)


def count_rows(database: Database, table: Table, where: list[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(table).where(*where)
    with database.begin() as connection:
        return int(connection.execute(query).scalar_one())


def last_number(database: Database, table: Table) -> int:
    """SQLite's own number of the row that was inserted last; zero where there is none."""
    query = select(func.max(number(table))).select_from(table)
    with database.begin() as connection:
        return int(connection.execute(query).scalar_one() or 0)


def with_system(table: Table) -> Select[Any]:
    """A table's rows together with the system text that they refer to."""
    return select(table, TEXTS.c.text).join(TEXTS, TEXTS.c.hash == table.c.system)


def numbered(table: Table, after: int) -> Select[Any]:
    """A table's rows in the order they were inserted, by SQLite's own number of each."""
    own = number(table)
    return select(own.label("rowid"), table).where(own > after).order_by(own)


def inserted_after(table: Table, cursor: int | None) -> list[ColumnElement[bool]]:
    return [] if cursor is None else [number(table) > cursor]


def number(table: Table) -> ColumnElement[int]:
    """SQLite's own number of a row, which rises with every one that is inserted."""
    return literal_column(f"{table.name}.rowid", Integer())


def feedback_about(
    inference: Collection[str] | None,
    episode: Collection[str] | None,
    where: list[ColumnElement[bool]],
) -> Iterator[Select[Any]]:
    """In pieces, where it is about many."""
    table = FEEDBACK.c
    for inferences in chunks(inference):
        for episodes in chunks(episode):
            about = *among(table.inference, inferences), *among(table.episode, episodes)
            yield select(FEEDBACK).where(*about, *where)


def equal(column: Column[Any], value: Any) -> list[ColumnElement[bool]]:
    """No condition where the value is None, as in all filters below."""
    return [] if value is None else [column == value]


def since_time(column: Column[Any], since: float | None) -> list[ColumnElement[bool]]:
    return [] if since is None else [column >= since]


def trace_filter(source: TraceSource | None, since: float | None) -> list[ColumnElement[bool]]:
    value = None if source is None else source.value
    return [*equal(TRACES.c.source, value), *since_time(TRACES.c.created_at, since)]


def among(column: Column[Any], values: list[str] | None) -> list[ColumnElement[bool]]:
    return [] if values is None else [column.in_(values)]


def chunks(values: Collection[Value] | None) -> Iterator[list[Value] | None]:
    """Pieces small enough to bind; one None where there is nothing to filter by."""
    if values is None:
        yield None
        return
    listed = list(dict.fromkeys(values))
    for start in range(0, len(listed), MAX_PARAMETERS):
        yield listed[start : start + MAX_PARAMETERS]
