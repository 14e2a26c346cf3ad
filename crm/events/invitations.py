"""Invitations: an event as calendars take it, for everybody, and for those who registered."""

from dataclasses import replace
from email.utils import parseaddr

from crm.calendars import Guest, Method, Occasion, as_file, as_invitation
from crm.config import Settings
from crm.db import now
from crm.events import links
from crm.events.events import Event
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.events.wording import address, where
from crm.filters import markdown_text
from crm.identity import Identity
from crm.mail import Attached, sender
from crm.text import cut

_LENGTH = 1500  # characters of a description: the page has the rest


def as_public(event: Event) -> list[Occasion]:
    """What everybody's calendar says: each day of an event, those taken out as cancelled."""
    url = links.event_url(event)
    text = cut(markdown_text(event.text), _LENGTH)
    return [
        _occasion(session, place=_place(event), url=url, description=f"{text}\n\n{url}".strip())
        for session in event.sessions
    ]


def as_own(registration: Registration, session: Session) -> Occasion:
    """What the calendar of somebody who registered says: the link to join is there too."""
    event, url = registration.event, links.page_url(registration)
    said = [f"À ouvrir à cette heure-là\u00a0: {event.online_url}"] if event.online_url else []
    said += [f"Votre inscription\u00a0: {url}"]
    return _occasion(
        session,
        place=address(event) or event.online_url or _place(event),
        url=url,
        description="\n".join(said),
        guest=Guest(registration.name, registration.email),
    )


def _occasion(
    session: Session, *, place: str, url: str, description: str, guest: Guest | None = None
) -> Occasion:
    event = session.event
    title = f"{event.title} – {session.title}" if session.title else event.title
    is_off = event.is_cancelled or session.cancelled_at is not None
    begin, end = session.whole_days if session.starts_at is None else (session.begin, session.end)
    name, mail = parseaddr(sender(Settings.current()))
    return Occasion(
        uid=session.uid, sequence=session.sequence, starts_at=begin, ends_at=end, title=title,
        updated_at=now() if guest else session.updated_at, description=description, place=place,
        url=url, is_cancelled=is_off, guests=[guest] if guest and guest.email else [],
        host=Guest(name or Identity.current().short_name, mail) if guest else None,
    )  # fmt: skip


def _place(event: Event) -> str:
    said = where(event)
    return said[:1].upper() + said[1:]


def as_own_file(registration: Registration) -> bytes:
    """All the days of an event as a file, with what only those who registered are told."""
    event = registration.event
    return as_file([as_own(registration, session) for session in event.sessions])


def attached(registration: Registration, method: Method) -> list[Attached]:
    """What a mail carries. An invitation speaks of one thing only (RFC 5546 §3.2.2): an event of
    several days, or whose days changed, is a file to open instead."""
    sessions = registration.event.sessions
    if len(sessions) == 1:
        return as_invitation(as_own(registration, sessions[0]), method)
    off = method is Method.CANCEL
    content = as_file([_off(as_own(registration, one), off) for one in sessions])
    return [Attached("agenda.ics", "text/calendar", content, {"method": Method.PUBLISH.value})]


def _off(occasion: Occasion, off: bool) -> Occasion:
    return replace(occasion, is_cancelled=occasion.is_cancelled or off)
