"""Upgrading the tables: saved first, rehearsed on a copy, then done in one go."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.defaults import install_defaults
from crm.keeping.archive import Damaged
from crm.keeping.backup import make
from crm.keeping.backups import Backup, Why
from crm.keeping.places import head, knows, migrate, revision_of, writing
from crm.keeping.rehearse import rehearse
from crm.keeping.tables import Uncopied

Say = Callable[[str], None]

_LOCK = 5_060_803  # PostgreSQL’s: one upgrade at a time, whatever the machine


class NotUpgraded(Exception):
    """The tables are as they were; the message says why, in French."""


def bring_up_to_date(settings: Settings, say: Say, *, is_saved: bool = True) -> None:
    """Make the tables, or bring them to this version, and add the defaults. Commits.

    Everything is one transaction: killed halfway, the tables are as they were. Raises NotUpgraded.
    """
    before = _revision()
    if before is not None and not knows(before):
        raise NotUpgraded(
            "La base vient d’une version plus récente de Maillage\u00a0: installez-la d’abord."
        )
    saved = None
    if before not in (None, head()) and is_saved:
        saved = _save_and_rehearse(settings, say)
    with writing(db.engine) as connection:
        _wait_for_others(connection)
        if revision_of(connection) != head():
            migrate(connection, head())
    if before not in (None, head()):
        say(f"Base mise à jour, de la version {before} à la version {head()}.")
    install_defaults()
    if saved is not None:
        db.session.add(saved)
    db.session.commit()


def _revision() -> str | None:
    with db.engine.connect() as connection:
        return revision_of(connection)


def _wait_for_others(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _save_and_rehearse(settings: Settings, say: Say) -> Backup:
    """The row of the backup; it is added once the table that holds it is up to date."""
    settings.backup_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    moment = now()
    file = settings.backup_folder / Why.UPGRADE.file_name(moment)
    try:
        manifest = make(settings, file)
        say(f"Sauvegarde faite avant la mise à jour\u00a0: {file}")
        rehearse(file, settings.backup_folder)
        say("Mise à jour répétée sur une copie\u00a0: tout est là.")
    except (Damaged, Uncopied, OSError, sa.exc.SQLAlchemyError) as error:
        raise NotUpgraded(_why(error, file)) from error
    return Backup(
        why=Why.UPGRADE, asked_at=moment, begun_at=moment, made_at=manifest.made_at,
        name=file.name, size=file.stat().st_size, rows=manifest.rows, checked_at=now(),
    )  # fmt: skip


def _why(error: Exception, file: Path) -> str:
    said = getattr(error, "orig", None) or error
    where = f" La sauvegarde est dans {file}." if file.is_file() else ""
    return f"La répétition a échoué, la base n’a pas changé\u00a0: {said}.{where}"
