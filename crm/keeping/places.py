"""Places: where tables are made besides the running database, and what revision they are of."""

import logging
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from crm.config import ROOT
from crm.db import begin_writing, db, reading

MIGRATIONS = str(ROOT / "migrations")
logging.getLogger("alembic").setLevel(logging.WARNING)  # what matters is said in French
_one_at_a_time = threading.Lock()  # Alembic keeps what it is doing in one place for all threads


def head() -> str:
    """The revision that this version of the software works with."""
    found = ScriptDirectory(MIGRATIONS).get_current_head()
    assert found is not None
    return found


def knows(revision: str | None) -> bool:
    """Whether the migrations of this version lead from that revision to ours."""
    return revision is not None and revision in _all_revisions()


def _all_revisions() -> set[str]:
    return {one.revision for one in ScriptDirectory(MIGRATIONS).walk_revisions()}


def revision_of(connection: sa.Connection) -> str | None:
    """The revision the tables are of; None when there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: sa.Connection, revision: str) -> None:
    """Bring the tables to that revision inside the caller's transaction: all of it, or nothing."""
    config = current_app.extensions["migrate"].migrate.get_config(MIGRATIONS)
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, revision)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that may do anything to the tables; foreign keys wait for its end.

    Raises IntegrityError when rows point nowhere at the end; nothing is kept then.
    """
    begin_writing()
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _pragma(connection, "foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                check_references(connection)
        finally:
            if connection.dialect.name == "sqlite":
                _pragma(connection, "foreign_keys=ON")


def check_references(connection: sa.Connection) -> None:
    """Raise IntegrityError when a row points to one that is not there (SQLite is not asked to
    look while tables are remade)."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
        if lost:
            tables = ", ".join(sorted({row[0] for row in lost}))
            raise sa.exc.IntegrityError(f"orphans in {tables}", None, Exception("foreign keys"))


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads the tables as they are at one instant; nobody waits for it."""
    with reading(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            # On SQLite, a transaction sees what was there when it first reads.
            connection.exec_driver_sql("SELECT count(*) FROM alembic_version")
            yield connection


@contextmanager
def temporary(folder: Path) -> Iterator[sa.Connection]:
    """An empty place on the same kind of database as ours, in a transaction; gone afterwards.

    On SQLite a file in `folder`; on PostgreSQL a schema that is never committed.
    """
    if db.engine.dialect.name == "sqlite":
        with temporary_file(folder) as file, building(file) as connection:
            yield connection
        return
    name = f"rehearsal_{secrets.token_hex(6)}"
    with db.engine.connect() as connection:
        transaction = connection.begin()
        try:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
            connection.exec_driver_sql(f"SET LOCAL search_path TO {name}")
            yield connection
        finally:
            transaction.rollback()


@contextmanager
def temporary_file(folder: Path) -> Iterator[Path]:
    """The path of a SQLite file to make, gone afterwards with what SQLite puts beside it."""
    with tempfile.TemporaryDirectory(prefix=".essai-", dir=folder) as place:
        yield Path(place) / "crm.db"


@contextmanager
def building(file: Path) -> Iterator[sa.Connection]:
    """A transaction that makes a SQLite file from nothing, quickly: no power cut is thought of."""
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=sa.NullPool)
    begin_writing()
    with engine.connect() as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF"):
            _pragma(connection, pragma)
        with connection.begin():
            yield connection
            check_references(connection)


def _pragma(connection: sa.Connection, words: str) -> None:
    """Outside of any transaction, where SQLite obeys."""
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(f"PRAGMA {words}")
