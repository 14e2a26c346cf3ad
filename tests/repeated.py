"""The way from an empty place to a revision: Alembic finds it once, then its words are repeated.

Hundreds of places are made by the tests of backups, by the same statements. They are all said to
the database each time; only the reading and the understanding of the migrations is left out.
"""

import sqlalchemy as sa
from alembic import command
from alembic.migration import MigrationContext

_found: dict[tuple[str, str], list[tuple]] = {}
_upgrade = command.upgrade


def use() -> None:
    command.upgrade = _repeated


def _repeated(config, revision, **options) -> None:
    connection = config.attributes.get("connection")
    if options or connection is None or not _is_empty(connection):
        _upgrade(config, revision, **options)
        return
    way = connection.dialect.name, revision
    if way not in _found:
        _found[way] = _said(connection, lambda: _upgrade(config, revision))
        return
    cursor = connection.connection.cursor()
    for statement, values in _found[way]:
        cursor.execute(statement, values)
    cursor.close()


def _is_empty(connection: sa.Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() is None


def _said(connection: sa.Connection, work) -> list[tuple]:
    """The statements that change something, as the database was told them meanwhile."""
    said = []

    def hear(_connection, _cursor, statement, values, _context, _many) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            said.append((statement, values))

    sa.event.listen(connection, "before_cursor_execute", hear)
    try:
        work()
    finally:
        sa.event.remove(connection, "before_cursor_execute", hear)
    return said
