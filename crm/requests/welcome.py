"""Welcoming: a request that came is tied to its requester's cards, found by its words, and
acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from crm.contacts.journal import EntryKind
from crm.db import change, db, now
from crm.jobs import enqueue, every
from crm.mail import Mail
from crm.owed import Due, give
from crm.requests import matching, words
from crm.requests.emails import acknowledge
from crm.requests.kinds import Channel
from crm.requests.requests import SupportRequest
from crm.users import User

_RECENT = timedelta(days=2)
_MOST_MAILS = 5  # acknowledgements to one address in a day
# What an acknowledgement says of a request, or is drawn for.
_STANDING = ("acknowledged_at", "suspected_at", "email", "link_version")


def welcome(request: SupportRequest, by: User | None = None) -> None:
    """Tie it to the cards that are surely its requester's, and let it be found."""
    matching.recognise(request)
    words.learn(request)
    _tell_journals(request, by)


def _tell_journals(request: SupportRequest, by: User | None = None) -> None:
    """Say that it came in the journals of its requester."""
    for contact in (request.person, request.organisation):
        if contact is not None:
            journal(request, contact, f"{request.reference} : {request.title}", by)


def journal(request: SupportRequest, contact: Any, text: str, by: User | None = None) -> None:
    """A line in the journal of a card, that leads to the request."""
    db.session.flush()
    contact.log(text, EntryKind.REQUEST, by=by, link=f"/gestion/demandes/{request.id}")


@dataclass(frozen=True)
class Welcome:
    """What is done for a request that came: the cards it is surely of, its words, and its
    acknowledgement; found and drawn while others write, handed in if it still `stood` so."""

    request_id: int
    stood: dict[str, Any]
    cards: dict[str, int | None]
    words: list[str]
    mail: Mail


@every(minutes=1)
def receive_new() -> None:
    """Make what came welcome, and acknowledge it: a request is kept first, whatever comes after.

    Robots get no mail: their addresses are other people's.
    """
    if give(_WELCOMES):
        enqueue(receive_new)


def _waiting() -> sa.Select[int]:
    came = sa.select(SupportRequest.id).where(
        SupportRequest.acknowledged_at.is_(None),
        SupportRequest.suspected_at.is_(None),
        SupportRequest.created_at > now() - _RECENT,
        SupportRequest.channel.in_((Channel.FORM, Channel.MAIL)),
        SupportRequest.email != "",
    )
    return came.order_by(SupportRequest.id)


def _welcome(request: SupportRequest) -> Welcome:
    # What came by mail was tied to its cards when it was read.
    is_new = request.channel is Channel.FORM
    person, organisation = matching.look(request) if is_new else (None, None)
    return Welcome(
        request.id,
        {name: getattr(request, name) for name in _STANDING},
        {"person_id": person.id if person else None,
         "organisation_id": organisation.id if organisation else None},
        words.words_of(request),
        acknowledge(request),
    )  # fmt: skip


def _hand_in(some: Sequence[Welcome]) -> None:
    """Write down what was prepared, unless somebody else has."""
    first, mails = [], []
    for one in some:
        if _is_first(one):
            first.append(one)
            mails += [] if _is_pestered(one) else [one.mail]
    db.session.add_all(mails)
    words.learn_all({one.request_id: one.words for one in first})
    for one in first:
        if any(one.cards.values()):
            _tell_journals(db.session.get_one(SupportRequest, one.request_id))


_WELCOMES = Due(
    SupportRequest, _waiting, _welcome, _hand_in, "accusé de réception impossible (demande %s)"
)


def _is_first(one: Welcome) -> bool:
    """Whether nobody has acknowledged this request: from now on it is done."""
    stands = [getattr(SupportRequest, name) == value for name, value in one.stood.items()]
    mine = sa.update(SupportRequest).where(SupportRequest.id == one.request_id, *stands)
    found = {name: card for name, card in one.cards.items() if card is not None}
    return bool(change(mine.values(acknowledged_at=now(), **found)))


def _is_pestered(one: Welcome) -> bool:
    """Whether this address had many acknowledgements today: it may not be who posts, or a machine
    that answers ours (RFC 3834 §2)."""
    lately = sa.select(sa.func.count(SupportRequest.id)).where(
        SupportRequest.email == one.stood["email"],
        SupportRequest.id != one.request_id,
        SupportRequest.acknowledged_at > now() - timedelta(days=1),
    )
    return (db.session.scalar(lately) or 0) >= _MOST_MAILS
