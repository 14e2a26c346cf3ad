"""Publications with their recipe, and their issues with their sections."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, defer, mapped_column, relationship

from crm.contacts.search.segments import Segment
from crm.db import Json, Model, db, now
from crm.users import User

if TYPE_CHECKING:
    from crm.newsletter.placements import Placement
    from crm.newsletter.subscriptions import Subscription


class Layout(StrEnum):
    """How a section shows its items."""

    FEATURE = "feature"
    CARDS = "cards"
    LINES = "lines"

    @property
    def label(self) -> str:
        return {"feature": "à la une", "cards": "articles", "lines": "liste courte"}[self]


class Order(StrEnum):
    NEWEST = "newest"
    DEADLINE = "deadline"

    @property
    def label(self) -> str:
        return {"newest": "les plus récents d’abord", "deadline": "par date"}[self]


class Opens(StrEnum):
    """Whether a publication measures that it is opened, and how (CNIL, délibération 2026-042)."""

    NONE = "none"
    TOTALS = "totals"
    CONSENTED = "consented"

    @property
    def label(self) -> str:
        return {
            "none": "ne pas les mesurer",
            "totals": "un total par numéro, sans savoir qui",
            "consented": "chez les seules personnes qui l’ont accepté",
        }[self]


class SectionRule:
    """What goes in a section: the columns shared by a recipe and by an issue made from it."""

    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(120))
    kinds: Mapped[list[str]] = mapped_column(default=list)
    # Only items that carry one of these tags; none: every item of these kinds.
    tags: Mapped[list[str]] = mapped_column(default=list)
    quota: Mapped[int | None]
    order: Mapped[Order] = mapped_column(default=Order.NEWEST)
    layout: Mapped[Layout] = mapped_column(default=Layout.CARDS)
    # How many days before its end an item must still reach its readers (0: until that very day).
    lead_days: Mapped[int] = mapped_column(default=0)
    # For whom it is, as crm.newsletter.conditions writes it; nothing: for everybody.
    only: Mapped[dict[str, Any]] = mapped_column(default=dict)

    RULE = ("position", "title", "kinds", "tags", "quota", "order", "layout", "lead_days", "only")


class Publication(Model):
    """A letter that has numbered issues."""

    __tablename__ = "publications"

    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    frequency: Mapped[str] = mapped_column(sa.String(60), default="")
    sender_name: Mapped[str] = mapped_column(sa.String(120), default="")
    # Whether its readers may choose to receive fewer numbers (see crm.newsletter.delivery.rhythms).
    offers_rhythms: Mapped[bool] = mapped_column(default=False)
    # Clicks are counted for everybody together: nothing in a link tells who clicks.
    counts_clicks: Mapped[bool] = mapped_column(default=True)
    opens: Mapped[Opens] = mapped_column(default=Opens.NONE)
    # Whether somebody else than its author reads each number again before it leaves.
    needs_review: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    recipe: Mapped[list["RecipeSection"]] = relationship(
        cascade="all, delete-orphan", order_by="RecipeSection.position"
    )
    issues: Mapped[list["Issue"]] = relationship(back_populates="publication")
    subscriptions: Mapped[list["Subscription"]] = relationship(back_populates="publication")

    @classmethod
    def find(cls, slug: str) -> Self | None:
        return db.session.scalar(sa.select(cls).where(cls.slug == slug))

    @classmethod
    def open(cls) -> sa.Select[Self]:
        return sa.select(cls).where(cls.closed_at.is_(None)).order_by(cls.id)

    @classmethod
    def named(cls, slug: str) -> Self:
        """The publication with this slug. Raises LookupError when there is none."""
        found = cls.find(slug)
        if found is None:
            raise LookupError(slug)
        return found

    def next_number(self) -> int:
        last = db.session.scalar(
            sa.select(sa.func.max(Issue.number)).where(Issue.publication_id == self.id)
        )
        return (last or 0) + 1

    def last_sent(self) -> "Issue | None":
        """The last number that left, which the next one starts from."""
        return db.session.scalar(
            sa.select(Issue)
            .where(Issue.publication_id == self.id, Issue.frozen_at.is_not(None))
            .order_by(Issue.number.desc())
            .limit(1)
            .options(defer(Issue.content))
        )


class RecipeSection(SectionRule, Model):
    """One section of the recipe that a publication's issues are composed from."""

    __tablename__ = "recipe_sections"

    publication_id: Mapped[int] = mapped_column(
        sa.ForeignKey("publications.id", ondelete="CASCADE"), index=True
    )


class Issue(Model):
    """One number of a publication: a draft, then frozen when it is scheduled, then sent."""

    __tablename__ = "issues"
    __table_args__ = (sa.UniqueConstraint("publication_id", "number"),)

    publication_id: Mapped[int] = mapped_column(sa.ForeignKey("publications.id"))
    publication: Mapped[Publication] = relationship(back_populates="issues")
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    preheader: Mapped[str] = mapped_column(sa.String(200), default="")
    editorial: Mapped[str] = mapped_column(sa.Text, default="")  # Markdown
    # The day it is composed for: what closes before has no place in it.
    planned_on: Mapped[date]
    composed_at: Mapped[datetime] = mapped_column(default=now)
    composed_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    composed_by: Mapped[User | None] = relationship(foreign_keys=composed_by_id)
    # How many times it was changed: a page that shows another number is no longer up to date.
    version: Mapped[int] = mapped_column(default=0)
    # « À relire », then « relu par » or « à reprendre », with a word (see crm.newsletter.review).
    review_asked_at: Mapped[datetime | None]
    review_asked_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    review_asked_by: Mapped[User | None] = relationship(foreign_keys=review_asked_by_id)
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    reviewed_by: Mapped[User | None] = relationship(foreign_keys=reviewed_by_id)
    reviewed_digest: Mapped[str] = mapped_column(sa.String(64), default="")  # of what was read
    review_note: Mapped[str] = mapped_column(sa.String(1000), default="")
    # Frozen: what was decided no longer changes, whatever happens to the items.
    frozen_at: Mapped[datetime | None]
    content: Mapped[dict[str, Any] | None] = mapped_column(Json)
    scheduled_at: Mapped[datetime | None] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]  # while it was leaving: the rest did not
    # Late, or restored from a backup: when somebody said that it leaves all the same.
    insisted_at: Mapped[datetime | None]
    # What keeps it from leaving at the moment, in French; empty when nothing does.
    trouble: Mapped[str] = mapped_column(sa.String(500), default="")
    # How many times it was opened, when the publication counts totals; robots apart.
    open_count: Mapped[int] = mapped_column(default=0)

    # The segment that chooses among the subscribers, until it leaves; then its name alone is known.
    audience_id: Mapped[int | None] = mapped_column(sa.ForeignKey("segments.id"))
    audience: Mapped[Segment | None] = relationship()
    audience_name: Mapped[str] = mapped_column(sa.String(120), default="")

    sections: Mapped[list["Section"]] = relationship(
        back_populates="issue", cascade="all, delete-orphan", order_by="Section.position"
    )

    @property
    def title(self) -> str:
        """« RESA’CLIC n° 12 », with its no-break space."""
        return f"{self.publication.name} n°\u00a0{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.frozen_at is None

    @property
    def is_scheduled(self) -> bool:
        return self.scheduled_at is not None and self.started_at is None

    def is_due(self, at: datetime) -> bool:
        """Whether its hour has come and it is not wholly sent, paused or not."""
        return self.scheduled_at is not None and self.scheduled_at <= at and self.sent_at is None

    @property
    def is_sent(self) -> bool:
        return self.sent_at is not None

    @property
    def is_public(self) -> bool:
        """Readable by everyone from the moment it begins to leave."""
        return self.started_at is not None

    @property
    def placements(self) -> list["Placement"]:
        return [placement for section in self.sections for placement in section.placements]

    @classmethod
    def find(cls, slug: str, number: int) -> Self | None:
        return db.session.scalar(
            sa.select(cls)
            .join(cls.publication)
            .where(Publication.slug == slug, cls.number == number)
        )

    @classmethod
    def newest(cls, publication: Publication) -> sa.Select[Self]:
        """Every number, drafts included, the newest first."""
        return (
            sa.select(cls).where(cls.publication_id == publication.id).order_by(cls.number.desc())
        )

    @classmethod
    def drafts(cls) -> sa.Select[Self]:
        """What can still change, the first to leave first."""
        return sa.select(cls).where(cls.frozen_at.is_(None)).order_by(cls.planned_on, cls.id)

    @classmethod
    def published(cls, publication: Publication) -> sa.Select[Self]:
        """The issues of the public archive, the newest first."""
        return (
            sa.select(cls)
            .where(cls.publication_id == publication.id, cls.started_at.is_not(None))
            .order_by(cls.number.desc())
        )

    @classmethod
    def paused(cls) -> sa.Select[Self]:
        """Those that began to leave and wait to be resumed."""
        return sa.select(cls).where(cls.paused_at.is_not(None), cls.sent_at.is_(None))

    @classmethod
    def due(cls, at: datetime) -> sa.Select[Self]:
        """The scheduled issues whose hour has come and that have still to be seen to."""
        return (
            sa.select(cls)
            .where(cls.scheduled_at <= at, cls.sent_at.is_(None), cls.paused_at.is_(None))
            .order_by(cls.scheduled_at, cls.id)
        )


class Section(SectionRule, Model):
    """A titled part of an issue."""

    __tablename__ = "sections"

    issue_id: Mapped[int] = mapped_column(
        sa.ForeignKey("issues.id", ondelete="CASCADE"), index=True
    )
    issue: Mapped[Issue] = relationship(back_populates="sections")
    placements: Mapped[list["Placement"]] = relationship(
        back_populates="section",
        cascade="all, delete-orphan",
        order_by="Placement.position",
        lazy="selectin",  # those of every section of a number in one query, not one for each
    )
