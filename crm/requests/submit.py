"""Submitting: from what was posted to a request that is kept, found by its words, acknowledged."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from crm.contacts.journal import EntryKind
from crm.db import change, db, now, reading
from crm.filters import local
from crm.jobs import every
from crm.mail import wake
from crm.requests import matching, words
from crm.requests.emails import acknowledge
from crm.requests.files import Sent
from crm.requests.kinds import Channel
from crm.requests.requests import Numbering, SupportRequest
from crm.text import cut, one_line
from crm.users import User

log = logging.getLogger(__name__)

_RECENT = timedelta(days=2)
_AT_ONCE = 100
_MOST_MAILS = 5  # acknowledgements to one address in a day


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


def welcome(request: SupportRequest, by: User | None = None) -> None:
    """Tie it to the cards that are surely its requester's, and let it be found."""
    matching.recognise(request)
    _announce(request, by)


def _announce(request: SupportRequest, by: User | None = None) -> None:
    """Let it be found by its words, and say it came in the journals of its requester."""
    words.learn(request)
    for contact in (request.person, request.organisation):
        if contact is not None:
            journal(request, contact, f"{request.reference} : {request.title}", by)


def journal(request: SupportRequest, contact: Any, text: str, by: User | None = None) -> None:
    """A line in the journal of a card, that leads to the request."""
    db.session.flush()
    contact.log(text, EntryKind.REQUEST, by=by, link=f"/gestion/demandes/{request.id}")


@every(minutes=1)
def receive_new() -> None:
    """Make what came welcome, and acknowledge it: a request is kept first, whatever comes after.

    Robots get no mail: their addresses are other people's. Commits as it goes.
    """
    waiting = (
        sa.select(SupportRequest.id)
        .where(
            SupportRequest.acknowledged_at.is_(None),
            SupportRequest.suspected_at.is_(None),
            SupportRequest.created_at > now() - _RECENT,
            SupportRequest.channel.in_((Channel.FORM, Channel.MAIL)),
            SupportRequest.email != "",
        )
        .order_by(SupportRequest.id)
        .limit(_AT_ONCE)
    )
    while ids := db.session.scalars(waiting).all():
        db.session.commit()
        done = [one for one in ids if _receive(one)]
        wake()
        if len(done) < _AT_ONCE:
            return


def _receive(request_id: int) -> bool:
    """Whether this request was made welcome; what went wrong is logged, and tried again later."""
    try:
        _acknowledge(request_id)
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception("accusé de réception impossible (demande %s)", request_id)
        return False
    return True


def _acknowledge(request_id: int) -> None:
    """Make one welcome and write its acknowledgement down, unless somebody else is doing so."""
    found = _looked_for(request_id)  # first: nobody has to wait while cards are looked for
    mine = sa.update(SupportRequest).where(
        SupportRequest.id == request_id, SupportRequest.acknowledged_at.is_(None)
    )
    if not change(mine.values(acknowledged_at=now(), **found)):
        return
    request = db.session.get_one(SupportRequest, request_id)
    if request.channel is Channel.FORM:
        _announce(request)
    if not _is_pestered(request):
        acknowledge(request)


def _looked_for(request_id: int) -> dict[str, int | None]:
    with reading():
        person, organisation = matching.look(db.session.get_one(SupportRequest, request_id))
        found = {
            "person_id": person.id if person else None,
            "organisation_id": organisation.id if organisation else None,
        }
        db.session.rollback()
    return found


def _is_pestered(request: SupportRequest) -> bool:
    """Whether this address had many acknowledgements today: it may not be who posts, or a machine
    that answers ours (RFC 3834 §2)."""
    lately = sa.select(sa.func.count(SupportRequest.id)).where(
        SupportRequest.email == request.email,
        SupportRequest.id != request.id,
        SupportRequest.acknowledged_at > now() - timedelta(days=1),
    )
    return (db.session.scalar(lately) or 0) >= _MOST_MAILS


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
