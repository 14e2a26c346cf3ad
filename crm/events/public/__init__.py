"""Events as the public sees them: the programme, the form, and each registered person's page."""

from flask import Blueprint

from crm.events.public import agenda, certificates, form, opinion, own, tickets

MODULES = (agenda, form, own, tickets, certificates, opinion)


def blueprint() -> Blueprint:
    """The public pages of events, with an endpoint like `public.events.agenda.index`."""
    events = Blueprint("events", __name__)
    for module in MODULES:
        events.register_blueprint(module.bp)
    return events
