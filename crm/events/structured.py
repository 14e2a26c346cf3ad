"""Structured data: an event as search engines read it (schema.org/Event, JSON-LD 1.1)."""

from typing import Any

from crm.events import links
from crm.events.events import Event
from crm.events.kinds import Part
from crm.events.sessions import Session
from crm.filters import local, markdown_text
from crm.identity import Identity
from crm.text import cut

_SCHEMA = "https://schema.org/"
_ORGANISES = (Part.ORGANISER, Part.CO_ORGANISER)


def structured(event: Event) -> dict[str, Any]:
    """What schema.org says of this event. The private link to join is never there."""
    held = event.held
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "url": links.event_url(event),
        "eventStatus": f"{_SCHEMA}{'EventCancelled' if event.is_cancelled else 'EventScheduled'}",
        "eventAttendanceMode": f"{_SCHEMA}{_mode(event)}",
        "organizer": _organisers(event),
        "location": _places(event),
        "inLanguage": "fr",
    }
    if held:
        said |= {"startDate": _begin(held[0]), "endDate": _end(held[-1])}
    if event.text:
        said["description"] = cut(markdown_text(event.text), 500)
    if event.capacity is not None:
        said["maximumAttendeeCapacity"] = event.capacity
        said["remainingAttendeeCapacity"] = event.left
    if len(held) > 1:
        said["subEvent"] = [_day(event, session) for session in held]
    return said


def _mode(event: Event) -> str:
    if not event.is_online:
        return "OfflineEventAttendanceMode"
    is_mixed = bool(event.commune or event.venue or event.department)
    return "MixedEventAttendanceMode" if is_mixed else "OnlineEventAttendanceMode"


def _organisers(event: Event) -> list[dict[str, str]]:
    named = [one.name for one in event.partners if one.part in _ORGANISES]
    return [{"@type": "Organization", "name": one} for one in named or [Identity.current().name]]


def _places(event: Event) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = []
    if event.commune or event.venue or event.department:
        address = {"streetAddress": event.street, "postalCode": event.postcode,
                   "addressLocality": event.commune, "addressCountry": "FR"}  # fmt: skip
        places.append({
            "@type": "Place", "name": event.venue or event.commune or event.department,
            "address": {"@type": "PostalAddress", **{k: v for k, v in address.items() if v}},
        })  # fmt: skip
    if event.is_online:
        places.append({"@type": "VirtualLocation", "url": links.event_url(event)})
    return places


def _day(event: Event, session: Session) -> dict[str, str]:
    name = f"{event.title} – {session.title}" if session.title else event.title
    return {"@type": "Event", "name": name, "startDate": _begin(session), "endDate": _end(session)}


def _begin(session: Session) -> str:
    """An hour with its shift from UTC, or a day (ISO 8601)."""
    if session.starts_at is None:
        return session.day.isoformat()
    return local(session.starts_at).isoformat()


def _end(session: Session) -> str:
    return (
        session.day.isoformat() if session.ends_at is None else local(session.ends_at).isoformat()
    )
