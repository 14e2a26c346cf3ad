"""The programme: the events that the network publishes itself become items, ready to be relayed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.db import db, now
from crm.events.events import Event
from crm.events.kinds import EventKind
from crm.events.links import event_url
from crm.events.programme import for_month
from crm.events.wording import where
from crm.filters import local, markdown_text
from crm.identity import Identity
from crm.newsletter.feeds.addresses import canonical_url
from crm.newsletter.issues import Issue
from crm.newsletter.items import Item, Kind
from crm.text import cut

AHEAD = timedelta(days=40)  # a monthly letter, and the days before the next one is read
SUMMARY = 400  # characters
OFF = "L’événement est annulé ou n’est plus au programme."


def bring(on: date, at: datetime | None = None) -> list[Item]:
    """The events that are held from the day `on` to forty days later, as items, refreshed.

    Safe to repeat: an event is one item, that of the website's own feed if it relays it too. One
    that is called off says so. What was corrected by hand stays.
    """
    items = [_item(event, at or now()) for event in _coming(on)]
    db.session.flush()
    _call_off({item.guid for item in items}, on)
    return items


def bring_for(issue: Issue) -> list[Item]:
    """Those for one number."""
    return bring(issue.planned_on)


def _coming(on: date) -> Iterator[Event]:
    last = on + AHEAD
    months = {(on + timedelta(days=days)).replace(day=1) for days in range(AHEAD.days + 1)}
    seen = set()
    for month in sorted(months):
        for event in for_month(month):
            if event.id not in seen and event.last_day and event.last_day >= on:
                seen.add(event.id)
                if event.first_day and event.first_day <= last:
                    yield event


def _item(event: Event, at: datetime) -> Item:
    url = event_url(event)
    canonical, values = canonical_url(url), _values(event, url)
    item = _known(event, canonical)
    if item is None:
        item = Item(guid=_guid(event), kept=[], tags=[], kind=_kind(event), **values)
        item.published_at = event.published_at
        db.session.add(item)
    if item.feed_id is None:
        item.canonical_url, item.link_error = canonical, ""
        item.refresh(**values)
    item.seen_at = at  # its month has come: it is proposed again until it is sent
    return item


def _known(event: Event, canonical: str) -> Item | None:
    own = sa.and_(Item.guid == _guid(event), Item.feed_id.is_(None))
    same_page = sa.and_(Item.canonical_url == canonical, Item.kind == _kind(event))
    query = sa.select(Item).where(sa.or_(own, same_page)).order_by(Item.id).limit(1)
    return db.session.scalar(query)


def _values(event: Event, url: str) -> dict[str, Any]:
    is_training = _kind(event) is Kind.TRAINING
    closes = local(event.closes_at).date() if event.closes_at else event.first_day
    return {
        "title": cut(event.title, 300),
        "summary": cut(" ".join(markdown_text(event.text).split()), SUMMARY),
        "url": url,
        "place": cut(where(event), 200),
        "department": event.department,
        "organisation": Identity.current().short_name,
        "starts_on": event.first_day,
        "ends_on": closes if is_training else event.last_day,
    }


def _kind(event: Event) -> Kind:
    return Kind.TRAINING if event.kind is EventKind.TRAINING else Kind.EVENT


def _guid(event: Event) -> str:
    return f"programme:{event.uid}"


def _call_off(held: set[str | None], on: date) -> None:
    """Those that were brought before and are no longer to come at these dates."""
    query = sa.select(Item).where(
        Item.guid.startswith("programme:"), Item.feed_id.is_(None), Item.ends_on >= on,
        Item.starts_on <= on + AHEAD,
    )  # fmt: skip
    for item in db.session.scalars(query):
        if item.guid not in held:
            item.link_error = OFF
