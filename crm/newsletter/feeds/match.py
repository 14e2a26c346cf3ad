"""Finding, for each entry of a feed, the item it already is: one page never becomes two items."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, lazyload

from crm.db import db
from crm.newsletter.feeds.addresses import is_home
from crm.newsletter.feeds.entries import Entry
from crm.newsletter.items import Feed, Item

AT_ONCE = 500  # values in one question


def match(feed: Feed, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Item | None]]:
    """Each entry with the item it is, or None when it is new.

    The identifier decides first, within the feed; then the page, whichever feed it came from. An
    item goes to one entry at most, and one whose identifier is in the document to no other entry.
    """
    guids = {entry.guid for entry in entries}
    own = {item.guid: item for item in _found(Item.guid, guids, Item.feed_id == feed.id)}
    free = _by_page(feed, entries, {item.id for item in own.values()})
    for entry in entries:
        pages = free[entry.canonical_url]
        yield entry, own.get(entry.guid) or (pages.pop(0) if pages else None)


def belongs(item: Item, feed: Feed) -> bool:
    """Whether this feed may write that item: it is its own, or comes from a feed that is gone."""
    return item.feed_id == feed.id or (item.feed_id is None and item.guid is not None)


def _by_page(feed: Feed, entries: Iterable[Entry], taken: set[int]) -> dict[str, list[Item]]:
    """The items of each page, those that this feed may write first."""
    pages = {entry.canonical_url for entry in entries if not is_home(entry.canonical_url)}
    items_of: dict[str, list[Item]] = defaultdict(list)
    for item in _found(Item.canonical_url, pages):
        if item.id not in taken:
            items_of[item.canonical_url].append(item)
    for items in items_of.values():
        items.sort(key=lambda item: (item.feed_id != feed.id, not belongs(item, feed), item.id))
    return items_of


def _found(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
    values: Iterable[str],
    *conditions: sa.ColumnElement[bool],
) -> Iterator[Item]:
    wanted = sorted(values)
    for start in range(0, len(wanted), AT_ONCE):
        query = sa.select(Item).where(column.in_(wanted[start : start + AT_ONCE]), *conditions)
        query = query.order_by(Item.id).options(lazyload(Item.picture))
        yield from db.session.scalars(query.execution_options(populate_existing=True))
