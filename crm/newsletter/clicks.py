"""Clicks: the links of an issue, and how often each was followed, by whom it is not known."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.newsletter.issues import Issue


class Link(Model):
    """An address that an issue leads to: the same link of ours for everybody."""

    __tablename__ = "links"
    __table_args__ = (
        sa.UniqueConstraint("issue_id", "rank"),
        sa.UniqueConstraint("issue_id", "url"),
    )

    issue_id: Mapped[int] = mapped_column(sa.ForeignKey("issues.id", ondelete="CASCADE"))
    issue: Mapped[Issue] = relationship()
    rank: Mapped[int]  # from 1, in the order of the issue: « /lettres/resaclic/12/vers/3 »
    url: Mapped[str] = mapped_column(sa.String(2000))
    title: Mapped[str] = mapped_column(sa.String(300), default="")
    # What was counted once people and robots were told apart; the clicks themselves are gone.
    people: Mapped[int] = mapped_column(default=0)
    robots: Mapped[int] = mapped_column(default=0)

    @classmethod
    def of(cls, issue_id: int) -> sa.Select["Link"]:
        """The links of an issue, in its order."""
        return sa.select(cls).where(cls.issue_id == issue_id).order_by(cls.rank)


class Click(Model):
    """One click, kept an hour: the time it takes to tell people from robots.

    `visitor` is a keyed hash of the network address and the browser's name, with a key that changes
    each day: it tells one visitor from another within the hour, and nothing else.
    """

    __tablename__ = "clicks"

    link_id: Mapped[int] = mapped_column(sa.ForeignKey("links.id", ondelete="CASCADE"), index=True)
    link: Mapped[Link] = relationship()
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    visitor: Mapped[str] = mapped_column(sa.String(32))
    # It said itself that it is no person: its name, or how it asked.
    is_robot: Mapped[bool] = mapped_column(default=False)
