"""Facets: who came since a day, or registered, as ways of narrowing a search of contacts."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from crm.contacts.search.facets import Rows, Since, register
from crm.events.events import Event
from crm.events.kinds import CAME, SEATED
from crm.events.registrations import Registration


def _there(contact_id: Any, day: date, *said: Any) -> Rows:
    """The contacts of the registrations that this says of, to events of that day or after."""
    events = sa.select(Event.id).where(Event.last_day >= day)
    return sa.select(contact_id).where(
        contact_id.is_not(None), Registration.event_id.in_(events), *said
    )


def _came(contact_id: Any, day: date) -> Rows:
    return _there(contact_id, day, Registration.attendance.in_(CAME))


def _registered(contact_id: Any, day: date) -> Rows:
    return _there(contact_id, day, Registration.state.in_(SEATED))


register(
    Since(
        "venue",
        "Venu·e à un événement depuis le",
        lambda day: _came(Registration.organisation_id, day),
        lambda day: _came(Registration.person_id, day),
    )
)
register(
    Since(
        "inscription",
        "Inscrit·e à un événement depuis le",
        lambda day: _registered(Registration.organisation_id, day),
        lambda day: _registered(Registration.person_id, day),
    )
)
