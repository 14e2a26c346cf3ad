"""Events: the programme, registrations, the day itself, and what is counted afterwards."""

# An event’s relations are complete, whatever part of this room is read first.
from crm.events import documents, partners, sessions  # noqa: F401
