"""Erasing: nothing is left of someone but what is needed never to write to them again.

Rows that other figures count (who received an issue, how many) stay, without a name. Source of the
rule: RGPD art. 17, and art. 21 §3 for what is kept.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from crm import mail
from crm.db import db, now
from crm.forgotten import remember
from crm.mail import Mail
from crm.newsletter.bounces import Bounce
from crm.newsletter.deliveries import PENDING, Delivery
from crm.newsletter.readers.departures import Departure
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Consent, Subscription

KIND = "lettres"
_BLANKS = dict.fromkeys(("first_name", "last_name", "organisation_name", "department"), "")


def erase(email: str, keys: Sequence[str]) -> int:
    """Forget whoever receives, or received, at `email`; returns how many letters that was.

    `keys` as `Settings.keys`: they hash the address, the only thing kept. Nothing is committed.
    """
    remember(KIND, email)
    found = Subscription.at(email)
    for subscription in found:
        subscription.unsubscribe()
        db.session.flush()
        tell_search(subscription)
        _forget(subscription)
    moves = sa.or_(Move.old_email == email, Move.new_email == email)
    named = set(db.session.scalars(sa.select(Move.new_email).where(moves)))
    mail.forget(Mail.recipient.in_({email, *named}))
    db.session.execute(sa.delete(Move).where(moves))
    Departure.remember(email, keys)
    return len(found)


def _forget(subscription: Subscription) -> None:
    theirs = Delivery.subscription_id == subscription.id
    mail.forget_files(sa.select(Delivery.response).where(theirs))
    db.session.execute(sa.delete(Consent).where(Consent.subscription_id == subscription.id))
    db.session.execute(
        sa.update(Delivery)
        .where(theirs, Delivery.state.not_in(PENDING))
        .values(response="", opened_at=None)
    )
    db.session.execute(
        sa.update(Bounce).where(Bounce.subscription_id == subscription.id).values(words="")
    )
    db.session.expire(subscription, ["consents"])
    # « .invalid » never receives mail (RFC 2606); the number keeps one row from being another.
    subscription.email = f"efface-{subscription.id}@adresse.invalid"
    subscription.suppressed, subscription.erased_at = "", now()
    subscription.actor_type = subscription.person = subscription.organisation = None
    for name, blank in _BLANKS.items():
        setattr(subscription, name, blank)
