"""Mentions: someone named in texts that are about something else, taken out or told."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.contacts.search.forget import unlearn_around
from crm.db import Base, Json, change, db
from crm.personal import Who
from crm.privacy.features import FEATURES, holdings
from crm.privacy.needles import Needles


@dataclass(frozen=True)
class Mention:
    """A published text that names someone: somebody decides what becomes of it."""

    table: str
    row_id: int
    title: str


def forget(who: Who) -> None:
    """Take their names and addresses out of every text where anybody may be named."""
    needles = Needles.of(who)
    for feature in FEATURES:
        for holding in feature.HOLDINGS:
            table = Base.metadata.tables[holding.table]
            columns = (table.c[name] for name in holding.free)
            touched = {one for column in columns for one in _rewrite(table, column, needles)}
            if touched:
                feature.reread(holding.table, touched)


def unlearn_names(who: Who) -> None:
    """Correct no more mistakes into their names; call it once their cards are gone."""
    names = " ".join(f"{first} {last}" for first, last in who.names)
    unlearn_around(fold(f"{names} {' '.join(who.emails)}").split())


def published(who: Who) -> list[Mention]:
    """The published texts that name them."""
    needles = Needles.of(who)
    return [
        Mention(holding.table, row.id, _title(table, row))
        for holding in holdings()
        if holding.published
        for table in (Base.metadata.tables[holding.table],)
        for row in _rows(table, [table.c[name] for name in holding.published], needles)
    ]


def _rows(table: sa.Table, columns: list[Any], needles: Needles) -> Iterator[Any]:
    asked = sa.or_(*(_may_say(column, needles) for column in columns))
    for row in db.session.execute(sa.select(table).where(asked).limit(200)):
        if any(needles.are_in(_text(row._mapping[column])) for column in columns):
            yield row


def _title(table: sa.Table, row: Any) -> str:
    names = ("title", "own_title", "subject", "name")
    return next((row._mapping[one] for one in names if one in table.c and row._mapping[one]), "")


def _rewrite(table: sa.Table, column: Any, needles: Needles) -> Iterable[int]:
    """Rewrite this column where it names them; the ids of the rows."""
    found = db.session.execute(sa.select(table.c.id, column).where(_may_say(column, needles))).all()
    for row_id, value in found:
        written = needles.replaced(value)
        if written == value:
            continue
        if isinstance(written, str):
            written = _fitting(written, column, row_id)
        change(sa.update(table).where(table.c.id == row_id).values({column.name: written}))
        yield row_id


def _fitting(text: str, column: Any, row_id: int) -> str:
    """No longer than the column takes; and unlike any other where that is the rule."""
    if column.unique:
        text = f"{text} ({row_id})"
    return text[: column.type.length] if getattr(column.type, "length", None) else text


def _may_say(column: Any, needles: Needles) -> sa.ColumnElement[bool]:
    """A first look, by the database: all the hints of one group are there."""
    text = sa.func.lower(sa.cast(column, sa.Text) if isinstance(column.type, Json) else column)
    ways = [sa.and_(*(text.like(f"%{hint.lower()}%") for hint in group)) for group in needles.hints]
    return sa.or_(sa.false(), *ways)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
