"""Work on a request: the time spent on it, and who has it open at this moment."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.filters import today
from crm.requests.requests import SupportRequest
from crm.users import User

PRESENT = timedelta(seconds=75)  # an open page says so every 30 seconds


class TimeSpent(Model):
    """Minutes that someone of the team gave to a request, one day."""

    __tablename__ = "time_spent"
    __table_args__ = (sa.CheckConstraint("minutes > 0", name="minutes"),)

    request_id: Mapped[int] = mapped_column(
        sa.ForeignKey("requests.id", ondelete="CASCADE"), index=True
    )
    request: Mapped[SupportRequest] = relationship()
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    user: Mapped[User] = relationship()
    minutes: Mapped[int]
    on: Mapped[date] = mapped_column(default=today)
    note: Mapped[str] = mapped_column(sa.String(200), default="")


class Look(Model):
    """Someone of the team has this request open, as of a moment ago."""

    __tablename__ = "request_looks"
    __table_args__ = (sa.UniqueConstraint("request_id", "user_id"),)

    request_id: Mapped[int] = mapped_column(sa.ForeignKey("requests.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    user: Mapped[User] = relationship()
    at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def note(cls, request: SupportRequest, user: User) -> None:
        """This user has this request open now."""
        known = db.session.scalar(
            sa.select(cls).where(cls.request_id == request.id, cls.user_id == user.id)
        )
        if known is None:
            db.session.add(cls(request_id=request.id, user_id=user.id))
        else:
            known.at = now()

    @classmethod
    def others(cls, request: SupportRequest, user: User) -> list[User]:
        """Who else has it open, as of a minute ago."""
        lately = sa.and_(cls.request_id == request.id, cls.at > now() - PRESENT)
        found = sa.select(User).join(cls, cls.user_id == User.id).where(lately, User.id != user.id)
        return list(db.session.scalars(found.order_by(User.name)))


def minutes_of(request: SupportRequest) -> int:
    """All the time spent on a request, in minutes."""
    spent = sa.select(sa.func.coalesce(sa.func.sum(TimeSpent.minutes), 0))
    return db.session.scalar(spent.where(TimeSpent.request_id == request.id)) or 0
