"""The sign-in sheet: one line a person and one column a day, to print and to sign."""

from collections.abc import Sequence
from typing import Any

from crm.contacts.fold import fold
from crm.db import db
from crm.events.events import Event
from crm.events.kinds import State
from crm.events.registrations import Registration
from crm.events.sessions import Session
from crm.events.wording import when, when_session, where
from crm.filters import clock, day
from crm.identity import Identity
from crm.pdf import render

BLANK = 8  # lines for those who did not register
_DAYS = 5  # columns that a page can hold


def expected(event: Event) -> list[Registration]:
    """Those who have a place, in the order one looks for them."""
    mine = Registration.of(event).where(Registration.state == State.CONFIRMED)
    return sorted(db.session.scalars(mine), key=lambda one: fold(f"{one.last_name} {one.who}"))


def as_pdf(event: Event, session: Session | None = None) -> bytes:
    """The sheet as a tagged PDF (PDF/UA-1), for one day or for all of them."""
    days = [session] if session is not None else event.held[:_DAYS]
    identity = Identity.current()
    return render(
        "signin",
        {
            "title": f"Feuille d’émargement – {event.title}",
            "event": event.title,
            "network": identity.name,
            "brand": identity.brand,
            "when": when_session(session) if session else when(event),
            "where": where(event),
            "days": _headings(days),
            "rows": [row for one in expected(event) for row in _rows(one)],
            "blank": BLANK,
        },
    )


def _headings(days: Sequence[Session]) -> list[str]:
    if len(days) < 2:
        return ["Signature"]
    return [_heading(one) for one in days]


def _heading(session: Session) -> str:
    hours = f" {clock(session.starts_at)}" if session.starts_at else ""
    return f"{day(session.day, 'EEE d MMM')}{hours}"


def _rows(one: Registration) -> list[dict[str, Any]]:
    """A line for each place: those of a group have no name of their own."""
    first = {"name": f"{one.last_name} {one.first_name}".strip() or one.who,
             "structure": one.organisation_name}  # fmt: skip
    group = one.group_name or one.organisation_name
    return [first, *({"name": "", "structure": group} for _ in range(one.seats - 1))]
