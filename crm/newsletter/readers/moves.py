"""Moves: someone asks to receive the letters at another address; it must first say yes itself."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, db, now
from crm.newsletter.subscriptions import Subscription

# A link that nobody opened for a week was not for them.
VALIDITY = timedelta(days=7)


class Move(Model):
    """A change of address, for all the letters received at the old one."""

    __tablename__ = "moves"

    subscription_id: Mapped[int] = mapped_column(
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    subscription: Mapped[Subscription] = relationship()
    old_email: Mapped[str] = mapped_column(sa.String(254))
    new_email: Mapped[str] = mapped_column(sa.String(254))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Whether it can still be confirmed: asked lately, and nothing moved meanwhile."""
        return (
            self.confirmed_at is None
            and self.asked_at > now() - VALIDITY
            and self.subscription.email == self.old_email
        )

    @classmethod
    def waiting(cls, subscription: Subscription) -> "Move | None":
        """The last one asked for and not confirmed, if it still can be."""
        found = db.session.scalars(
            sa.select(cls).where(cls.subscription_id == subscription.id).order_by(cls.id.desc())
        ).first()
        return found if found is not None and found.is_open else None
