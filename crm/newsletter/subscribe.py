"""Subscribing: from what someone asked for to a subscription that waits for its confirmation."""

from datetime import timedelta

from crm.db import db, now
from crm.newsletter.issues import Publication
from crm.newsletter.subscriptions import Basis, Subscription

FORM_VERSION = "formulaire public, version 1"
# Nobody's mailbox is filled by someone who posts the form again and again.
PATIENCE = timedelta(minutes=10)


def wording(publications: list[Publication], network: str) -> str:
    """The exact words shown beside the button, kept with each consent."""
    names = " et ".join(publication.name for publication in publications)
    return (
        f"J’accepte de recevoir {names} par courriel. L’expéditeur est {network}. "
        "Je peux me désabonner à tout moment, par le lien présent dans chaque envoi."
    )


def ask(publication: Publication, email: str, words: str, **details: str) -> Subscription | None:
    """Write down a wish to subscribe, with its proof; nothing is sent before the confirmation.

    Returns the subscription to send a confirmation link to, or None when one left a moment ago.
    """
    found = Subscription.of(publication, email)
    subscription = found or Subscription(publication=publication, email=email.strip().lower())
    if any(consent.given_at > now() - PATIENCE for consent in subscription.consents):
        return None
    for name, value in details.items():
        if value and (found is None or not subscription.is_active):
            setattr(subscription, name, value)
    db.session.add(subscription)
    subscription.consent(Basis.FORM, words, FORM_VERSION, confirmed=False)
    db.session.flush()
    return subscription


def confirm(subscription: Subscription, network: str) -> None:
    """The address answered for itself. Who had left comes back, with a new proof of it."""
    if subscription.left_at is not None and subscription.is_confirmed:
        words = wording([subscription.publication], network)
        subscription.consent(Basis.FORM, words, "retour par lien personnel", confirmed=True)
    subscription.confirm()


def leave_all(subscription: Subscription) -> list[Subscription]:
    """Leave every publication received at this address; returns what was left."""
    left = [found for found in Subscription.at(subscription.email) if found.left_at is None]
    for found in left:
        found.unsubscribe()
    return left
