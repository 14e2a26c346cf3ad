"""Bounces: what came back of what was sent, each return written down once."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.db import Model, now
from crm.newsletter.deliveries import Delivery
from crm.newsletter.subscriptions import Subscription


class Kind(StrEnum):
    """What a return says of the address it concerns."""

    HARD = "hard"
    SOFT = "soft"
    BLOCKED = "blocked"
    COMPLAINT = "complaint"

    @property
    def label(self) -> str:
        return {
            "hard": "adresse refusée pour de bon",
            "soft": "refus passager",
            "blocked": "message refusé, l’adresse n’y est pour rien",
            "complaint": "signalé comme indésirable",
        }[self]


class Bounce(Model):
    """One return: a refusal, for good or for now, or a complaint."""

    __tablename__ = "bounces"

    # What makes two readings of one return the same: the second one changes nothing.
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[Kind]
    status: Mapped[str] = mapped_column(sa.String(20), default="")  # RFC 3463, « 5.1.1 »
    words: Mapped[str] = mapped_column(sa.String(500), default="")  # the server's
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    # None: nothing in it says whom it concerns.
    subscription_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"), index=True
    )
    subscription: Mapped[Subscription | None] = relationship()
    delivery_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("deliveries.id", ondelete="CASCADE"), index=True
    )
    delivery: Mapped[Delivery | None] = relationship()

    @classmethod
    def of(cls, subscription: Subscription) -> sa.Select["Bounce"]:
        """What came back from someone's address, the newest first."""
        return (
            sa.select(cls)
            .where(cls.subscription_id == subscription.id)
            .order_by(cls.happened_at.desc(), cls.id.desc())
        )

    @classmethod
    def unattributed(cls) -> sa.Select["Bounce"]:
        """The returns that nobody could be found for, the newest first."""
        return sa.select(cls).where(cls.subscription_id.is_(None)).order_by(cls.id.desc())
