"""The calendar to subscribe to: each event is written once, whatever number of times it is read."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.calendars import as_part, assemble
from crm.config import Settings
from crm.db import db
from crm.events.events import Event
from crm.events.invitations import as_public
from crm.events.programme import Filters, subscribed
from crm.filters import today
from crm.identity import Identity

_MOST = 10_000  # events kept in each process, some two kilobytes each
_TOGETHER = 500

Key = TypeVar("Key")
# What a calendar says of an event, by its number and its last change; then whole files.
_Key = tuple[str, int, datetime]
_parts: dict[_Key, bytes] = {}
_files: dict[str, bytes] = {}


def version(filters: Filters) -> str:
    """What changes when the file would: it is also its ETag."""
    events = sa.select(sa.func.count(), sa.func.max(Event.updated_at), sa.func.sum(Event.id)).where(
        *subscribed(filters)
    )
    said = (filters.args(), today(), _name(), _base(), tuple(db.session.execute(events).one()))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def calendar_file(filters: Filters, known: str) -> bytes:
    """The file of this version of the programme, from memory when it was made already."""
    found = _files.get(known)
    if found is None:
        found = assemble(_written(filters), name=_name())
        _keep(_files, {known: found}, most=20)
    return found


def _name() -> str:
    return f"Agenda – {Identity.current().short_name}"


def _base() -> str:
    settings = Settings.current()
    return f"{settings.base_url} {settings.database_url}"


def _written(filters: Filters) -> list[bytes]:
    """Each event in order; only those that changed are read again."""
    base = _base()
    rows = sa.select(Event.id, Event.updated_at).where(*subscribed(filters))
    keys = [(base, *row) for row in db.session.execute(rows.order_by(Event.first_day, Event.id))]
    found = {key: _parts[key] for key in keys if key in _parts}
    missing = [key for key in keys if key not in found]
    for first in range(0, len(missing), _TOGETHER):
        found |= _write(missing[first : first + _TOGETHER])
    _keep(_parts, found, most=_MOST)
    return [found[key] for key in keys if key in found]


def _write(keys: Sequence[_Key]) -> dict[_Key, bytes]:
    by_id = {key[1]: key for key in keys}
    events = sa.select(Event).where(Event.id.in_(by_id)).options(selectinload(Event.sessions))
    return {
        by_id[event.id]: b"".join(as_part(one) for one in as_public(event))
        for event in db.session.scalars(events)
    }


def _keep(kept: dict[Key, bytes], more: dict[Key, bytes], most: int) -> None:
    """Keep these too; the oldest go when there are too many."""
    kept.update(more)
    for key in list(kept)[: max(len(kept) - most, 0)]:
        kept.pop(key, None)


def forget() -> None:
    """Write everything again the next time it is asked for."""
    _parts.clear()
    _files.clear()
