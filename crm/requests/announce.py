"""Announcing: the mails that leave when a meeting is closed, to those whose request it decided."""

from collections.abc import Sequence
from typing import Any

from crm.mail import Mail, post
from crm.requests import emails, links
from crm.requests.requests import SupportRequest
from crm.requests.slots import Slot


def assigned(request: SupportRequest, slots: Sequence[Slot]) -> Mail | None:
    """Who takes care of it, and when one may meet them."""
    return _post(
        request,
        "assigned",
        f"Votre demande {request.reference} est entre de bonnes mains",
        officer=request.assignee,
        second=request.second,
        slots=slots,
    )


def nudge(request: SupportRequest) -> Mail | None:
    """« Avez-vous encore besoin de nous ? »"""
    return _post(request, "nudge", f"Votre demande {request.reference} : où en êtes-vous ?")


def closed(request: SupportRequest) -> Mail | None:
    return emails.closed(request) if request.email else None


def _post(request: SupportRequest, template: str, subject: str, **context: Any) -> Mail | None:
    if not request.email:
        return None
    before = emails.first_id(request)
    return post(
        request.email,
        f"requests/meetings/{template}",
        subject=subject,
        reply_to=emails.reply_address(request),
        headers={**emails.from_requests(), "In-Reply-To": before, "References": before},
        request=request,
        page_url=links.page_url(request),
        takes_replies=bool(emails.reply_address(request)),
        **context,
    )
