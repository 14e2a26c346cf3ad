"""Rows: many at once, straight into their table, with the numbers they will have."""

from typing import Any

import sqlalchemy as sa

from crm.db import Model, db


class Rows:
    """The rows of one model, numbered as they are added, inserted together by `save`.

    Going through objects would take ten times as long for the same rows.
    """

    def __init__(self, model: type[Model]) -> None:
        table = model.__table__
        assert isinstance(table, sa.Table)
        self.table: sa.Table = table
        self.rows: list[dict[str, Any]] = []
        self._last = db.session.scalar(sa.select(sa.func.max(model.id))) or 0

    def add(self, **values: Any) -> int:
        """Keep one row; every row of a table names the same columns. Its number."""
        self._last += 1
        self.rows.append({"id": self._last, **values})
        return self._last

    def save(self) -> None:
        insert(self.table, self.rows)
        if db.session.get_bind().dialect.name == "postgresql":
            # Numbers given by hand do not move the sequence that gives the next ones.
            sequence = sa.func.pg_get_serial_sequence(self.table.name, "id")
            db.session.execute(sa.select(sa.func.setval(sequence, max(self._last, 1))))


def insert(table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert `rows` in one go; nothing to do when there is none."""
    if rows:
        db.session.execute(sa.insert(table), rows)
