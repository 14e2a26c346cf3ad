"""The check-up of an installation: what is well, what is not, and what to do, in French."""

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db
from crm.keeping.condition import (
    look_at_backups,
    look_at_clock,
    look_at_hold,
    look_at_owner,
    look_at_pages,
    look_at_queue,
    look_at_search,
    look_at_version,
    look_at_worker,
)
from crm.keeping.findings import Finding, Look, State
from crm.keeping.machine import look_at_disk, look_at_files, look_at_mail, look_at_settings

_AROUND: tuple[Look, ...] = (look_at_settings, look_at_files, look_at_disk, look_at_mail)
_WITHIN: dict[str, Look] = {
    "Horloge": look_at_clock,
    "Exécutant de tâches": look_at_worker,
    "Sauvegardes": look_at_backups,
    "Recherche": look_at_search,
    "Envois": look_at_hold,
    "Base de données": look_at_owner,
}


def examine(settings: Settings, *, thorough: bool = False) -> list[Finding]:
    """Every point, whatever the state of the others. `thorough` reads the whole SQLite file too."""
    found = [one for look in _AROUND for one in look(settings)]
    found += _guarded("File d’attente", look_at_queue, settings)
    found += (versions := _guarded("Version", look_at_version, settings))
    if any(one.state is State.WRONG for one in versions):
        return found  # the rest would be asked of tables that are not there
    for title, look in _WITHIN.items():
        found += _guarded(title, look, settings)
    if thorough:
        found += _guarded("Base de données", look_at_pages, settings)
    return found


def _guarded(title: str, look: Look, settings: Settings) -> list[Finding]:
    try:
        return list(look(settings))
    except sa.exc.SQLAlchemyError as error:
        db.session.rollback()
        said = str(getattr(error, "orig", "") or type(error).__name__).splitlines()[0]
        return [Finding(title, State.WRONG, f"la base ne répond pas comme il faut\u00a0: {said}.")]
