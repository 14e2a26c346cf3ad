"""Holds: while one lasts nothing leaves, neither letters nor mails, until someone says go."""

from datetime import datetime
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.users import User


class Hold(Model):
    """A backup was restored: what it believes to be waiting may have left since it was made."""

    __tablename__ = "holds"

    began_at: Mapped[datetime] = mapped_column(default=now)
    # What happened between this moment and `began_at` is forgotten: it was made after the backup.
    data_from: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    ended_by: Mapped[User | None] = relationship()

    @classmethod
    def current(cls) -> Self | None:
        """The one that lasts, the most recent if there are several."""
        return db.session.scalar(
            sa.select(cls).where(cls.ended_at.is_(None)).order_by(cls.id.desc()).limit(1)
        )

    @classmethod
    def last(cls) -> Self | None:
        """The most recent one, over or not: what was due before its end may have left already."""
        return db.session.scalar(sa.select(cls).order_by(cls.id.desc()).limit(1))


# To be added to what is looked for when something leaves.
NOTHING_HELD = ~sa.exists().where(Hold.ended_at.is_(None))


def is_held() -> bool:
    """Whether nothing may leave at the moment."""
    return not db.session.scalar(sa.select(NOTHING_HELD))


def release(by: User | None) -> None:
    """Let things leave again. Safe to repeat."""
    db.session.execute(
        sa.update(Hold)
        .where(Hold.ended_at.is_(None))
        .values(ended_at=now(), ended_by_id=by.id if by else None)
    )
