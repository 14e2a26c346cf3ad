"""Moving to another database: SQLite to PostgreSQL or back, row by row, with the same sums."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from crm.config import Settings
from crm.contacts.search.index import reindex_all
from crm.db import db
from crm.keeping.archive import Part
from crm.keeping.fill import compare, fill
from crm.keeping.places import head, revision_of, snapshot, writing
from crm.keeping.tables import Count, all_tables, columns_of, lines

Progress = Callable[[int, int], None]  # done, in all


class NotMoved(Exception):
    """The copy was not begun, or nothing of it was kept; the message says why, in French."""


@dataclass(frozen=True)
class Moved:
    """A table, alike on both sides."""

    name: str
    rows: int
    sha256: str


def move(source: str, target: str, progress: Progress | None = None) -> list[Moved]:
    """Copy everything from one database URL to the other, which must be empty.

    Killed halfway, nothing is left in the target. The source is only read. Raises NotMoved,
    Damaged or tables.Uncopied.
    """
    here, there = _engine(source, must_exist=True), _engine(target)
    try:
        with snapshot(here) as old, writing(there) as new:
            _look(old, new)
            return _copy(old, new, progress)
    finally:
        here.dispose()
        there.dispose()


def refill_search(settings: Settings, target: str) -> None:
    """Make the search of the new database: it is not copied. Safe to repeat."""
    from crm.app import create_app

    with create_app(dataclasses.replace(settings, database_url=target)).app_context():
        reindex_all()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def _engine(url: str, *, must_exist: bool = False) -> sa.Engine:
    parts = make_url(url)
    if must_exist and parts.get_backend_name() == "sqlite":
        file = Path(parts.database or "")
        if not file.is_file():
            raise NotMoved(f"Il n’y a pas de base dans {file}.")
    return sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)


def _look(old: sa.Connection, new: sa.Connection) -> None:
    """Raise NotMoved when the copy would lose something."""
    if revision_of(old) != head():
        raise NotMoved(
            "La base de départ n’est pas à jour\u00a0: lancez d’abord «\u00a0crm db upgrade\u00a0»."
        )
    found = [name for name in sa.inspect(new).get_table_names() if not name.startswith("huey_")]
    if found:
        raise NotMoved(
            "La base d’arrivée n’est pas vide\u00a0: rien n’a été copié. Donnez-en une neuve, sans "
            "même y lancer «\u00a0crm db upgrade\u00a0»."
        )


def _copy(old: sa.Connection, new: sa.Connection, progress: Progress | None) -> list[Moved]:
    tables = {table.name: table for table in all_tables(old)}
    counts = {name: Count() for name in tables}

    def rows(name: str) -> Iterable[bytes]:
        return lines(old, tables[name], counts[name])

    columns = {
        name: tuple(column.name for column in columns_of(table)) for name, table in tables.items()
    }
    made = fill(new, head(), columns, rows, progress)
    compare(new, made, {name: Part(count.sha256, count.rows) for name, count in counts.items()})
    return [Moved(name, count.rows, count.sha256) for name, count in counts.items()]
