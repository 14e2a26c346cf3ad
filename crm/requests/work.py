"""Work on a request: the time spent on it, and who has it open at this moment."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.filters import today
from crm.requests.requests import SupportRequest
from crm.users import User


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
