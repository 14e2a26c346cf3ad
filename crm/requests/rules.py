"""« Nos règles »: the few numbers by which the team works, that it may change itself."""

from datetime import timedelta
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm.db import Model, db

SILENCE, OFFERED, REMINDED = 14, 3, 24


class Rules(Model):
    """The one row of them; the defaults hold until somebody changes one."""

    __tablename__ = "request_rules"
    __table_args__ = (
        sa.CheckConstraint("silence > 0 AND offered > 0 AND reminded > 0", name="positive"),
    )

    # Days without news after which a request is stuck, or to be closed.
    silence: Mapped[int] = mapped_column(default=SILENCE)
    # Slots offered with an assignment, unless others are chosen.
    offered: Mapped[int] = mapped_column(default=OFFERED)
    # Hours between a reminder and its appointment.
    reminded: Mapped[int] = mapped_column(default=REMINDED)

    @classmethod
    def current(cls) -> Self:
        """The rules as they are; a row not kept yet when nobody changed them."""
        known = db.session.scalar(sa.select(cls).limit(1))
        return known or cls(silence=SILENCE, offered=OFFERED, reminded=REMINDED)

    @property
    def patience(self) -> timedelta:
        return timedelta(days=self.silence)

    @property
    def before(self) -> timedelta:
        return timedelta(hours=self.reminded)
