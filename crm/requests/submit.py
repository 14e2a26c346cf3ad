"""Submitting: from what was posted to a request that is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from crm.db import change, db, now
from crm.filters import local
from crm.requests.emails import acknowledge
from crm.requests.files import Sent
from crm.requests.kinds import Channel
from crm.requests.requests import Numbering, SupportRequest
from crm.requests.welcome import welcome
from crm.text import cut, one_line
from crm.users import User


def submit(
    values: Mapping[str, Any],
    *,
    files: Sequence[Sent] = (),
    suspicion: Sequence[str] = (),
    channel: Channel = Channel.FORM,
    by: User | None = None,
) -> SupportRequest:
    """Keep a request. `values` are its columns; `suspicion` says why it looks like a robot's.

    Posted twice with the same `key` and the same words, it is kept once. Nothing is committed.
    What came by the form is made welcome by `receive_new`, a moment later: nobody waits for it.
    """
    known = _posted_before(values)
    if known is not None:
        return known
    request = SupportRequest(reference=_next_reference(), channel=channel, **values)
    request.subject = request.subject or cut(one_line(request.need), 90)
    if suspicion:
        request.suspicion, request.suspected_at = " ; ".join(suspicion)[:300], now()
    db.session.add(request)
    for file in files:
        row = file.row()
        row.request = request
        db.session.add(row)
    request.tell("Reçue" if by is None else f"Notée ({channel.label.lower()})", by)
    if channel is not Channel.FORM and not request.is_suspect:
        welcome(request, by=by)
    return request


def clear(request: SupportRequest, by: User) -> None:
    """« Ce n’est pas un robot » : it goes to the queue, and is acknowledged. Safe to repeat."""
    if not request.is_suspect:
        return
    request.suspected_at, request.suspicion = None, ""
    request.tell("Reconnue comme une vraie demande", by)
    welcome(request, by=by)
    if request.email and request.acknowledged_at is None:
        request.acknowledged_at = now()
        acknowledge(request)


def discard(request: SupportRequest) -> None:
    """« C’est un robot » : nothing of it is kept. Only what is in the box can be thrown away."""
    if request.is_suspect:
        db.session.delete(request)


def _posted_before(values: Mapping[str, Any]) -> SupportRequest | None:
    """The same request, sent a moment ago by the same page; « key » is let go of otherwise."""
    key = values.get("key")
    if not key:
        return None
    found = db.session.scalar(sa.select(SupportRequest).where(SupportRequest.key == key))
    if found is None:
        return None
    same = all(getattr(found, name) == values.get(name, "") for name in ("email", "need", "kind"))
    if same:
        return found
    change(sa.update(SupportRequest).where(SupportRequest.id == found.id).values(key=None))
    db.session.refresh(found)
    return None


def _next_reference() -> str:
    """The next number of the year; two requests that come at once wait for each other here."""
    year = local(now()).year
    while True:
        moved = db.session.scalar(
            sa.update(Numbering)
            .where(Numbering.year == year)
            .values(last=Numbering.last + 1)
            .returning(Numbering.last)
            .execution_options(synchronize_session=False)
        )
        if moved is not None:
            return f"D-{year}-{moved:04}"
        try:
            with db.session.begin_nested():
                db.session.add(Numbering(year=year))
        except sa.exc.IntegrityError:  # somebody else began the year at the same moment
            continue
