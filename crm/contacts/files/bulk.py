"""Bulk: many rows in few statements, on both databases."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from crm.db import db

T = TypeVar("T")

STEP = 2000  # how many cards are handled at once


def batches(things: Sequence[T], step: int = STEP) -> Iterator[Sequence[T]]:
    """The same things, some at a time."""
    for start in range(0, len(things), step):
        yield things[start : start + step]


def among(column: Any, values: Any) -> sa.ColumnElement[bool]:
    """Whether the column has one of these values.

    PostgreSQL gets them as one array, which it joins: a list of two thousand parameters takes it
    and its driver longer to read than to answer.
    """
    if _is_postgresql():
        values = sa.select(sa.func.unnest(sa.literal(list(values), ARRAY(column.type))))
    found: sa.ColumnElement[bool] = column.in_(values)
    return found


def insert(table: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert these rows, which all say the same columns; their ids, in the same order.

    The ids are taken first, so that the rows go through a plain prepared statement.
    """
    if not rows:
        return []
    ids = _new_ids(table, len(rows))
    numbered = [row | {"id": one} for one, row in zip(ids, rows, strict=True)]
    db.session.execute(sa.insert(table), numbered)
    return ids


def _new_ids(table: Any, count: int) -> list[int]:
    """Ids nobody else will have: from the sequence or, on SQLite, where we are the only writer."""
    if _is_postgresql():
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        wanted = sa.select(sa.func.nextval(sequence)).select_from(
            sa.func.generate_series(1, count).alias()
        )
        return list(db.session.scalars(wanted))
    last = db.session.scalar(sa.select(sa.func.max(table.c.id))) or 0
    return list(range(last + 1, last + 1 + count))


def _is_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"
