"""Preferring: what someone changes by their personal link, for everything at their address."""

from collections.abc import Collection, Mapping
from typing import Any

from crm.newsletter.issues import Opens, Publication
from crm.newsletter.readers import subscribe
from crm.newsletter.subscriptions import Basis, Purpose, Rhythm, Subscription

SOURCE = "page de préférences, version 1"
OPENS_WORDING = (
    "J’accepte que {network} sache quels numéros de {publication} j’ouvre, pour mesurer leur "
    "lecture. Je peux changer d’avis à tout moment, par le lien «\u00a0Mes préférences\u00a0» de "
    "chaque envoi."
)


def describe(subscription: Subscription, details: Mapping[str, Any]) -> None:
    """Say the same of the person in every letter they receive."""
    for found in Subscription.at(subscription.email):
        for name, value in details.items():
            setattr(found, name, value)


def choose(
    subscription: Subscription,
    wanted: Collection[Publication],
    offered: Collection[Publication],
    network: str,
) -> list[Subscription]:
    """Receive `wanted` among `offered`, and nothing else of them; returns what changed.

    The link that opens the page went to the address: what is chosen there needs no other proof.
    """
    theirs = {found.publication_id: found for found in Subscription.at(subscription.email)}
    changed = []
    for publication in offered:
        found = theirs.get(publication.id)
        if publication in wanted and not (found and found.is_active):
            changed.append(_join(publication, subscription, network))
        elif publication not in wanted and found and found.left_at is None:
            found.unsubscribe()
            changed.append(found)
    return changed


def _join(publication: Publication, like: Subscription, network: str) -> Subscription:
    found = Subscription.of(publication, like.email) or subscribe.alike(publication, like)
    words = subscribe.wording([publication], network)
    found.consent(Basis.FORM, words, SOURCE, confirmed=True)
    found.confirm()
    return found


def pace(subscription: Subscription, rhythm: Rhythm) -> None:
    """Receive this letter so often at most, where it offers that."""
    if subscription.publication.offers_rhythms:
        subscription.rhythm = rhythm


def agree_to_opens(subscription: Subscription, agrees: bool, network: str) -> None:
    """Accept, or refuse from now on, to be seen opening this letter, where that is asked at all."""
    agreed = subscription.has_agreed(Purpose.OPENS)
    if not agrees:
        subscription.withdraw(Purpose.OPENS)
    elif not agreed and subscription.publication.opens is Opens.CONSENTED:
        words = opens_wording(subscription.publication, network)
        subscription.consent(Basis.FORM, words, SOURCE, confirmed=True, purpose=Purpose.OPENS)


def opens_wording(publication: Publication, network: str) -> str:
    """The exact words shown beside the box, kept with the consent."""
    return OPENS_WORDING.format(network=network, publication=publication.name)
