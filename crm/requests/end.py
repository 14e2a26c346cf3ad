"""Ending: a request is closed, and nobody meets about it any more."""

from crm.requests import book
from crm.requests.kinds import Outcome
from crm.requests.requests import SupportRequest
from crm.users import User


def end(request: SupportRequest, outcome: Outcome, note: str = "", by: User | None = None) -> None:
    """Close it with what it led to; its coming appointment is called off. Safe to repeat."""
    request.close(outcome, note, by)
    if (held := book.coming(request)) is not None:
        book.cancel(held, "La demande est close.", by)
