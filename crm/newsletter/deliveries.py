"""Deliveries: the ledger, one row for each recipient of each issue."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crm.db import Model, db
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    State.QUEUED: "en attente",
    State.SENDING: "en cours d’envoi",
    State.DEFERRED: "remis à plus tard",
    State.SENT: "envoyé",
    State.FAILED: "refusé",
    State.BOUNCED: "revenu",
    State.COMPLAINED: "signalé indésirable",
    State.SUPPRESSED: "écarté",
}

# What has still to be handed over before an issue is wholly sent.
PENDING = (State.QUEUED, State.SENDING, State.DEFERRED)


class Delivery(Model):
    """One issue handed, or not, to one subscriber."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint("issue_id", "subscription_id"),
        # What is not settled has a next try, so nobody is forgotten; what is settled has none.
        sa.CheckConstraint(
            "(state IN ('queued', 'sending', 'deferred')) = (next_try_at IS NOT NULL)",
            name="next_try",
        ),
        sa.Index("ix_deliveries_issue_id_state", "issue_id", "state"),
        sa.Index("ix_deliveries_issue_id_next_try_at", "issue_id", "next_try_at"),
        # Only what is held at this moment: never more than a few dozen rows.
        sa.Index(
            "ix_deliveries_held",
            "issue_id",
            "claimed_by",
            sqlite_where=sa.text("claimed_by <> ''"),
            postgresql_where=sa.text("claimed_by <> ''"),
        ),
    )

    issue_id: Mapped[int] = mapped_column(sa.ForeignKey("issues.id"))
    issue: Mapped[Issue] = relationship()
    subscription_id: Mapped[int] = mapped_column(sa.ForeignKey("subscriptions.id"), index=True)
    subscription: Mapped[Subscription] = relationship()
    state: Mapped[State] = mapped_column(default=State.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    # Who took the row, and when it was marked: a worker that died is recognised by it.
    claimed_by: Mapped[str] = mapped_column(sa.String(100), default="")
    claimed_at: Mapped[datetime | None]
    # From when it may be taken, and, once taken, from when it may be taken back. None: settled.
    next_try_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    # Failed because it was put off too often, not because the server said no.
    given_up_at: Mapped[datetime | None]
    # In flight when a worker died, then sent again: perhaps received twice.
    doubted_at: Mapped[datetime | None]
    response: Mapped[str] = mapped_column(sa.String(500), default="")  # the server's words
    # Which of the issue's conditions its reader met, one bit each (see crm.newsletter.variants).
    bits: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    # First seen open, by someone who agreed to that.
    opened_at: Mapped[datetime | None]

    @classmethod
    def counts(cls, issue: Issue) -> dict[State, int]:
        """How many recipients are in each state, every state present."""
        rows = db.session.execute(
            sa.select(cls.state, sa.func.count())
            .where(cls.issue_id == issue.id)
            .group_by(cls.state)
        )
        return dict.fromkeys(State, 0) | {row[0]: row[1] for row in rows}

    @classmethod
    def of(cls, subscription: Subscription) -> sa.Select["Delivery"]:
        """What was sent to someone, the newest first."""
        return sa.select(cls).where(cls.subscription_id == subscription.id).order_by(cls.id.desc())

    @classmethod
    def count(cls, issue: Issue, state: State, which: sa.ColumnElement[bool]) -> int:
        """How many recipients of `issue` are in this state, and so."""
        query = sa.select(sa.func.count()).where(cls.issue_id == issue.id, cls.state == state)
        return db.session.scalar(query.where(which)) or 0

    @classmethod
    def doubted(cls, issue: Issue) -> sa.Select["Delivery"]:
        """Those who perhaps received `issue` twice, with their addresses."""
        return (
            sa.select(cls)
            .where(cls.issue_id == issue.id, cls.doubted_at.is_not(None))
            .options(joinedload(cls.subscription))
            .order_by(cls.id)
        )

    @classmethod
    def count_doubted(cls, issue: Issue) -> int:
        query = sa.select(sa.func.count()).where(cls.issue_id == issue.id)
        return db.session.scalar(query.where(cls.doubted_at.is_not(None))) or 0

    @classmethod
    def told(cls, issue: Issue, state: State) -> sa.Select["Delivery"]:
        """The recipients of an issue in one state, by address."""
        return (
            sa.select(cls)
            .join(cls.subscription)
            .where(cls.issue_id == issue.id, cls.state == state)
            .order_by(Subscription.email)
        )
