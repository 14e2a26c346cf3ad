"""Suppressing: each return is written down once, and an address that refuses is left in peace."""

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa

from crm.db import change, db
from crm.newsletter.bounces import Bounce, Kind
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.readers.moves import Move
from crm.newsletter.returns.decipher import Return
from crm.newsletter.subscriptions import Subscription

# Three soft refusals in a row, the first and the last so far apart: a mailbox that is full for a
# weekend, or a server that is down for a day, is not an address that is dead.
IN_A_ROW = 3
SPAN = timedelta(days=15)


def record(told: Return, trace_of: Delivery | Subscription | None, key: str, at: datetime) -> bool:
    """Write down what came back, and do what follows from it. Whether it was news.

    `key` is what makes this message itself, when no delivery does. Nothing is committed.
    """
    delivery = trace_of if isinstance(trace_of, Delivery) else None
    subscription = delivery.subscription if delivery else trace_of
    assert subscription is None or isinstance(subscription, Subscription)
    print_ = _fingerprint(told, delivery, subscription, key)
    known = db.session.scalar(sa.select(Bounce).where(Bounce.fingerprint == print_))
    if known is not None and not _is_worse(told.kind, known.kind):
        return False
    bounce = known or Bounce(fingerprint=print_, subscription=subscription, delivery=delivery)
    bounce.kind, bounce.status, bounce.words = told.kind, told.status, told.words
    bounce.happened_at = _plausible(told.happened_at, delivery, at)
    db.session.add(bounce)
    db.session.flush()
    if delivery is not None:
        _mark(delivery, bounce)
    if subscription is not None:
        _follow(subscription, bounce)
    return True


def revive(subscription: Subscription, at: datetime) -> None:
    """Write again to an address that was set aside: what came back until now no longer counts."""
    for found in Subscription.at(subscription.email):
        found.suppressed, found.revived_at = "", at
        tell_search(found)


def _fingerprint(
    told: Return, delivery: Delivery | None, subscription: Subscription | None, key: str
) -> str:
    """A delivery fails once, and is complained about once, however often we are told."""
    nature = "plainte" if told.kind is Kind.COMPLAINT else "refus"
    if delivery is not None:
        text = f"envoi {delivery.id} {nature}"
    elif subscription is not None:
        text = f"abonnement {subscription.id} {nature} {key}"
    else:
        text = f"message {nature} {told.recipient} {key}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _is_worse(kind: Kind, known: Kind) -> bool:
    return kind is Kind.HARD and known in (Kind.SOFT, Kind.BLOCKED)


def _plausible(moment: datetime | None, delivery: Delivery | None, at: datetime) -> datetime:
    """When it happened, if what the message says can be believed; else `at`."""
    start = at - timedelta(days=400)
    if delivery is not None and delivery.claimed_at is not None:
        start = delivery.claimed_at - timedelta(days=1)
    return moment if moment is not None and start <= moment <= at else at


def _mark(delivery: Delivery, bounce: Bounce) -> None:
    """What was sent did not arrive, or was complained about. What is not settled stays so."""
    complaint = bounce.kind is Kind.COMPLAINT
    before = (State.SENT, State.BOUNCED) if complaint else (State.SENT,)
    change(
        sa.update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.state.in_(before))
        .values(
            state=State.COMPLAINED if complaint else State.BOUNCED,
            response=bounce.words,
            settled_at=bounce.happened_at,
        )
    )
    db.session.refresh(delivery)


def _follow(subscription: Subscription, bounce: Bounce) -> None:
    if bounce.kind is Kind.COMPLAINT:
        subscription.unsubscribe()  # whoever says « spam » has left, and comes back by itself
        tell_search(subscription)
    elif bounce.kind is Kind.HARD and not _is_past(subscription, bounce):
        _set_aside(subscription, f"adresse refusée\u00a0: {bounce.words or bounce.status}")
    elif bounce.kind is Kind.SOFT and _is_worn_out(subscription):
        _set_aside(subscription, f"trois refus de suite\u00a0: {bounce.words or bounce.status}")


def _is_past(subscription: Subscription, bounce: Bounce) -> bool:
    """Whether it speaks of an address that was changed, or mended, since."""
    if subscription.revived_at is not None and bounce.happened_at <= subscription.revived_at:
        return True
    written_at = bounce.delivery.claimed_at if bounce.delivery else None
    return _has_moved_since(subscription, written_at or bounce.happened_at)


def _has_moved_since(subscription: Subscription, moment: datetime) -> bool:
    moved = sa.select(Move.id).where(
        Move.new_email == subscription.email, Move.confirmed_at > moment
    )
    return db.session.scalar(moved.limit(1)) is not None


def _is_worn_out(subscription: Subscription) -> bool:
    """Whether the last numbers sent to this address all came back, for long enough."""
    query = (
        sa.select(Delivery.state, Bounce.kind, Bounce.happened_at)
        .join(Subscription, Delivery.subscription_id == Subscription.id)
        .outerjoin(Bounce, sa.and_(Bounce.delivery_id == Delivery.id, Bounce.kind == Kind.SOFT))
        .where(
            Subscription.email == subscription.email,
            Delivery.settled_at.is_not(None),
            Delivery.state != State.SUPPRESSED,
        )
        .order_by(Delivery.id.desc())
    )
    moments = []
    for _, kind, moment in db.session.execute(query.limit(50)):
        if kind is None or (subscription.revived_at and moment <= subscription.revived_at):
            break
        moments.append(moment)
    return len(moments) >= IN_A_ROW and max(moments) - min(moments) >= SPAN


def _set_aside(subscription: Subscription, why: str) -> None:
    """Nothing more to this address, whatever the letter, until someone says that it works."""
    for found in Subscription.at(subscription.email):
        if not found.suppressed:
            found.suppressed = why[:200]
            tell_search(found)
