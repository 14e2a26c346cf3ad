"""Watching: the pages of new items are visited before anybody takes them, not after."""

from datetime import timedelta

import sqlalchemy as sa

from crm.db import db, now
from crm.filters import today
from crm.jobs import every
from crm.newsletter.feeds.addresses import web_address
from crm.newsletter.items import Item
from crm.newsletter.probes import Probe, digest

NEW = timedelta(days=60)
STALE = timedelta(days=3)  # an answer this old is asked for again
AT_MOST = 60  # items each time


@every(hours=1)
def ask_for_new_pages() -> None:
    """Have the pages of the newest items visited (see crm.newsletter.checks.links)."""
    for item in db.session.scalars(_waiting()):
        if url := web_address(item.url):
            _ask(url)
        else:
            item.link_checked_at = now()
    db.session.commit()


def _waiting() -> sa.Select[Item]:
    at = now()
    checked = Item.link_checked_at
    return (
        sa.select(Item)
        .where(
            Item.url != "",
            Item.seen_at > at - NEW,
            sa.or_(Item.ends_on.is_(None), Item.ends_on >= today()),
            sa.or_(checked.is_(None), checked < at - STALE),
        )
        .order_by(checked.is_not(None), Item.seen_at.desc(), Item.id)
        .limit(AT_MOST)
    )


def _ask(url: str) -> None:
    probe = Probe.of([url]).get(url)
    if probe is None:
        db.session.add(probe := Probe(url=url, digest=digest(url)))
    probe.asked_at = probe.asked_at or now()
