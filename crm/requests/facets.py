"""Facets: who asked for help since a day, as a way of narrowing a search of contacts."""

from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from crm.contacts.search.facets import Rows, Since, register
from crm.filters import PARIS
from crm.requests.requests import SupportRequest


def _asked(contact_id: Any, day: date) -> Rows:
    """The contacts whose request came that day or after; robots' do not count."""
    start = datetime.combine(day, time.min, PARIS)
    return sa.select(contact_id).where(
        contact_id.is_not(None),
        SupportRequest.suspected_at.is_(None),
        SupportRequest.created_at >= start,
    )


register(
    Since(
        "demande",
        "A fait une demande depuis le",
        lambda day: _asked(SupportRequest.organisation_id, day),
        lambda day: _asked(SupportRequest.person_id, day),
    )
)
