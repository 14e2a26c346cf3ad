"""Personal links: the requester's page, opened by a token that only its mail holds."""

import hmac
import re
from functools import cache

from crm.config import Settings
from crm.db import db
from crm.requests.requests import SupportRequest
from crm.tokens import Signer

PAGE, RECEIVED, REPLY = "demande", "recue", "reponse"
_REPLY = re.compile(r"(d-\d{4}-\d+)\.([0-9a-f]{32})")
_VERSIONS = 256


@cache
def signer(keys: tuple[str, ...], purpose: str) -> Signer:
    return Signer(keys, purpose)


def page_token(request: SupportRequest) -> str:
    """What opens the requester's page. Renewed, it opens nothing any more."""
    return _sign(PAGE, request.id * _VERSIONS + request.link_version % _VERSIONS)


def page_url(request: SupportRequest) -> str:
    return f"{Settings.current().base_url}/demandes/{page_token(request)}"


def read_page(token: str) -> SupportRequest | None:
    """The request whose page this token opens, or None when it opens nothing (any more)."""
    number = _read(PAGE, token)
    if number is None:
        return None
    found = db.session.get(SupportRequest, number // _VERSIONS)
    if found is None or found.link_version % _VERSIONS != number % _VERSIONS:
        return None
    return found


def received_token(request: SupportRequest) -> str:
    """What shows the page « reçue » after a form: a reference, and nothing that was said."""
    return _sign(RECEIVED, request.id)


def read_received(token: str) -> SupportRequest | None:
    number = _read(RECEIVED, token)
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


def _sign(purpose: str, number: int) -> str:
    return signer(Settings.current().keys, purpose).sign(number)


def _read(purpose: str, token: str) -> int | None:
    return signer(Settings.current().keys, purpose).read(token)
