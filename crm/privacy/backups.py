"""Backups: until when somebody who is erased today is still in one of them."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.keeping.backups import Backup
from crm.keeping.rotate import Keep, expendable

_LONGEST = 3700  # days looked ahead


def forgotten_on() -> datetime | None:
    """When the last backup that holds what is there today is removed; None without backups."""
    made = sa.select(Backup.made_at).where(
        Backup.made_at.is_not(None), Backup.removed_at.is_(None), Backup.trouble == ""
    )
    moments = [one for one in db.session.scalars(made) if one is not None]
    return last_day(moments, Settings.current().backup_keep, now()) if moments else None


def last_day(moments: list[datetime], keep: Keep, at: datetime) -> datetime | None:
    """When none of these is kept any more, if one is made every night from now on."""
    old, kept = set(moments), list(moments)
    for days in range(1, _LONGEST):
        night = at + timedelta(days=days)
        kept.append(night)
        gone = set(expendable(kept, keep))
        kept = [one for one in kept if one not in gone]
        if not old & set(kept):
            return night
    return None
