"""Subscribing: from what someone asked for to a subscription that waits for its confirmation."""

from collections.abc import Sequence
from datetime import timedelta

from crm.db import db, now
from crm.newsletter.issues import Publication
from crm.newsletter.readers.departures import Departure
from crm.newsletter.subscriptions import Basis, Purpose, Subscription

# Changed with each change of the form's words, so that a proof says which one was read.
VERSION = 1
FORM_VERSION = f"formulaire public, version {VERSION}"
# Nobody's mailbox is filled by someone who posts the form again and again.
PATIENCE = timedelta(minutes=10)


def wording(publications: list[Publication], network: str) -> str:
    """The exact words shown beside the button, kept with each consent."""
    names = " et ".join(publication.name for publication in publications)
    return (
        f"J’accepte de recevoir {names} par courriel. L’expéditeur est {network}. "
        "Je peux me désabonner à tout moment, par le lien présent dans chaque envoi."
    )


def source(origin: str = "", *, framed: bool = False) -> str:
    """Where a form was filled in, and which version of it: « formulaire de https://… »."""
    if origin:
        return f"formulaire de {origin}, version {VERSION}"[:200]
    return f"formulaire public dans un cadre, version {VERSION}" if framed else FORM_VERSION


def ask(
    publication: Publication, email: str, words: str, form: str = FORM_VERSION, **details: str
) -> Subscription | None:
    """Write down a wish to subscribe, with its proof; nothing is sent before the confirmation.

    `form` is its `source`. Returns the subscription to send a confirmation link to, or None when
    one left a moment ago.
    """
    found = Subscription.of(publication, email)
    subscription = found or Subscription(publication=publication, email=email.strip().lower())
    if any(consent.given_at > now() - PATIENCE for consent in subscription.consents):
        return None
    for name, value in details.items():
        if value and (found is None or not subscription.is_active):
            setattr(subscription, name, value)
    db.session.add(subscription)
    subscription.consent(Basis.FORM, words, form, confirmed=False)
    db.session.flush()
    return subscription


def alike(publication: Publication, other: Subscription) -> Subscription:
    """A subscription to another letter for the same person; it has no consent yet."""
    names = (
        "email", "first_name", "last_name", "organisation_name", "department", "actor_type_id",
        "person_id", "organisation_id",
    )  # fmt: skip
    values = {name: getattr(other, name) for name in names}
    made = Subscription(publication=publication, **values)
    db.session.add(made)
    return made


def asked_words(subscription: Subscription) -> str:
    """The words that wait for their confirmation, or those of the last one."""
    proofs = [found for found in subscription.consents if found.purpose is Purpose.RECEIVE]
    return proofs[-1].wording if proofs else ""


def confirm(subscription: Subscription, network: str, keys: Sequence[str]) -> None:
    """The address answered for itself. Who had left comes back, with a new proof of it.

    `keys` as `Settings.keys`: whoever had been erased is known again.
    """
    Departure.forget(subscription.email, keys)
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
