"""Attributing: which delivery a return is about, by the first trace that can be trusted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.readers import links
from crm.newsletter.returns.decipher import LIMIT
from crm.newsletter.subscriptions import Subscription

# A server that gave up within this time may have been speaking of the last number sent.
LATELY = timedelta(days=45)

_MESSAGE_ID = re.compile(rb"\.\d{1,9}\.([A-Za-z0-9_-]{23,32})@")
_HEADER = re.compile(rb"X-Maillage-Delivery:\s*([A-Za-z0-9_-]{23,32})", re.IGNORECASE)
_LEAVE = re.compile(rb"/lettres/desinscription/([A-Za-z0-9_-]{23,32})")


@dataclass(frozen=True)
class Trace:
    """What a return is about: a delivery, or at least a subscription, or nothing."""

    delivery: Delivery | None = None
    subscription: Subscription | None = None

    @classmethod
    def of(cls, delivery: Delivery) -> "Trace":
        return cls(delivery, delivery.subscription)


def by_token(raw: bytes, message: Message, settings: Settings) -> Trace | None:
    """Whom a signed trace names: the envelope's address (VERP), what identifies the message, or
    the link to leave it had. Nobody else can write one, wherever in the return it stands.
    """
    texts = [raw[:LIMIT], *_decoded(message)]
    for number in _signed(texts, settings):
        delivery = db.session.get(Delivery, number)
        if delivery is not None:
            return Trace.of(delivery)
    for token in _found(_LEAVE, texts):
        number_or_none = links.signer(settings.keys, links.LEAVE).read(token)
        subscription = number_or_none and db.session.get(Subscription, number_or_none)
        if subscription:
            return Trace(_newest(sa.and_(Subscription.id == subscription.id), None), subscription)
    return None


def by_address(recipient: str, happened_at: datetime | None, at: datetime) -> Trace:
    """Whom an address alone names: what it was sent last, not long before the return was written.

    A server whose clock is wrong dates it otherwise: then not long before `at`, when it is read.
    """
    if not recipient:
        return Trace()
    theirs = Subscription.email == recipient
    delivery = (happened_at and _newest(theirs, happened_at)) or _newest(theirs, at)
    if delivery:
        return Trace.of(delivery)
    found = Subscription.at(recipient)
    return Trace(subscription=found[0]) if found else Trace()


def _signed(texts: list[bytes], settings: Settings) -> Iterator[int]:
    before, star, after = settings.bounces_mail.partition("*")
    envelope = links.signer(settings.keys, "retour", folded=True)
    identity = links.signer(settings.keys, "message")
    if star:
        address = re.escape(before.encode()) + rb"([a-z2-7]{20,45})" + re.escape(after.encode())
        for token in _found(re.compile(address, re.IGNORECASE), texts):
            yield from _read(envelope.read(token))
    for pattern in (_HEADER, _MESSAGE_ID):
        for token in _found(pattern, texts):
            yield from _read(identity.read(token))


def _read(number: int | None) -> Iterator[int]:
    if number is not None and number < 2**63:
        yield number


def _found(pattern: re.Pattern[bytes], texts: list[bytes]) -> Iterator[str]:
    seen = (found.decode("ascii") for text in texts for found in pattern.findall(text))
    yield from dict.fromkeys(seen)


def _decoded(message: Message) -> list[bytes]:
    """The parts that travel encoded, as they read: what we wrote may be inside."""
    encoded = (
        part.get_payload(decode=True)
        for part in message.walk()
        if not part.is_multipart() and part.get("Content-Transfer-Encoding")
    )
    return [text for text in encoded if isinstance(text, bytes)]


def _newest(condition: sa.ColumnElement[bool], at: datetime | None) -> Delivery | None:
    """The last delivery that a server took, or refused at once; not long before `at`."""
    query = (
        sa.select(Delivery)
        .join(Delivery.subscription)
        .where(condition, Delivery.state.not_in((State.QUEUED, State.SUPPRESSED)))
        .order_by(Delivery.id.desc())
        .limit(1)
    )
    if at is not None:
        query = query.where(
            Delivery.settled_at > at - LATELY, Delivery.settled_at < at + timedelta(days=1)
        )
    return db.session.scalars(query).first()
