"""Presence: who has the desk of an issue open, as of a moment ago."""

from datetime import datetime, timedelta
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.newsletter.issues import Issue
from crm.users import User

LATELY = timedelta(seconds=60)


class DeskLook(Model):
    """Someone of the team has this issue open."""

    __tablename__ = "desk_looks"
    __table_args__ = (sa.UniqueConstraint("issue_id", "user_id"),)

    issue_id: Mapped[int] = mapped_column(sa.ForeignKey("issues.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship()
    at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def lately(cls, issue: Issue, user: User, at: datetime) -> sa.Select[Self]:
        """The others who have it open."""
        return (
            sa.select(cls)
            .join(cls.user)
            .where(cls.issue_id == issue.id, cls.user_id != user.id, cls.at > at - LATELY)
            .order_by(User.name, User.id)
        )


def note(issue: Issue, user: User) -> None:
    """Write down that `user` has `issue` open now."""
    mine = DeskLook.issue_id == issue.id, DeskLook.user_id == user.id
    known = db.session.scalar(sa.select(DeskLook).where(*mine))
    if known is not None:
        known.at = now()
        return
    try:
        with db.session.begin_nested():
            db.session.add(DeskLook(issue_id=issue.id, user_id=user.id))
    except sa.exc.IntegrityError:  # two tabs at the same moment
        pass


def others(issue: Issue, user: User) -> list[str]:
    """The names of those who have `issue` open besides `user`."""
    found = db.session.scalars(DeskLook.lately(issue, user, now()))
    return [look.user.display_name for look in found]
