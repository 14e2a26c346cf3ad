"""Fetching: what the feeds publish becomes items, without ever making one twice.

This module commits as it goes, like delivery: it is a conversation with other people's sites, no
transaction stays open while one of them answers, and a feed that fails must not undo the others.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crm.config import Network, Settings
from crm.db import db, now
from crm.jobs import every, job
from crm.newsletter.feeds import web
from crm.newsletter.feeds.entries import Document, Unreadable
from crm.newsletter.feeds.pictures import fetch_pictures
from crm.newsletter.feeds.reach import Unreachable
from crm.newsletter.feeds.read import read
from crm.newsletter.feeds.take import take
from crm.newsletter.items import Feed
from crm.text import cut

log = logging.getLogger(__name__)

UNEXPECTED = "Une erreur inattendue a interrompu la lecture\u00a0; elle est notée dans le journal."


@dataclass(frozen=True)
class Arrival:
    """What came in from one feed. `error` is a sentence in French, empty when all went well."""

    name: str
    new: int = 0
    changed: int = 0
    error: str = ""


@every(minutes=30)
def fetch_all() -> None:
    """Fetch every feed that is followed."""
    for _ in fetch_each(allow=Settings.current().feed_allow):
        pass


@job
def fetch_one(feed_id: int) -> None:
    """Fetch one feed and its pictures. Enqueue it after a commit to have it done at once."""
    allow = Settings.current().feed_allow
    fetch(feed_id, allow=allow)
    fetch_pictures(allow=allow, feed_id=feed_id)


def fetch_each(*, allow: Sequence[Network] = ()) -> Iterator[Arrival]:
    """Fetch the feeds that are followed, one after the other whatever happens, then pictures.

    Private addresses are refused unless they are in `allow`.
    """
    feeds = list(db.session.scalars(Feed.active().with_only_columns(Feed.id)))
    db.session.commit()
    for feed_id in feeds:
        arrival = fetch(feed_id, allow=allow)
        if arrival is not None:
            yield arrival
    fetch_pictures(allow=allow)


def fetch(
    feed_id: int, *, allow: Sequence[Network] = (), at: datetime | None = None
) -> Arrival | None:
    """Read one feed and keep what it says; None when it is gone. Never raises: the row tells."""
    at = at or now()
    try:
        return _fetch(feed_id, allow, at)
    except Exception:
        db.session.rollback()
        log.exception("lecture de la source %s interrompue", feed_id)
        return _fail(feed_id, UNEXPECTED, at)


def _fetch(feed_id: int, allow: Sequence[Network], at: datetime) -> Arrival | None:
    feed = db.session.get(Feed, feed_id, populate_existing=True)
    if feed is None:
        db.session.commit()
        return None
    url, etag, last_modified = feed.url, feed.etag, feed.last_modified
    db.session.commit()  # nothing is held while the site answers
    try:
        page = web.get(url, allow=allow, etag=etag, last_modified=last_modified)
        document = None if page.is_unchanged else read(page.content, page.content_type, page.url)
    except (Unreachable, Unreadable) as error:
        log.warning("source %s\u00a0: %s", feed_id, error)
        return _fail(feed_id, str(error), at)
    arrival = _store(feed_id, url, page, document, at)
    db.session.commit()
    return arrival


def _fail(feed_id: int, sentence: str, at: datetime) -> Arrival | None:
    """Write down what went wrong; what the feed gave before stays."""
    feed = _locked(feed_id)
    if feed is not None:
        feed.tried_at, feed.error = at, cut(sentence, 500)
    arrival = Arrival(feed.name, error=feed.error) if feed else None
    db.session.commit()
    return arrival


def _locked(feed_id: int) -> Feed | None:
    """The feed, every feed being locked: two that relay one page never store it together.

    On SQLite the transaction already has the only write lock.
    """
    db.session.execute(sa.select(Feed.id).order_by(Feed.id).with_for_update())
    return db.session.get(Feed, feed_id, populate_existing=True)


def _store(
    feed_id: int, url: str, page: web.Page, document: Document | None, at: datetime
) -> Arrival | None:
    feed = _locked(feed_id)
    if feed is None or feed.url != url:  # removed or changed while its site was answering
        return None
    new = changed = 0
    if document is not None:
        new, changed = take(feed, document.entries, at)
        feed.title = feed.title or document.title
    feed.tried_at, feed.error = at, document.warning if document else ""
    if not feed.error:
        feed.succeeded_at = at
    # What came cut is asked for again in whole.
    whole = not feed.error
    feed.etag = page.etag if whole and len(page.etag) <= 500 else ""
    feed.last_modified = page.last_modified if whole and len(page.last_modified) <= 100 else ""
    return Arrival(feed.name, new, changed, feed.error)
