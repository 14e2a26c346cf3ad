"""The ledger of one issue: what is due, what dead workers left, what stands in the way, the end."""

import threading
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from crm.db import begin_writing, now
from crm.newsletter.deliveries import PENDING, Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.processes import is_gone

Clock = Callable[[], datetime]


class Ledger:
    """The rows of one issue, all recipients together. Every method is a transaction of its own."""

    def __init__(self, engine: sa.Engine, issue_id: int, clock: Clock = now) -> None:
        self.engine, self.issue_id, self.clock = engine, issue_id, clock
        self._mine = Delivery.issue_id == issue_id
        # SQLite has one writer: standing in line is quicker than trying again and again.
        self.line = threading.Lock()

    def due(self) -> int:
        """How many rows may be taken now."""
        due = sa.select(sa.func.count()).where(self._mine, Delivery.next_try_at <= self.clock())
        with self.engine.begin() as connection:
            return connection.scalar(due) or 0

    def waiting(self) -> tuple[int, datetime | None]:
        """How many rows are not settled, and when the first of them may be taken."""
        rows = sa.select(sa.func.count(), sa.func.min(Delivery.next_try_at)).where(
            self._mine, Delivery.state.in_(PENDING)
        )
        with self.engine.begin() as connection:
            count, first = connection.execute(rows).one()
        return count, first

    def take_back(self) -> int:
        """Queue again, marked as doubtful, what dead workers had taken. Returns how many.

        A recipient that was being written to may have received the issue: only the server knew.
        """
        sending = sa.and_(self._mine, Delivery.state == State.SENDING)
        at = self.clock()
        begin_writing()
        with self.engine.begin() as connection:
            takers = connection.scalars(sa.select(Delivery.claimed_by).where(sending).distinct())
            gone = [taker for taker in takers if is_gone(taker)]
            return connection.execute(
                sa.update(Delivery)
                .where(sending, Delivery.claimed_by.in_(gone))
                .values(
                    state=State.QUEUED,
                    claimed_by="",
                    next_try_at=at,
                    doubted_at=sa.func.coalesce(Delivery.doubted_at, at),
                )
            ).rowcount

    def finish(self) -> bool:
        """Say that the issue is wholly sent, when no row is left to settle. True if it just was."""
        left = sa.exists().where(self._mine, Delivery.state.in_(PENDING))
        begin_writing()
        with self.engine.begin() as connection:
            done = connection.execute(
                sa.update(Issue)
                .where(
                    Issue.id == self.issue_id,
                    Issue.started_at.is_not(None),
                    Issue.sent_at.is_(None),
                    ~left,
                )
                .values(sent_at=self.clock(), trouble="")
            )
        return done.rowcount == 1

    def tell(self, trouble: str) -> None:
        """Keep what stands in the way, in French, for whoever looks at the issue."""
        begin_writing()
        with self.engine.begin() as connection:
            connection.execute(
                sa.update(Issue)
                .where(Issue.id == self.issue_id, Issue.trouble != trouble[:500])
                .values(trouble=trouble[:500])
            )
