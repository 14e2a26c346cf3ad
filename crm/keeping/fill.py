"""Filling an empty place with the rows of a backup, or of another database, then checking them."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlalchemy as sa

from crm.keeping.archive import Damaged, Part, Reader
from crm.keeping.places import head, knows, migrate
from crm.keeping.tables import (
    Count,
    Uncopied,
    all_tables,
    columns_of,
    empty,
    lines,
    load,
    without_references,
)

Rows = Callable[[str], Iterable[bytes]]  # the lines of a table
Progress = Callable[[int, int], None]  # done, in all


def fill(
    connection: sa.Connection,
    revision: str,
    columns: Mapping[str, tuple[str, ...]],
    rows: Rows,
    progress: Progress | None = None,
) -> list[sa.Table]:
    """Make the tables of that revision and write these rows in them, in the caller's transaction;
    returns these tables.

    Raises Damaged when the tables are not those of the revision, Uncopied when a row is refused.
    """
    if not knows(revision):
        raise Damaged(
            "elle vient d’une version plus récente de Maillage\u00a0: installez-la d’abord"
        )
    migrate(connection, revision)
    tables = all_tables(connection)
    found = {table.name: tuple(column.name for column in columns_of(table)) for table in tables}
    if found != dict(columns):
        raise Damaged("ses tables ne sont pas celles de sa version")
    constraints = without_references(connection, tables)
    empty(connection, tables)
    for done, table in enumerate(tables):
        if progress:
            progress(done, len(tables))
        load(connection, table, rows(table.name))
    _restore_references(connection, constraints)
    return tables


def _restore_references(connection: sa.Connection, constraints: list[str]) -> None:
    try:
        for constraint in constraints:
            connection.exec_driver_sql(constraint)
    except sa.exc.IntegrityError as error:
        raise Uncopied("des lignes en désignent d’autres qui n’existent pas") from error


def fill_from(connection: sa.Connection, backup: Reader, progress: Progress | None = None) -> None:
    """Fill an empty place with a backup, then bring it up to date. Raises as `fill`."""
    manifest = backup.manifest
    columns = {name: part.columns for name, part in manifest.tables.items()}
    tables = fill(connection, manifest.revision, columns, backup.table, progress)
    compare(connection, tables, manifest.tables)
    if manifest.revision != head():
        migrate(connection, head())


def compare(
    connection: sa.Connection, tables: Sequence[sa.Table], expected: Mapping[str, Part]
) -> None:
    """Read every row back. Raises Damaged when a table is not what it should be."""
    for table in tables:
        count = Count()
        for _ in lines(connection, table, count):
            pass
        part = expected[table.name]
        if (count.rows, count.sha256) != (part.rows, part.sha256):
            raise Damaged(f"une fois remise en place, la table {table.name} n’est plus la même")
