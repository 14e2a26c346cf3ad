"""The calendar to subscribe to, made once for each state of the programme."""

import hashlib
from collections import OrderedDict
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.calendars import as_file
from crm.config import Settings
from crm.db import db
from crm.events.events import Event
from crm.events.invitations import as_public
from crm.events.programme import Filters, subscribed
from crm.filters import today
from crm.identity import Identity

_KEPT = 32  # files, in each process

_files: OrderedDict[str, bytes] = OrderedDict()
_lock = Lock()


def version(filters: Filters) -> str:
    """What changes when the file would: it is also its ETag."""
    events = (
        subscribed(filters)
        .order_by(None)
        .with_only_columns(sa.func.count(), sa.func.max(Event.updated_at), sa.func.sum(Event.id))
    )
    count, updated, ids = db.session.execute(events).one()
    identity, settings = Identity.current(), Settings.current()
    said = (filters.args(), today(), count, updated, ids, identity.version, settings.base_url,
            settings.database_url)  # fmt: skip
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def calendar_file(filters: Filters, known: str) -> bytes:
    """The file of this version of the programme, from memory when it was made already."""
    with _lock:
        if known in _files:
            _files.move_to_end(known)
            return _files[known]
    query = subscribed(filters).options(selectinload(Event.sessions))
    events = db.session.scalars(query).all()
    name = f"Agenda – {Identity.current().short_name}"
    made = as_file([one for event in events for one in as_public(event)], name=name)
    with _lock:
        _files[known] = made
        while len(_files) > _KEPT:
            _files.popitem(last=False)
    return made
