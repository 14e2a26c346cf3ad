"""Taking in what a feed says: new entries become items, the others refresh the items they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crm.db import db
from crm.filters import local
from crm.newsletter.feeds.deadlines import when
from crm.newsletter.feeds.entries import Entry
from crm.newsletter.feeds.match import belongs, match
from crm.newsletter.items import Feed, Item


def take(feed: Feed, entries: Sequence[Entry], at: datetime) -> tuple[int, int]:
    """Make items of what is new and refresh the others; how many of each."""
    new = changed = 0
    for entry, item in match(feed, entries):
        if item is None:
            db.session.add(_new_item(feed, entry, at))
            new += 1
        elif belongs(item, feed):
            changed += _refresh(item, feed, entry, at)
    db.session.flush()
    return new, changed


def _new_item(feed: Feed, entry: Entry, at: datetime) -> Item:
    values = _values(feed, entry, at, at)
    published = values.get("published_at") or at
    # What a feed already held when it was added is not news.
    seen_at = min(published, at) if feed.succeeded_at is None else at
    return Item(
        kind=feed.kind,
        feed_id=feed.id,
        guid=entry.guid,
        canonical_url=entry.canonical_url,
        seen_at=seen_at,
        **values,
    )


def _refresh(item: Item, feed: Feed, entry: Entry, at: datetime) -> bool:
    """Give the item what its entry says today. True if something a reader sees changed."""
    values = _values(feed, entry, item.published_at or item.seen_at, at)
    place = {"feed_id": feed.id, "guid": entry.guid}
    if "url" not in item.kept:
        place["canonical_url"] = entry.canonical_url
    if _says(item, values | place):
        return False
    # Someone may be correcting it by hand at this very moment.
    db.session.refresh(item, with_for_update={"of": Item})
    for name, value in place.items():
        setattr(item, name, value)
    before = item.picture_url
    changed = item.refresh(**values)
    if item.picture_url != before:
        item.picture_tried_at = None
        if not item.picture_url and "picture" not in item.kept:
            item.picture = None
    return changed


def _says(item: Item, values: dict[str, Any]) -> bool:
    return all(getattr(item, name) == value for name, value in values.items()
               if name not in item.kept)  # fmt: skip


def _values(feed: Feed, entry: Entry, seen_at: datetime, at: datetime) -> dict[str, Any]:
    """What the entry says, by the names of the item's columns."""
    published = entry.published_at
    if published is not None and published > at + timedelta(days=1):
        published = None  # a day to come is not the day it was published
    near = local(published or seen_at).date()
    known = (entry.starts_on, entry.ends_on)
    starts_on, ends_on = when(feed.kind, entry.title, entry.text, near, known)
    values: dict[str, Any] = {
        name: getattr(entry, name)
        for name in ("title", "summary", "url", "picture_url", "picture_alt", "place",
                     "department", "organisation")
    }  # fmt: skip
    values |= {"tags": list(entry.tags), "starts_on": starts_on, "ends_on": ends_on}
    return values | ({"published_at": published} if published else {})
