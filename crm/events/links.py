"""Personal links: the page of a registration, opened by a token that only its mail holds."""

from crm import links
from crm.config import Settings
from crm.db import db
from crm.events.events import Event
from crm.events.registrations import Registration
from crm.links import read, sign

PAGE, RECEIVED = "inscription", "inscription recue"


def page_token(registration: Registration) -> str:
    """What opens somebody's page. Renewed, it opens nothing any more."""
    return links.page_token(PAGE, registration)


def page_url(registration: Registration) -> str:
    return f"{Settings.current().base_url}/inscriptions/{page_token(registration)}"


def read_page(token: str) -> Registration | None:
    """The registration whose page this token opens, or None when it opens nothing (any more)."""
    return links.opened(PAGE, Registration, token)


def received_token(registration: Registration, *, is_again: bool) -> str:
    """What shows the page « reçue » after the form: where things stand, and nothing that was
    said; not even the state when the address was known already, since anybody may type it."""
    return sign(RECEIVED, registration.id * 2 + is_again)


def read_received(token: str) -> tuple[Registration, bool] | None:
    """The registration just posted, and whether its address was known."""
    number = read(RECEIVED, token)
    found = None if number is None else db.session.get(Registration, number // 2)
    return None if found is None or number is None else (found, bool(number % 2))


def event_url(event: Event) -> str:
    """The public page of an event."""
    return f"{Settings.current().base_url}/agenda/{event.slug}"


def card_url(event: Event) -> str:
    """The page of the team about an event, as journals link to it."""
    return f"/gestion/evenements/{event.id}"
