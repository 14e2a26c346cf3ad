"""The database: base model, column types, and how a transaction begins on SQLite."""

import enum
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

_PATIENCE = 15_000  # milliseconds that one waits for SQLite’s only writer
_PAUSE = 0.002  # seconds between two tries
_REST = 5 * _PAUSE  # long enough for those who wait to see that it is their turn

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in time: aware in Python, UTC in the database (SQLite keeps no zone)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(sa.types.TypeDecorator[Any]):
    """Plain data: JSON on SQLite, JSONB on PostgreSQL."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else sa.JSON())


class Base(DeclarativeBase):
    """What every record has: an integer key that never leaves the house."""

    # Flask-SQLAlchemy refuses a `type_annotation_map` on the class, not in its registry.
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: Moment(),
            dict[str, Any]: Json(),
            list[str]: Json(),
            list[dict[str, Any]]: Json(),
            enum.Enum: sa.Enum(
                enum.Enum,
                native_enum=False,
                length=30,
                values_callable=lambda kind: [member.value for member in kind],
            ),
        },
    )

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def database_time() -> datetime:
    """The database's own time: machines whose clocks disagree have to agree on what is due."""
    if db.engine.dialect.name != "postgresql":
        return now()
    told = db.session.scalar(sa.select(sa.func.clock_timestamp()))
    return told if told is not None else now()


# A deferred SQLite transaction that reads, then writes, loses to any other writer in between with
# an error no waiting can mend: whoever may write takes the lock first. Only reading pages do not.
_may_write: ContextVar[bool] = ContextVar("may_write", default=True)


def begin_reading() -> None:
    """Let the transactions of this context begin without the write lock."""
    _may_write.set(False)


def begin_writing() -> None:
    """Let the transactions of this context begin with the write lock (the default)."""
    _may_write.set(True)


def start_writing() -> None:
    """End what was read so far; what comes next may write. Nothing must have been changed yet."""
    db.session.rollback()
    begin_writing()


def start_reading() -> None:
    """End what was begun; what comes next only reads, and may last: nobody waits for it. Nothing
    must have been changed yet."""
    db.session.rollback()
    begin_reading()


@contextmanager
def reading() -> Iterator[None]:
    """A stretch of code whose transactions only read."""
    token = _may_write.set(False)
    try:
        yield
    finally:
        _may_write.reset(token)


def give_way() -> None:
    """Commit a step of a long work, then rest, that those who wait to write have their turn."""
    db.session.commit()
    time.sleep(_REST)


_on_disk: ContextVar[bool] = ContextVar("on_disk", default=True)


@contextmanager
def lightly() -> Iterator[None]:
    """A stretch of code whose commits do not wait for the disk: they outlive this process, but a
    power cut may undo those that no other commit has followed
    (https://sqlite.org/pragma.html#synchronous).

    PostgreSQL always waits: its own death, unlike ours, forgets what was not written through.
    """
    token = _on_disk.set(False)
    try:
        yield
    finally:
        _on_disk.reset(token)


@event.listens_for(sa.Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_PATIENCE}",
        "journal_mode=WAL",
        "synchronous=FULL",  # what was acknowledged is on disk
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is written over with zeros
        "cache_size=-32000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # SQLite's own knows no « É »; PostgreSQL's does.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


@event.listens_for(sa.Engine, "begin")
def _begin_sqlite(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        _write_through(connection, on_disk=_on_disk.get())
        if _may_write.get():
            _begin_with_lock(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _begin_with_lock(connection: sa.Connection) -> None:
    """Begin with the write lock, soon after whoever has it lets go of it.

    SQLite’s own waiting grows to a tenth of a second between two tries: when many write, whoever
    has waited long is passed by all those who come.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        if not _takes_lock(driver):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says why it cannot be
    finally:
        driver.execute(f"PRAGMA busy_timeout={_PATIENCE}")


def _takes_lock(driver: sqlite3.Connection) -> bool:
    until = time.monotonic() + _PATIENCE / 1000
    while time.monotonic() < until:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            time.sleep(_PAUSE)
        else:
            return True
    return False


def _write_through(connection: sa.Connection, *, on_disk: bool) -> None:
    if connection.info.get("on_disk", True) != on_disk:
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if on_disk else 'NORMAL'}")
        connection.info["on_disk"] = on_disk


def change(statement: sa.Update | sa.Delete) -> int:
    """Run an UPDATE or a DELETE and return how many rows it touched."""
    result = db.session.execute(statement)
    assert isinstance(result, sa.CursorResult)
    return int(result.rowcount)


def add_once(model: type[Base], **values: Any) -> bool:
    """Insert a row, unless one has its unique key already; whether it was inserted."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    added = dialect.insert(model.__table__).values(**values).on_conflict_do_nothing()
    return db.session.scalar(added.returning(model.id)) is not None


def in_turn(name: str) -> None:
    """Let one transaction at a time pass here for this name, until it ends.

    SQLite has one writer anyway; PostgreSQL keeps the others waiting.
    """
    if db.engine.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def is_reachable() -> bool:
    """Whether the database answers a question."""
    try:
        db.session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return False
    return True
