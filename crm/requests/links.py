"""Personal links: the requester's page, opened by a token that only its mail holds."""

import hmac
import re

from crm import links
from crm.config import Settings
from crm.db import db
from crm.links import read, sign
from crm.requests.requests import SupportRequest

PAGE, RECEIVED, REPLY = "demande", "recue", "reponse"
_REPLY = re.compile(r"(d-\d{4}-\d+)\.([0-9a-f]{32})")


def page_token(request: SupportRequest) -> str:
    """What opens the requester's page. Renewed, it opens nothing any more."""
    return links.page_token(PAGE, request)


def page_url(request: SupportRequest) -> str:
    return f"{Settings.current().base_url}/demandes/{page_token(request)}"


def read_page(token: str) -> SupportRequest | None:
    """The request whose page this token opens, or None when it opens nothing (any more)."""
    return links.opened(PAGE, SupportRequest, token)


def received_token(request: SupportRequest) -> str:
    """What shows the page « reçue » after a form: a reference, and nothing that was said."""
    return sign(RECEIVED, request.id)


def read_received(token: str) -> SupportRequest | None:
    number = read(RECEIVED, token)
    return None if number is None else db.session.get(SupportRequest, number)


def reply_token(request: SupportRequest) -> str:
    """What a mail address carries so that an answer finds its conversation.

    « d-2026-0123.3f9a… »: some servers write addresses in lower case, so case says nothing here.
    """
    reference = request.reference.lower()
    return f"{reference}.{_reply_signature(reference, Settings.current().keys[0])}"


def read_reply(text: str) -> SupportRequest | None:
    """The request that a signed reference, somewhere in this address or header, is about."""
    for reference, signature in _REPLY.findall(text.lower()):
        for key in Settings.current().keys:
            if hmac.compare_digest(signature, _reply_signature(reference, key)):
                return SupportRequest.find(reference)
    return None


def _reply_signature(reference: str, key: str) -> str:
    return hmac.digest(f"{REPLY}\0{key}".encode(), reference.encode(), "sha256").hex()[:32]
