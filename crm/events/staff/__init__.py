"""Events as the team prepares and follows them: the list, an event's card, who registered."""

from types import ModuleType

from flask import Blueprint

MODULES: tuple[ModuleType, ...] = ()


def blueprint() -> Blueprint:
    """The staff pages of events, with an endpoint like `staff.events.card.show`."""
    events = Blueprint("events", __name__, url_prefix="/evenements")
    for module in MODULES:
        events.register_blueprint(module.bp)
    return events
