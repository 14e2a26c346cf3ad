"""Events as the team prepares and follows them: the list, an event's card, who registered."""

from flask import Blueprint

from crm.events.staff import (
    attendance,
    attendees,
    card,
    certificates,
    checkin,
    documents,
    figures,
    gestures,
    headcounts,
    moves,
    past,
    programme,
    registrations,
    satisfaction,
    series,
    thanks,
    widget,
)

MODULES = (
    programme, card, moves, documents, registrations, gestures, series, widget,
    checkin, attendance, headcounts, thanks, certificates, satisfaction, figures,
    attendees, past,
)  # fmt: skip


def blueprint() -> Blueprint:
    """The staff pages of events, with an endpoint like `staff.events.card.show`."""
    events = Blueprint("events", __name__, url_prefix="/evenements")
    for module in MODULES:
        events.register_blueprint(module.bp)
    return events
