"""Facets: the letters someone receives, as a way of narrowing a search of contacts."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from crm.contacts.search.facets import Facet, Rows, register
from crm.contacts.search.index import index
from crm.db import db
from crm.newsletter.issues import Publication
from crm.newsletter.subscriptions import Subscription


def _receives(contact_id: Any) -> Rows:
    """Who receives what; nobody without a confirmed consent, as for a sending."""
    return (
        sa.select(contact_id, Publication.slug)
        .join(Publication, Subscription.publication_id == Publication.id)
        .where(contact_id.is_not(None), Subscription.can_receive())
    )


def _names(values: Iterable[str]) -> dict[str, str]:
    found = sa.select(Publication.slug, Publication.name).where(Publication.slug.in_(list(values)))
    return {row[0]: row[1] for row in db.session.execute(found.order_by(Publication.name))}


register(
    Facet(
        "abonne",
        "Abonné·e à",
        _names,
        (_receives(Subscription.organisation_id),),
        (_receives(Subscription.person_id),),
    )
)


def tell_search(subscription: Subscription) -> None:
    """Let the search know what the contacts of this subscription receive now."""
    for contact in (subscription.person, subscription.organisation):
        if contact is not None:
            index(contact)
