"""Restoring: a backup takes the place of everything, and nothing leaves until someone says go."""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.search.index import reindex_all
from crm.db import db, now
from crm.holds import Hold
from crm.keeping import archive
from crm.keeping.archive import Manifest, Reader
from crm.keeping.fill import fill_from
from crm.keeping.memory import Mark, gather, give
from crm.keeping.move import refill_search
from crm.keeping.places import building, temporary_file
from crm.privacy.again import erase_again

Progress = Callable[[int, int], None]  # done, in all

PATIENCE = "30s"  # how long PostgreSQL waits for those who use the tables


@dataclass
class Restored:
    """What came back, and what has to be said about it."""

    manifest: Manifest
    files: list[str] = field(default_factory=list)  # those that were written
    set_aside: Path | None = None  # where those they took the place of are
    old_keys: Path | None = None  # a secret that is not the one of the settings
    erased_again: int = 0  # people, requests… erased since the backup, and once more


def restore(settings: Settings, file: Path, progress: Progress | None = None) -> Restored:
    """Put a backup in the place of everything, database then files.

    The database changes in one go, even under the feet of who works: before that, or killed
    halfway, nothing has changed. Commits. Raises Damaged or tables.Uncopied when the backup cannot
    be trusted, FileNotFoundError when there is none.

    What was erased since the backup is erased again, before this returns and before anything may
    leave (RGPD art. 17).
    """
    with archive.reading(file) as backup:
        backup.check()
        known = gather(settings, file)
        if db.engine.dialect.name == "sqlite":
            _into_file(settings, backup, known, progress)
        else:
            _into_schema(backup, known, progress)
            reindex_all()
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
        done = Restored(backup.manifest)
        _put_files(settings, backup, done)
        _put_keys(settings, backup, done)
        keys = backup.secrets()
    done.erased_again = erase_again(keys)
    return done


def _hold(connection: sa.Connection, data_from: datetime, known: set[Mark]) -> None:
    """In the same transaction as the rows: no worker ever sees them without it, nor without what
    is to be erased again."""
    connection.execute(sa.insert(Hold).values(began_at=now(), data_from=data_from))
    give(connection, known, data_from)


def _into_file(
    settings: Settings, backup: Reader, known: set[Mark], progress: Progress | None
) -> None:
    """Make the whole database apart, search included, then let SQLite copy it over ours, in one
    transaction: who writes waits for the copy alone."""
    ours = Path(settings.database_url.removeprefix("sqlite:///"))
    ours.parent.mkdir(parents=True, exist_ok=True)
    with temporary_file(ours.parent) as made:
        with building(made) as connection:
            fill_from(connection, backup, progress)
            _hold(connection, backup.manifest.made_at, known)
        refill_search(settings, f"sqlite:///{made}")
        db.session.remove()
        db.engine.dispose()
        try:
            _copy_over(made, ours)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            _set_aside_broken(ours)
            _copy_over(made, ours)


def _copy_over(made: Path, ours: Path) -> None:
    """SQLite's own backup, from one file to the other, which others may have open."""
    source, target = sqlite3.connect(made), sqlite3.connect(ours, timeout=30)
    try:
        target.execute("PRAGMA journal_mode=WAL")
        target.execute("PRAGMA synchronous=FULL")
        source.backup(target)
    finally:
        target.close()
        source.close()


def _set_aside_broken(ours: Path) -> None:
    """A file that SQLite cannot read any more makes way; it stays, under another name."""
    for ending in ("", "-wal", "-shm"):
        file = Path(f"{ours}{ending}")
        if file.exists():
            file.replace(f"{ours}.illisible-{now():%Y%m%d-%H%M%S}{ending}")


def _into_schema(backup: Reader, known: set[Mark], progress: Progress | None) -> None:
    """Everything in one transaction: until its end people go on seeing the old tables."""
    with db.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        connection.execute(_OTHERS_OUT)
        _drop_all(connection)
        fill_from(connection, backup, progress)
        _hold(connection, backup.manifest.made_at, known)


# Those who had begun something on tables that are going away are told so; the others come back.
_OTHERS_OUT = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


# What the migrations made besides tables; what an extension brought is its own.
_OUR_ROUTINES = sa.text(
    "SELECT p.oid::regprocedure::text FROM pg_proc p"
    " WHERE p.pronamespace = current_schema()::regnamespace"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    " AND p.proname NOT LIKE 'huey%'"
)


def _drop_all(connection: sa.Connection) -> None:
    """Every table of ours, the search and the revision included; the queue's stay."""
    for name in sa.inspect(connection).get_table_names():
        if not name.startswith("huey_"):
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.exec_driver_sql(f"DROP TABLE {quoted} CASCADE")
    for routine in connection.scalars(_OUR_ROUTINES).all():
        connection.exec_driver_sql(f"DROP ROUTINE {routine} CASCADE")


def _put_files(settings: Settings, backup: Reader, done: Restored) -> None:
    aside = settings.instance / "avant-restauration" / f"{now():%Y%m%d-%H%M%S}"
    for name, part in backup.manifest.files.items():
        target = settings.instance / name
        content = b"".join(backup.file(name))
        if target.is_file():
            if target.read_bytes() == content:
                continue
            (aside / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.replace(aside / name)
            done.set_aside = aside
        _write(target, content, part.mode)
        done.files.append(name)


def _put_keys(settings: Settings, backup: Reader, done: Restored) -> None:
    """Keys that come from the environment cannot be changed from here: they are left to be read."""
    kept = settings.instance / "secret_key"
    known = {*settings.keys, *([kept.read_text().strip()] if kept.is_file() else [])}
    others = [key for key in backup.secrets() if key not in known]
    if others:
        done.old_keys = settings.instance / "cles-de-la-sauvegarde"
        _write(done.old_keys, "\n".join(others).encode() + b"\n", 0o600)


def _write(target: Path, content: bytes, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(f".{target.name}.part")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(target)
