"""Erasures: that someone was forgotten, when and why, without saying who."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.users import User


class Reason(StrEnum):
    """Why someone was erased."""

    ASKED = "asked"
    OURS = "ours"
    SILENCE = "silence"

    @property
    def label(self) -> str:
        return {
            "asked": "à sa demande",
            "ours": "de notre initiative",
            "silence": "au terme de la durée de conservation",
        }[self]


class Erasure(Model):
    """One person was erased. Nothing here says who."""

    __tablename__ = "erasures"

    reason: Mapped[Reason]
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    user: Mapped[User | None] = relationship()
    # When the files of the database were written again, so that nothing stays in their free pages.
    settled_at: Mapped[datetime | None] = mapped_column(index=True)

    @classmethod
    def latest(cls) -> sa.Select["Erasure"]:
        return sa.select(cls).order_by(cls.id.desc())

    @classmethod
    def unsettled(cls) -> sa.Select["Erasure"]:
        return sa.select(cls).where(cls.settled_at.is_(None))
