"""Answers by what was said of them, the newest first: as many as are asked for, read as they are needed.

Reads alone. What was said is looked up from the newest answer on, so that what is found early is
found soon, however many there are.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, exists, or_, select, type_coerce

from understudy.records import FeedbackKind, FeedbackSource, Inference
from understudy.store import rows
from understudy.store import statements as sql
from understudy.store.database import Database
from understudy.store.tables import FEEDBACK, INFERENCES


class Answers:
    """A part of the store, on its connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_with(
        self, said: Sequence[tuple[str, FeedbackSource]], function: str, limit: int | None = None
    ) -> list[str]:
        """Ids of a function's inferences of which each of these (name, source) was said."""
        about = FEEDBACK.c
        each = [
            INFERENCES.c.id.in_(
                select(about.inference).where(about.name == name, about.source == source.value)
            )
            for name, source in said
        ]
        return self._ids(_newest(function, *each).limit(limit))

    def find_about(self, function: str, names: Collection[str], limit: int) -> list[str]:
        """Ids of a function's inferences of which one of these was said: of itself, or of the episode
        that it was shown in."""
        table, about = INFERENCES.c, FEEDBACK.c
        said = about.name.in_(names)
        of_it = exists().where(about.inference == table.id, said)
        of_all = exists().where(about.episode == table.episode, about.inference.is_(None), said)
        return self._ids(_newest(function, or_(of_it, ~table.shadow & of_all)).limit(limit))

    def find_ranked(
        self, function: str, names: Collection[str], since: float, limit: int
    ) -> list[str]:
        """Ids of those that tier 1 ordered, of which one of these was said or a correction given."""
        table, about = INFERENCES.c, FEEDBACK.c
        said = or_(about.name.in_(names), about.kind == FeedbackKind.DEMONSTRATION.value)
        of_it = exists().where(about.inference == table.id, said)
        # A column of JSON holds the word null; NULL where the row is older than the column.
        ranked = type_coerce(table.ranking, Text) != "null"
        return self._ids(_newest(function, table.created_at >= since, ranked, of_it).limit(limit))

    def pages(self, ids: Sequence[str]) -> Iterator[list[Inference]]:
        """In the order of the ids, some hundred at a time."""
        for page in sql.chunks(ids):
            query = sql.with_system(INFERENCES).where(*sql.among(INFERENCES.c.id, page))
            found = sql.select_all(self._database, query, rows.read_inference)
            by_id = {one.id: one for one in found}
            yield [by_id[identity] for identity in page or () if identity in by_id]

    def _ids(self, query: Select[Any]) -> list[str]:
        return sql.select_all(self._database, query, lambda row: str(row["id"]))


def _newest(function: str, *where: ColumnElement[bool]) -> Select[Any]:
    table = INFERENCES.c
    query = select(table.id).where(table.function == function, *where)
    return query.order_by(table.created_at.desc(), table.id.desc())
