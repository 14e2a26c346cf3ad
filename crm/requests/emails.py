"""The mails of requests: one function per message, each with where its answer goes."""

from email.utils import formataddr, make_msgid, parseaddr
from functools import lru_cache

from crm.config import Settings
from crm.identity import Identity
from crm.mail import Attached, Mail, draw, post, write
from crm.requests import links
from crm.requests.messages import Message
from crm.requests.requests import SupportRequest

# What stands for a reference and a personal link until they are known.
_REFERENCE, _PAGE = "D-0000-REFERENCE", "https://lien-personnel.invalid/"
# RFC 3834 §5: what a machine says in answer to somebody.
_BY_ITSELF = {"Auto-Submitted": "auto-replied"}


def acknowledge(request: SupportRequest) -> Mail:
    """« Nous avons bien reçu votre demande », with its reference and its personal link."""
    takes_replies = bool(reply_address(request))
    text, html = _received(Identity.current().version, Settings.current().base_url, takes_replies)
    own = {_REFERENCE: request.reference, _PAGE: links.page_url(request)}
    for hole, words in own.items():
        text, html = text.replace(hole, words), html.replace(hole, words)
    return write(
        request.email,
        subject=f"Votre demande {request.reference}",
        text=text,
        html=html,
        reply_to=reply_address(request),
        headers={**from_requests(), **_BY_ITSELF, "Message-ID": first_id(request)},
    )


@lru_cache(maxsize=8)
def _received(version: int, base_url: str, takes_replies: bool) -> tuple[str, str]:
    """The acknowledgement with holes where each differs; drawn again when the identity changes."""
    return draw(
        "requests/received",
        subject=f"Votre demande {_REFERENCE}",
        reference=_REFERENCE,
        page_url=_PAGE,
        takes_replies=takes_replies,
    )


def answer(message: Message, references: list[str], attached: list[Attached]) -> Mail:
    """What somebody of the team answers; `references` are the mails before it, oldest first."""
    request = message.request
    before = {"In-Reply-To": references[-1], "References": " ".join(references[-20:])}
    return post(
        request.email,
        "requests/answer",
        subject=f"Re: Votre demande {request.reference}",
        reply_to=reply_address(request),
        headers={
            **from_requests(),
            "Auto-Submitted": "no",
            "Message-ID": message.message_id or make_msgid(domain=Settings.current().host),
            **before,
        },
        attached=attached,
        request=request,
        message=message,
        page_url=links.page_url(request),
        takes_replies=bool(reply_address(request)),
    )


def closed(request: SupportRequest) -> Mail:
    """« Votre demande est close », and how to open it again."""
    return post(
        request.email,
        "requests/closed",
        subject=f"Votre demande {request.reference} est close",
        reply_to=reply_address(request),
        headers={
            **from_requests(),
            "In-Reply-To": first_id(request),
            "References": first_id(request),
        },
        request=request,
        page_url=links.page_url(request),
        takes_replies=bool(reply_address(request)),
    )


def send_links(to: str, requests: list[SupportRequest]) -> Mail:
    """The personal links of the requests made with this address, for who lost them."""
    return post(
        to,
        "requests/links",
        subject="Vos demandes",
        headers=_BY_ITSELF,
        requests=[(request, links.page_url(request)) for request in requests],
    )


def alert(request: SupportRequest, message: Message) -> Mail | None:
    """Tell the officer that the requester wrote; nobody when nobody has it yet."""
    officer = request.assignee
    if officer is None or not officer.is_active:
        return None
    return post(
        officer.email,
        "requests/alert",
        subject=f"{request.reference} : {request.who} vous répond",
        request=request,
        message=message,
        card_url=f"{Settings.current().base_url}/gestion/demandes/{request.id}",
    )


def first_id(request: SupportRequest) -> str:
    """The Message-ID of the acknowledgement: what the whole conversation refers to."""
    return f"<{links.reply_token(request)}.demande@{Settings.current().host}>"


def reply_address(request: SupportRequest) -> str:
    """Where an answer finds its conversation, or an empty text when no mailbox is read.

    « demandes+d-2026-0123.…@reseau.fr »: a signed reference follows the « + » (RFC 5233).
    """
    name, address = parseaddr(Settings.current().requests_mail)
    local, _, domain = address.partition("@")
    if not domain:
        return ""
    name = name or Identity.current().short_name
    return formataddr((name, f"{local}+{links.reply_token(request)}@{domain}"))


def from_requests() -> dict[str, str]:
    """Requests are answered from their own address, when there is one."""
    name, address = parseaddr(Settings.current().requests_mail)
    if not address:
        return {}
    return {"From": formataddr((name or Identity.current().short_name, address))}
