"""Memory: the marks of what was erased, kept beside the backups and given to a restored one.

Those the database has, and those of the file, in case the database is lost (see crm.forgotten).
"""

import json
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now, reading
from crm.forgotten import Forgotten, horizon
from crm.jobs import every

NAME = "effacements.json"
# A mark written before the backup was, by a clock that ran late, is still looked at.
_LATE_CLOCK = timedelta(hours=1)

log = logging.getLogger(__name__)


class Mark(NamedTuple):
    at: datetime
    kind: str
    mark: str


@every(minutes=1)
def keep_memory() -> None:
    """Write the marks beside the backups whenever there are others."""
    settings = Settings.current()
    with reading():
        found = _of_database()
        db.session.rollback()
    file = settings.backup_folder / NAME
    there = _of_file(file)
    if found - there:
        settings.backup_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(file, (one for one in found | there if one.at >= horizon()))


def gather(settings: Settings, backup: Path) -> set[Mark]:
    """All that is known here of what was erased: in the database that is about to go, if it can
    still be read, beside the backups, and beside this one."""
    known = set().union(
        *(_of_file(folder / NAME) for folder in (settings.backup_folder, backup.absolute().parent))
    )
    try:
        with reading():
            return known | _of_database()
    except sa.exc.SQLAlchemyError as error:
        log.warning("effacements relus dans le seul fichier\u00a0: %s", type(error).__name__)
        return known
    finally:
        db.session.remove()


def give(connection: sa.Connection, known: Iterable[Mark], made_at: datetime) -> int:
    """Write these marks in restored tables, in the caller's transaction: those of what was erased
    since are due again. Returns how many are."""
    columns = Forgotten.at, Forgotten.kind, Forgotten.mark
    there = {Mark(*row) for row in connection.execute(sa.select(*columns))}
    missing = sorted(set(known) - there)
    due = {one for one in missing if one.at > made_at - _LATE_CLOCK}
    for one in missing:
        values = one._asdict() | {"due_since": now() if one in due else None}
        connection.execute(sa.insert(Forgotten).values(**values))
    return len(due)


def _of_database() -> set[Mark]:
    columns = Forgotten.at, Forgotten.kind, Forgotten.mark
    return {Mark(*row) for row in db.session.execute(sa.select(*columns))}


def _of_file(file: Path) -> set[Mark]:
    """What a file of marks says; nothing when it is not there or was damaged."""
    try:
        told = json.loads(file.read_bytes())
        return {Mark(datetime.fromisoformat(at), kind, mark) for at, kind, mark in told}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, TypeError) as error:
        log.error("%s est illisible\u00a0: %s", file.name, type(error).__name__)
        return set()


def _write(file: Path, found: Iterable[Mark]) -> None:
    """All of it or nothing, for its owner's eyes only, on the disk at the end."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    told = [(one.at.astimezone(UTC).isoformat(), one.kind, one.mark) for one in sorted(found)]
    with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as opened:
        opened.write(json.dumps(told).encode())
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(file)
