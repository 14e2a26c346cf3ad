"""Tables in a portable form: one line of JSON for each row, the same whatever the database.

What the tables are is asked of the database, not of the models: a backup is made of tables that an
older version left, and can be of any revision.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import psycopg
import sqlalchemy as sa

# The queue is not the truth, the search is made again from the cards, the revision is told apart.
NOT_COPIED = ("huey_", "search_", "sqlite_", "alembic_version")
_STEP = 2000  # rows read or written at once

Reader = Callable[[Any], Any]


class Uncopied(Exception):
    """A table could not be copied; the message, in French, says which one and why."""


@dataclass
class Count:
    """What was read of a table: how many rows, and the SHA-256 of their lines."""

    rows: int = 0
    sha256: str = ""


def all_tables(connection: sa.Connection) -> list[sa.Table]:
    """The tables to copy, by name: their columns and keys, which is all that copying asks."""
    asked = sa.inspect(connection)
    names = [name for name in asked.get_table_names() if not name.startswith(NOT_COPIED)]
    columns = {key[1]: found for key, found in asked.get_multi_columns(filter_names=names).items()}
    keys = {
        key[1]: found["constrained_columns"] if found else []
        for key, found in asked.get_multi_pk_constraint(filter_names=names).items()
    }
    return [
        sa.Table(
            name,
            sa.MetaData(),
            *(
                sa.Column(one["name"], one["type"], primary_key=one["name"] in keys[name])
                for one in columns[name]
            ),
        )
        for name in sorted(names)
    ]


def columns_of(table: sa.Table) -> list[sa.Column[Any]]:
    """Its columns by name: each database has its own order."""
    return sorted(table.columns, key=lambda column: column.name)


def lines(connection: sa.Connection, table: sa.Table, count: Count) -> Iterator[bytes]:
    """The rows, by key, each as a line; `count` is complete after the last one."""
    columns = columns_of(table)
    found = connection.execute(
        _everything(connection, table, columns).execution_options(yield_per=_STEP)
    )
    readers = [_reader(column, connection.dialect.name) for column in columns]
    digest = hashlib.sha256()
    for row in found:
        line = _line(row, readers)
        digest.update(line)
        count.rows += 1
        yield line
    count.sha256 = digest.hexdigest()


def load(connection: sa.Connection, table: sa.Table, rows: Iterable[bytes]) -> int:
    """Write rows that `lines` gave into an empty table; returns how many. Raises Uncopied."""
    columns = columns_of(table)
    blobs = [place for place, column in enumerate(columns) if _is_bytes(column)]
    values = (_values(line, blobs) for line in rows)
    put = _copy if connection.dialect.name == "postgresql" else _insert
    count = put(connection, table, [column.name for column in columns], values)
    _move_sequence(connection, table)
    return count


def empty(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """Remove what the migrations put in new tables."""
    for table in tables:
        connection.execute(sa.delete(table))


def without_references(connection: sa.Connection, tables: Sequence[sa.Table]) -> list[str]:
    """Drop the foreign keys on PostgreSQL; returns what puts them back, once rows are there."""
    if connection.dialect.name != "postgresql":
        return []
    names = [table.name for table in tables]
    found = connection.execute(
        sa.text(
            "SELECT quote_ident(r.relname) AS name, quote_ident(c.conname) AS key,"
            " pg_get_constraintdef(c.oid) AS words"
            " FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid"
            " WHERE c.contype = 'f' AND pg_table_is_visible(r.oid) AND r.relname = ANY(:names)"
            " ORDER BY 1, 2"
        ),
        {"names": names},
    ).all()
    for one in found:
        connection.exec_driver_sql(f"ALTER TABLE {one.name} DROP CONSTRAINT {one.key}")
    return [f"ALTER TABLE {one.name} ADD CONSTRAINT {one.key} {one.words}" for one in found]


def _line(row: Sequence[Any], readers: Sequence[Reader | None]) -> bytes:
    cells = [
        value if reader is None or value is None else reader(value)
        for value, reader in zip(row, readers, strict=True)
    ]
    return json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _values(line: bytes, blobs: Sequence[int]) -> list[Any]:
    cells: list[Any] = json.loads(line)
    for place in blobs:
        if cells[place] is not None:
            cells[place] = base64.b64decode(cells[place])
    return cells


def _reader(column: sa.Column[Any], dialect: str) -> Reader | None:
    """What makes a cell the same on both databases; None when it is already."""
    kind = column.type
    if _is_json(column):
        return _canonical_json
    if _is_bytes(column):
        return lambda value: base64.b64encode(value).decode()
    if isinstance(kind, sa.Boolean):
        return bool
    if isinstance(kind, sa.Float):
        return float
    if isinstance(kind, sa.DateTime):
        return _moment
    if isinstance(kind, sa.Time):
        return _time
    if isinstance(kind, sa.Date):
        return str
    if isinstance(kind, (sa.Integer, sa.String)):
        return None
    raise Uncopied(f"la colonne {column.table.name}.{column.name} est d’un genre inconnu")


def _canonical_json(text: str) -> str:
    """Keys in order, 1 for 1.0: PostgreSQL keeps no more than that of a document."""
    found = json.loads(text, parse_float=_number)
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def _moment(value: str | datetime) -> str:
    """« 2026-03-03 09:00:00.000000 », in UTC: what SQLite keeps."""
    if isinstance(value, str):
        if len(value) == 26:
            return value
        value = datetime.fromisoformat(value)
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(sep=" ", timespec="microseconds")


def _time(value: str | time) -> str:
    found = time.fromisoformat(value) if isinstance(value, str) else value
    return found.isoformat(timespec="microseconds")


def _is_json(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.JSON)


def _is_bytes(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.LargeBinary)


def _everything(
    connection: sa.Connection, table: sa.Table, columns: Sequence[sa.Column[Any]]
) -> sa.TextClause:
    """The rows as they are in the database (we read them ourselves), by key. Each language sorts
    words in its own way, bytes have one."""
    quote = connection.dialect.identifier_preparer.quote
    in_bytes = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    chosen = ", ".join(
        f"CAST({quote(one.name)} AS TEXT)" if _is_json(one) else quote(one.name) for one in columns
    )
    order = ", ".join(
        quote(key.name) + (in_bytes if isinstance(key.type, sa.String) else "")
        for key in table.primary_key
    )
    by_key = f" ORDER BY {order}" if order else ""
    return sa.text(f"SELECT {chosen} FROM {quote(table.name)}{by_key}")  # noqa: S608


def _copy(
    connection: sa.Connection, table: sa.Table, names: list[str], rows: Iterable[list[Any]]
) -> int:
    """By COPY, in UTC: what is written has no zone."""
    connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    quote = connection.dialect.identifier_preparer.quote
    listed = ", ".join(quote(name) for name in names)
    raw = connection.connection.driver_connection
    assert raw is not None
    count = 0
    try:
        with (
            raw.cursor() as cursor,
            cursor.copy(f"COPY {quote(table.name)} ({listed}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
                count += 1
    except psycopg.Error as error:
        raise Uncopied(f"la table {table.name} est refusée ({_words(error)})") from error
    return count


def _insert(
    connection: sa.Connection, table: sa.Table, names: list[str], rows: Iterable[list[Any]]
) -> int:
    quote = connection.dialect.identifier_preparer.quote
    listed, marks = ", ".join(quote(name) for name in names), ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote(table.name)} ({listed}) VALUES ({marks})"  # noqa: S608
    count = 0
    for some in batched(rows, _STEP):
        try:
            connection.exec_driver_sql(statement, some)
        except sa.exc.DBAPIError as error:
            raise Uncopied(f"la table {table.name} est refusée ({error.orig})") from error
        count += len(some)
    return count


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The same rows, so many at a time."""
    rest = iter(rows)
    while some := list(itertools.islice(rest, size)):
        yield [tuple(row) for row in some]


def _move_sequence(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL's next number come after those that were written."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    sequence = sa.func.pg_get_serial_sequence(table.name, "id")
    last = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(sequence, last)).where(last.is_not(None)))


def _words(error: psycopg.Error) -> str:
    """What the server said, without the line it speaks of: that one holds people's data."""
    column = error.diag.column_name
    said = error.diag.message_primary or type(error).__name__
    return f"{said}, colonne {column}" if column else said
