"""Personal links: the page of a registration, opened by a token that only its mail holds."""

from functools import cache

from crm.config import Settings
from crm.db import db
from crm.events.events import Event
from crm.events.registrations import Registration
from crm.tokens import Signer

PAGE, RECEIVED = "inscription", "inscription recue"
_VERSIONS = 256


@cache
def signer(keys: tuple[str, ...], purpose: str) -> Signer:
    return Signer(keys, purpose)


def page_token(registration: Registration) -> str:
    """What opens somebody's page. Renewed, it opens nothing any more."""
    return _sign(PAGE, registration.id * _VERSIONS + registration.link_version % _VERSIONS)


def page_url(registration: Registration) -> str:
    return f"{Settings.current().base_url}/inscriptions/{page_token(registration)}"


def read_page(token: str) -> Registration | None:
    """The registration whose page this token opens, or None when it opens nothing (any more)."""
    number = _signer(PAGE).read(token)
    if number is None:
        return None
    found = db.session.get(Registration, number // _VERSIONS)
    if found is None or found.link_version % _VERSIONS != number % _VERSIONS:
        return None
    return found


def received_token(registration: Registration, *, is_again: bool) -> str:
    """What shows the page « reçue » after the form: where things stand, and nothing that was
    said; not even the state when the address was known already, since anybody may type it."""
    return _sign(RECEIVED, registration.id * 2 + is_again)


def read_received(token: str) -> tuple[Registration, bool] | None:
    """The registration just posted, and whether its address was known."""
    number = _signer(RECEIVED).read(token)
    found = None if number is None else db.session.get(Registration, number // 2)
    return None if found is None or number is None else (found, bool(number % 2))


def event_url(event: Event) -> str:
    """The public page of an event."""
    return f"{Settings.current().base_url}/agenda/{event.slug}"


def card_url(event: Event) -> str:
    """The page of the team about an event, as journals link to it."""
    return f"/gestion/evenements/{event.id}"


def _signer(purpose: str) -> Signer:
    return signer(Settings.current().keys, purpose)


def _sign(purpose: str, number: int) -> str:
    return _signer(purpose).sign(number)
