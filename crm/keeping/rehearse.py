"""Rehearsing: a backup is restored whole in a temporary place, to know that it can be."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from crm.keeping import archive
from crm.keeping.archive import Damaged
from crm.keeping.fill import fill_from
from crm.keeping.places import check_references, temporary


@dataclass(frozen=True)
class Rehearsal:
    """What came back: how many tables, rows and files."""

    tables: int
    rows: int
    files: int


def rehearse(file: Path, place: Path) -> Rehearsal:
    """Restore `file` beside the running database, bring it up to date, and throw it away.

    `place` is the folder where a SQLite copy is made. Raises Damaged or tables.Uncopied when the
    backup would not come back, OSError when the disk refuses.
    """
    with archive.reading(file) as backup:
        backup.check()
        _need_room(backup.manifest.rows and _size(backup), place)
        with temporary(place) as connection:
            fill_from(connection, backup)
            check_references(connection)
            _check_pages(connection)
        manifest = backup.manifest
    return Rehearsal(len(manifest.tables), manifest.rows, len(manifest.files))


def _size(backup: archive.Reader) -> int:
    """About as much as the tables will take, with their indexes."""
    return 3 * sum(part.size for part in backup.manifest.tables.values())


def _need_room(size: int, place: Path) -> None:
    if shutil.disk_usage(place).free < size:
        raise OSError(28, "plus assez de place pour vérifier la sauvegarde")


def _check_pages(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if said != "ok":
            raise Damaged("la base remise en place est abîmée")
