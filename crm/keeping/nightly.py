"""Every night: a backup, its check in a temporary place, and the removal of those too old.

This module commits as it goes: what was made must be known to be there, whatever happens next.
"""

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from crm.config import Settings
from crm.db import change, db, now, reading
from crm.filters import local
from crm.jobs import every
from crm.keeping import archive
from crm.keeping.archive import Damaged
from crm.keeping.backup import make
from crm.keeping.backups import Backup, Why
from crm.keeping.rehearse import rehearse
from crm.keeping.rotate import expendable
from crm.keeping.tables import Uncopied

log = logging.getLogger(__name__)

HOUR = 2  # in the morning, in Paris; later when nobody was awake then
TRIES = 3  # of one night
AGAIN = timedelta(hours=1)


@every(minutes=1)
def keep_backups() -> None:
    """Make the backup of the night when its hour has come, and those that people asked for."""
    if _is_due(now()):
        db.session.add(Backup(why=Why.NIGHT))
        db.session.commit()
    for backup_id in db.session.scalars(Backup.waiting().with_only_columns(Backup.id)).all():
        db.session.commit()
        if _claim(backup_id):
            carry_out(backup_id, Settings.current())


def _is_due(at: datetime) -> bool:
    """Whether the night's backup is still to make; one that failed is tried again an hour later."""
    night = last_night(at)
    tried = db.session.execute(
        sa.select(Backup.trouble, Backup.asked_at)
        .where(Backup.why == Why.NIGHT, Backup.asked_at >= night)
        .order_by(Backup.asked_at.desc())
    ).all()
    if not tried:
        return True
    return bool(tried[0].trouble) and len(tried) < TRIES and tried[0].asked_at < at - AGAIN


def last_night(at: datetime) -> datetime:
    """The last time it was two o’clock in the morning in Paris."""
    there = local(at)
    night = there.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return night if night <= there else night - timedelta(days=1)


def _claim(backup_id: int) -> bool:
    """Whether this worker is the one that makes it."""
    free = Backup.waiting().with_only_columns(Backup.id)
    taken = change(
        sa.update(Backup).where(Backup.id == backup_id, Backup.id.in_(free)).values(begun_at=now())
    )
    db.session.commit()
    return bool(taken)


def carry_out(backup_id: int, settings: Settings) -> None:
    """Make one, check it, and remove those that are too old. What went wrong is in the row."""
    begun, trouble = time.monotonic(), ""
    try:
        file = _made(backup_id, settings) or _make(backup_id, settings)
        with reading():
            rehearse(file, settings.backup_folder)
    except (Damaged, Uncopied) as error:
        trouble = f"la sauvegarde ne se restaure pas\u00a0: {error}"
    except OSError as error:
        trouble = f"le disque refuse\u00a0: {error.strerror}"
    except sa.exc.SQLAlchemyError as error:
        trouble = f"la base de données ne répond pas ({type(error).__name__})"
    db.session.rollback()
    backup = db.session.get_one(Backup, backup_id)
    backup.seconds = round(time.monotonic() - begun, 1)
    backup.trouble = trouble[:500]
    backup.checked_at = None if trouble else now()
    db.session.commit()
    if trouble:
        log.error("sauvegarde %s\u00a0: %s", backup_id, trouble)
    else:
        remove_old(settings)


def _made(backup_id: int, settings: Settings) -> Path | None:
    """The file, when all that is left to do is to check it."""
    backup = _told(backup_id)
    file = settings.backup_folder / backup.name
    return file if backup.made_at is not None and file.is_file() else None


def _told(backup_id: int) -> Backup:
    """What its row says, as a copy: no transaction stays open while the work lasts."""
    backup = db.session.get_one(Backup, backup_id)
    db.session.expunge(backup)
    db.session.rollback()
    return backup


def adopt(settings: Settings) -> None:
    """Know again the files that the database forgot: a restored one is older than they are.

    They are checked in their turn. The caller commits.
    """
    known = set(db.session.scalars(sa.select(Backup.name)))
    for file in sorted(settings.backup_folder.glob("maillage-*.zip")):
        if file.name in known:
            continue
        try:
            with archive.reading(file) as found:
                manifest = found.manifest
        except (Damaged, OSError):
            continue
        db.session.add(
            Backup(
                why=_why(file.name), asked_at=manifest.made_at, made_at=manifest.made_at,
                name=file.name, size=file.stat().st_size, rows=manifest.rows,
            )
        )  # fmt: skip


def _why(name: str) -> Why:
    for why in (Why.UPGRADE, Why.RESTORE):
        if why.ending in name:
            return why
    return Why.ASKED


def _make(backup_id: int, settings: Settings) -> Path:
    settings.backup_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = settings.backup_folder / _told(backup_id).why.file_name(now())
    with reading():
        manifest = make(settings, file)
        db.session.rollback()
    backup = db.session.get_one(Backup, backup_id)
    backup.name, backup.size, backup.rows = file.name, file.stat().st_size, manifest.rows
    backup.made_at = manifest.made_at
    db.session.commit()
    return file


def remove_old(settings: Settings) -> None:
    """Remove the files that the rule no longer keeps; those of another machine are left to it."""
    there = [
        backup
        for backup in db.session.scalars(
            sa.select(Backup).where(Backup.made_at.is_not(None), Backup.removed_at.is_(None))
        )
        if (settings.backup_folder / backup.name).is_file()
    ]
    good = {backup.made_at: backup for backup in there if backup.is_good and backup.made_at}
    gone = [good[moment] for moment in expendable(good, settings.backup_keep)]
    long_ago = now() - timedelta(days=settings.backup_keep[0])
    gone += [one for one in there if not one.is_good and one.asked_at < long_ago]
    for backup in gone:
        (settings.backup_folder / backup.name).unlink(missing_ok=True)
        backup.removed_at = now()
    db.session.commit()
