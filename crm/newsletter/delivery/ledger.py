"""The ledger of one issue: what is due, what dead workers left, what stands in the way, the end."""

import threading
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from crm.db import begin_writing, now, reading
from crm.holds import NOTHING_HELD
from crm.newsletter.deliveries import PENDING, Delivery, State
from crm.newsletter.delivery.gate import Gate
from crm.newsletter.delivery.processes import fell_with_its_machine, is_gone
from crm.newsletter.issues import Issue

Clock = Callable[[], datetime]

CALLED_OFF = "l’envoi a été arrêté"
_AT_ONCE = 5000  # rows settled in one commit: others have to write meanwhile


class Ledger:
    """The rows of one issue, all recipients together. Every method is a transaction of its own."""

    def __init__(self, engine: sa.Engine, issue_id: int, clock: Clock = now) -> None:
        self.engine, self.issue_id, self.clock = engine, issue_id, clock
        self.gate = Gate(engine, clock)
        self._mine = Delivery.issue_id == issue_id
        # SQLite has one writer: standing in line is quicker than trying again and again.
        self.line = threading.Lock()

    def due(self) -> int:
        """How many rows may be taken now."""
        due = sa.select(sa.func.count()).where(self._mine, Delivery.next_try_at <= self.clock())
        with self.engine.begin() as connection:
            return connection.scalar(due) or 0

    def next_at(self) -> datetime | None:
        """When the first of those who wait for their first try may be taken."""
        with reading(), self.engine.begin() as connection:
            return connection.scalar(
                sa.select(Delivery.next_try_at)
                .where(self._mine, Delivery.state == State.QUEUED, Delivery.claimed_by == "")
                .order_by(Delivery.next_try_at)
                .limit(1)
            )

    def is_wanted(self) -> bool:
        """Whether nobody has paused the issue, nor called it off, nor held everything back."""
        with reading(), self.engine.begin() as connection:
            return connection.scalar(
                sa.select(sa.true()).where(
                    Issue.id == self.issue_id,
                    Issue.paused_at.is_(None),
                    Issue.cancelled_at.is_(None),
                    NOTHING_HELD,
                )
            ) is True  # fmt: skip

    def take_back(self) -> int:
        """Queue again what dead workers had taken. Returns how many rows.

        A recipient that was being written to may have received the issue: only the server knew. So
        may those who were only reserved, if the whole machine fell before its disk knew better.
        """
        held = sa.and_(self._mine, Delivery.claimed_by != "")
        begin_writing()
        with self.engine.begin() as connection:
            takers = list(connection.scalars(sa.select(Delivery.claimed_by).where(held).distinct()))
            gone = [taker for taker in takers if is_gone(taker)]
            fallen = []
            if connection.dialect.name == "sqlite":  # else the database may know it from elsewhere
                fallen = [taker for taker in takers if fell_with_its_machine(taker)]
            return self._release(connection, sa.and_(held, Delivery.claimed_by.in_(gone + fallen)),
                                 sa.or_(_IS_SENDING, Delivery.claimed_by.in_(fallen)))  # fmt: skip

    def _release(
        self,
        connection: sa.Connection,
        rows: sa.ColumnElement[bool],
        in_doubt: sa.ColumnElement[bool],
    ) -> int:
        at = self.clock()
        doubted = sa.func.coalesce(Delivery.doubted_at, at)
        return connection.execute(
            sa.update(Delivery)
            .where(rows)
            .values(
                state=sa.case((_IS_SENDING, State.QUEUED), else_=Delivery.state),
                claimed_by="",
                next_try_at=at,
                doubted_at=sa.case((in_doubt, doubted), else_=Delivery.doubted_at),
            )
        ).rowcount

    def call_off(self) -> None:
        """Settle those who will not receive an issue that was stopped, a few thousand at a time.

        Those whom a worker is writing to at this moment are left to it.
        """
        waiting = sa.and_(
            self._mine,
            Delivery.state.in_((State.QUEUED, State.DEFERRED)),
            Delivery.claimed_by == "",
        )
        some = sa.select(Delivery.id).where(waiting).limit(_AT_ONCE)
        begin_writing()
        settled = _AT_ONCE
        while settled == _AT_ONCE:
            with self.engine.begin() as connection:
                settled = connection.execute(
                    sa.update(Delivery)
                    .where(Delivery.id.in_(some), waiting)
                    .values(
                        state=State.SUPPRESSED,
                        response=CALLED_OFF,
                        next_try_at=None,
                        settled_at=self.clock(),
                    )
                ).rowcount

    def close(self) -> bool:
        """Settle what was called off, and `finish`."""
        if self._is_called_off():
            self.call_off()
        return self.finish()

    def _is_called_off(self) -> bool:
        with self.engine.begin() as connection:
            return connection.scalar(
                sa.select(sa.true()).where(
                    Issue.id == self.issue_id, Issue.cancelled_at.is_not(None)
                )
            ) is True  # fmt: skip

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
                    Issue.paused_at.is_(None),
                    ~left,
                )
                .values(sent_at=self.clock(), trouble="")
            )
        return done.rowcount == 1

    def tell(self, trouble: str) -> None:
        """Keep what stands in the way, in French, for whoever looks at the issue."""
        telling = sa.and_(Issue.id == self.issue_id, Issue.trouble != trouble[:500])
        with reading(), self.engine.begin() as connection:
            if connection.scalar(sa.select(Issue.id).where(telling)) is None:
                return
        begin_writing()
        with self.line, self.engine.begin() as connection:
            connection.execute(sa.update(Issue).where(telling).values(trouble=trouble[:500]))


_IS_SENDING = Delivery.state == State.SENDING
