"""References: every column, in whatever table, that points to a given table.

Features above contacts point to contacts too; walking the foreign keys finds them without asking.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from crm.db import Base


def columns_to(table: Any) -> Iterator[sa.Column[Any]]:
    """The columns that refer to this table's id, those that stay apart (see mergeable.STAYS)."""
    for other in Base.metadata.sorted_tables:
        for column in other.columns:
            if not column.info.get("stays") and any(
                key.column.table is table for key in column.foreign_keys
            ):
                yield column


def unique_sets(column: sa.Column[Any]) -> Iterator[list[sa.Column[Any]]]:
    """For each rule of uniqueness this column is part of, the other columns of the rule."""
    table = column.table
    assert isinstance(table, sa.Table)
    rules: list[Iterable[sa.Column[Any]]] = [
        rule.columns for rule in table.constraints
        if isinstance(rule, sa.PrimaryKeyConstraint | sa.UniqueConstraint)
    ]  # fmt: skip
    rules += [index.columns for index in table.indexes if index.unique]
    for rule in rules:
        columns = list(rule)
        if column in columns:
            yield [other for other in columns if other is not column]


def is_leaf(table: Any) -> bool:
    """Whether nothing refers to the rows of this table."""
    return "id" not in table.c or next(columns_to(table), None) is None
