"""Wording: when and where an event is, as people say it."""

from collections.abc import Sequence

from crm.contacts.departments import DEPARTMENTS
from crm.events.events import Event
from crm.events.kinds import Part
from crm.events.sessions import Session
from crm.events.typed_dates import say_dates
from crm.filters import hour, weekday

NO_DATE = "Date à venir"
ONLINE = "en ligne"


def when(event: Event) -> str:
    """« mardi 3 mars 2027, de 14 h à 17 h », « 23 & 26 mars, 7 avril 2027 »."""
    held = event.held
    if not held:
        return NO_DATE
    days = {one.day for one in held}
    if len(days) == 1:
        return f"{weekday(held[0].day)}{_hours(held)}"
    same = len({one.local_hours for one in held}) == 1
    return f"{say_dates(days)}{_hours(held[:1]) if same else ''}"


def when_session(session: Session) -> str:
    """« mardi 3 mars 2027, de 14 h à 17 h »."""
    return f"{weekday(session.day)}{_hours([session])}"


def _hours(held: Sequence[Session]) -> str:
    spans = [
        f"de {hour(one.starts_at)} à {hour(one.ends_at)}"
        for one in held
        if one.starts_at is not None and one.ends_at is not None
    ]
    return f", {' et '.join(spans)}" if spans else ""


def where(event: Event) -> str:
    """« en ligne », « Maison des associations, Lyon (69) », « Isère (38) et en ligne »."""
    somewhere = _somewhere(event)
    if event.is_online:
        return f"{somewhere} et {ONLINE}" if somewhere else ONLINE
    return somewhere


def _somewhere(event: Event) -> str:
    if event.commune:
        town = f"{event.commune} ({event.department})" if event.department else event.commune
    else:
        name = DEPARTMENTS.get(event.department, "")
        town = f"{name} ({event.department})" if name else event.department
    return ", ".join(filter(None, (event.venue, town)))


def with_whom(event: Event) -> list[tuple[str, str]]:
    """[(« Organisateur », « Le Pont »), (« Partenaires », « Semence, Tanwissi »)]."""
    names = {part: [one.name for one in event.partners if one.part is part] for part in Part}
    return [(part.named(len(some)), ", ".join(some)) for part, some in names.items() if some]


def address(event: Event) -> str:
    """Where to go, on one line: « Maison des associations, 3 rue du Port, 69001 Lyon »."""
    town = f"{event.postcode} {event.commune}".strip()
    return ", ".join(filter(None, (event.venue, event.street, town)))


def days_of(event: Event) -> str:
    """« 23 & 26 mars 2027 », without the hours; a date to come is said so."""
    return say_dates({one.day for one in event.held}) or NO_DATE
