"""Relocating: someone's letters go to another address once that address has said yes itself."""

from datetime import timedelta

import sqlalchemy as sa

from crm.db import db, now
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Subscription

# Nobody's mailbox is filled by someone who asks again and again.
PATIENCE = timedelta(minutes=10)


def ask(subscription: Subscription, email: str) -> Move | None:
    """Write down the wish to receive at `email`; nothing changes before it is confirmed there.

    None when the same was asked a moment ago, or is so already: there is nothing to send.
    """
    address = email.strip().lower()
    waiting = Move.waiting(subscription)
    if address == subscription.email:
        return None
    if waiting and waiting.new_email == address and waiting.asked_at > now() - PATIENCE:
        return None
    move = Move(subscription=subscription, old_email=subscription.email, new_email=address)
    db.session.add(move)
    db.session.flush()
    return move


def confirm(move: Move) -> list[Subscription]:
    """The new address answered for itself: what the old one received goes there.

    What the new one already received stays as it is; the old one leaves it. Safe to repeat. Raises
    ValueError when it can no longer be confirmed.
    """
    if move.confirmed_at is not None:
        return []
    if not move.is_open:
        raise ValueError("this change of address is over")
    moved = [_move(found, move.new_email) for found in Subscription.at(move.old_email)]
    move.confirmed_at = now()
    _forget_others(move)
    db.session.flush()
    return moved


def _move(subscription: Subscription, email: str) -> Subscription:
    twin = Subscription.of(subscription.publication, email)
    if twin is None:
        subscription.email, subscription.suppressed = email, ""
    elif subscription.is_active:
        if not twin.is_active:
            _give(subscription, twin)
        subscription.unsubscribe()
    return twin or subscription


def _give(subscription: Subscription, twin: Subscription) -> None:
    """Let what the old address agreed to allow writing to the new one, which has just said yes."""
    proof = subscription.consents[-1]
    twin.consent(proof.basis, proof.wording, "changement d’adresse confirmé", confirmed=True)
    twin.confirm()


def _forget_others(move: Move) -> None:
    """What was asked for before and never confirmed can no longer be."""
    db.session.execute(
        sa.delete(Move).where(
            Move.subscription_id == move.subscription_id,
            Move.confirmed_at.is_(None),
            Move.id != move.id,
        )
    )
