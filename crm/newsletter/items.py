"""Feeds and items: what the network's website publishes and a letter may relay."""

from datetime import date, datetime
from enum import StrEnum
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now


class Kind(StrEnum):
    """What an item is; the values are those of `crm newsletter feeds add --kind`."""

    NEWS = "news"
    FUNDING = "funding"
    JOB = "job"
    EVENT = "event"
    RESOURCE = "resource"
    TRAINING = "training"

    @property
    def label(self) -> str:
        return _KINDS[self][0]

    @property
    def plural(self) -> str:
        return _KINDS[self][1]

    @property
    def ends(self) -> str:
        """What the date that ends such an item is called."""
        return _KINDS[self][2]


_KINDS = {
    Kind.NEWS: ("actualité", "actualités", "n’est plus d’actualité après le"),
    Kind.FUNDING: ("financement", "financements", "date limite de dépôt"),
    Kind.JOB: ("offre d’emploi", "offres d’emploi", "date limite de candidature"),
    Kind.EVENT: ("événement", "événements", "dernier jour"),
    Kind.RESOURCE: ("ressource", "ressources", "n’est plus disponible après le"),
    Kind.TRAINING: ("formation", "formations", "dernier jour d’inscription"),
}


class Feed(Model):
    """An address of the website where items are published, read again and again."""

    __tablename__ = "feeds"

    url: Mapped[str] = mapped_column(sa.String(2000), unique=True)
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    kind: Mapped[Kind]
    etag: Mapped[str] = mapped_column(sa.String(500), default="")
    last_modified: Mapped[str] = mapped_column(sa.String(100), default="")
    tried_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    # What went wrong the last time, in French; empty when it went well.
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    paused_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    items: Mapped[list["Item"]] = relationship(back_populates="feed", passive_deletes=True)

    @classmethod
    def all(cls) -> sa.Select[Self]:
        return sa.select(cls).order_by(cls.paused_at.is_not(None), cls.title, cls.id)

    @classmethod
    def active(cls) -> sa.Select[Self]:
        return sa.select(cls).where(cls.paused_at.is_(None)).order_by(cls.id)

    @classmethod
    def find(cls, url: str) -> Self | None:
        return db.session.scalar(sa.select(cls).where(cls.url == url))

    @classmethod
    def in_trouble(cls) -> sa.Select[Self]:
        return sa.select(cls).where(cls.error != "", cls.paused_at.is_(None)).order_by(cls.id)

    @property
    def name(self) -> str:
        return self.title or self.url

    def latest_items(self) -> sa.Select["Item"]:
        return Item.latest().where(Item.feed_id == self.id)


class Picture(Model):
    """A picture kept with us, so that a letter asks nothing of a third party."""

    __tablename__ = "pictures"

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    media_type: Mapped[str] = mapped_column(sa.String(30))
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def filename(self) -> str:
        return f"{self.digest[:32]}.{self.media_type.removeprefix('image/')}"

    @classmethod
    def named(cls, filename: str) -> Self | None:
        stem, _, ending = filename.rpartition(".")
        if len(stem) != 32 or not stem.isalnum():
            return None
        media_type = f"image/{ending}"
        return db.session.scalar(
            sa.select(cls).where(cls.digest.startswith(stem), cls.media_type == media_type)
        )


class Item(Model):
    """Something published that a letter may relay."""

    __tablename__ = "items"
    __table_args__ = (
        sa.UniqueConstraint("feed_id", "guid"),
        sa.Index("ix_items_kind_seen_at", "kind", "seen_at"),
    )

    kind: Mapped[Kind]
    title: Mapped[str] = mapped_column(sa.String(300))
    summary: Mapped[str] = mapped_column(sa.Text, default="")  # plain text
    url: Mapped[str] = mapped_column(sa.String(2000), default="")
    # The address without what changes from one day to the next: two writings of one page agree.
    canonical_url: Mapped[str] = mapped_column(sa.String(2000), default="", index=True)
    picture_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    picture_id: Mapped[int | None] = mapped_column(sa.ForeignKey("pictures.id"), index=True)
    picture: Mapped[Picture | None] = relationship(lazy="joined")
    picture_alt: Mapped[str] = mapped_column(sa.String(300), default="")
    # When the picture at `picture_url` was asked for; None while it is still to be.
    picture_tried_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    department: Mapped[str] = mapped_column(sa.String(3), default="")
    organisation: Mapped[str] = mapped_column(sa.String(300), default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    published_at: Mapped[datetime | None]
    starts_on: Mapped[date | None]
    # Closing date of a call or a job, last day of an event: the last day it still makes sense.
    ends_on: Mapped[date | None] = mapped_column(index=True)

    feed_id: Mapped[int | None] = mapped_column(sa.ForeignKey("feeds.id", ondelete="SET NULL"))
    feed: Mapped[Feed | None] = relationship(back_populates="items")
    guid: Mapped[str | None] = mapped_column(sa.String(500))
    seen_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    # Why its page is no longer there, in French; empty when it was, or was not asked for yet.
    link_error: Mapped[str] = mapped_column(sa.String(300), default="")
    link_checked_at: Mapped[datetime | None]
    # Columns that someone corrected by hand: the feed no longer changes them.
    kept: Mapped[list[str]] = mapped_column(default=list)

    # What a feed may write again, and a hand may correct.
    CONTENT = (
        "title", "summary", "url", "picture_url", "picture_alt", "place", "department",
        "organisation", "tags", "published_at", "starts_on", "ends_on",
    )  # fmt: skip

    @classmethod
    def latest(cls, kind: Kind | None = None, words: str = "") -> sa.Select[Self]:
        """The newest first, of one kind or of all, whose title or organisation holds `words`."""
        query = sa.select(cls).order_by(cls.seen_at.desc(), cls.id.desc())
        if kind is not None:
            query = query.where(cls.kind == kind)
        if words:
            query = query.where(
                sa.or_(
                    cls.title.icontains(words, autoescape=True),
                    cls.organisation.icontains(words, autoescape=True),
                )
            )
        return query

    def twins(self) -> sa.Select["Item"]:
        """Those of the same kind with the same title and the same link."""
        return sa.select(Item).where(
            Item.kind == self.kind, Item.title == self.title, Item.url == self.url
        )

    def is_over(self, on: date) -> bool:
        """Whether nothing can be done about it any more on that day."""
        return self.ends_on is not None and self.ends_on < on

    def edit(self, **values: object) -> None:
        """Change by hand: what differs is kept when the feed comes again."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        if changed:
            self.edited_at = now()
            self.kept = sorted({*self.kept, *changed})

    def refresh(self, **values: object) -> bool:
        """Take what the feed says today, except what was corrected by hand. True if it changed."""
        changed = False
        for name, value in values.items():
            if name not in self.kept and getattr(self, name) != value:
                setattr(self, name, value)
                changed = True
        return changed
