"""What one worker holds: rows are taken and committed before anything is said to a server, and
settled in the commit that takes the next ones.

So at any instant each row is either settled, or waiting, or held by exactly one worker, on whatever
machine. When that worker dies, only what it held is in doubt.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.db import begin_writing
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.ledger import Ledger
from crm.newsletter.subscriptions import Subscription

log = logging.getLogger(__name__)

GROUP = 8  # rows held at once: what the death of a worker leaves in doubt
# How long a worker of which nothing can be known (another machine) keeps its rows; and how long it
# may begin a message: the difference is more than a server can keep one message waiting.
LEASE = timedelta(minutes=15)
BEGINNING = timedelta(minutes=5)
# Seconds between tries when the database is away: what was sent is kept in memory meanwhile, and
# nothing more is sent.
DATABASE_PATIENCE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)

LEFT = "s’est désinscrit·e"
NO_CONSENT = "sans consentement confirmé"


@dataclass(frozen=True)
class Row:
    """A row that is held, and what it takes to write to its recipient."""

    delivery_id: int
    subscription_id: int
    email: str
    name: str
    attempts: int


@dataclass(frozen=True)
class Result:
    """What became of a row: sent, refused for good, or put off until `next_try_at`."""

    row: Row
    state: State
    response: str
    next_try_at: datetime | None = None
    in_doubt: bool = False


class Claims:
    """The rows that one worker holds. Every method is a transaction of its own."""

    def __init__(self, ledger: Ledger, worker: str) -> None:
        self.ledger, self.worker = ledger, worker
        self.held: list[Row] = []
        self.taken_at = ledger.clock()
        self.settled = 0  # rows that nobody has to come back to

    def turn(self, results: Sequence[Result]) -> list[Row]:
        """Settle the rows that are held and take the next ones, in one commit.

        A row without result goes back as it was: it was not tried.
        """
        return self._commit(results, take=True)

    def settle(self, results: Sequence[Result]) -> None:
        """Settle the rows that are held, and take none."""
        if self.held:
            self._commit(results, take=False)

    @property
    def may_begin(self) -> bool:
        """Whether there is time enough to write to one more recipient before the rows are lost."""
        return self.ledger.clock() < self.taken_at + BEGINNING

    def _commit(self, results: Sequence[Result], *, take: bool) -> list[Row]:
        begin_writing()
        for attempt, delay in enumerate((*DATABASE_PATIENCE, None)):
            try:
                with self.ledger.line, self.ledger.engine.begin() as connection:
                    settled = self._settle(connection, results)
                    if attempt or len(results) < len(self.held):
                        # A commit that was cut off may have taken rows that we know nothing of.
                        self._hand_back(connection)
                    rows, set_aside = self._take(connection) if take else ([], 0)
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
                if delay is None:
                    raise
                log.warning("la base ne répond pas (%s)", type(error.orig).__name__)
                time.sleep(delay)
            else:
                break
        self.held = rows
        self.settled += settled + set_aside
        return rows

    def _settle(self, connection: sa.Connection, results: Sequence[Result]) -> int:
        at = self.ledger.clock()
        if results:
            connection.execute(_SETTLE, [self._values(result, at) for result in results])
        return sum(result.next_try_at is None for result in results)

    def _values(self, result: Result, at: datetime) -> dict[str, object]:
        return {
            "row": result.row.delivery_id,
            "worker": self.worker,
            "to_state": result.state,
            "words": result.response[:500],
            "next_try": result.next_try_at,
            "settled": at if result.next_try_at is None else None,
            "doubted": at if result.in_doubt else None,
        }

    def _hand_back(self, connection: sa.Connection) -> None:
        connection.execute(
            sa.update(Delivery)
            .where(
                Delivery.issue_id == self.ledger.issue_id,
                Delivery.state == State.SENDING,
                Delivery.claimed_by == self.worker,
            )
            .values(state=State.QUEUED, claimed_by="", next_try_at=self.ledger.clock())
        )

    def _take(self, connection: sa.Connection) -> tuple[list[Row], int]:
        """The next rows, and how many were set aside because their recipient is one no more."""
        self.taken_at, set_aside = self.ledger.clock(), 0
        while True:
            found = connection.execute(
                _NEXT, {"issue": self.ledger.issue_id, "at": self.taken_at, "most": GROUP}
            ).all()
            rows = [
                Row(one.id, one.subscription_id, one.email, _name(one), one.attempts)
                for one in found
                if one.can_receive
            ]
            set_aside += self._set_aside(connection, found)
            if rows:
                self._mark(connection, rows)
            if rows or not found:
                return rows, set_aside

    def _mark(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        connection.execute(
            _MARK,
            {
                "ids": [row.delivery_id for row in rows],
                "worker": self.worker,
                "at": self.taken_at,
                "until": self.taken_at + LEASE,
            },
        )

    def _set_aside(self, connection: sa.Connection, found: Sequence[Any]) -> int:
        """Write down why those who left, or must no longer be written to, receive nothing."""
        values = [
            {"row": one.id, "words": _reason(one), "at": self.taken_at}
            for one in found
            if not one.can_receive
        ]
        if values:
            connection.execute(_SET_ASIDE, values)
        return len(values)


def _name(one: Any) -> str:
    return f"{one.first_name} {one.last_name}".strip()


def _reason(one: Any) -> str:
    return LEFT if one.left_at is not None else one.suppressed or NO_CONSENT


def _moment(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Delivery.claimed_at.type)


# On SQLite the transaction has the write lock from its first word; on PostgreSQL rows that another
# worker is taking are passed over. A row still marked « sending » when its time comes was taken by
# a worker that has not been heard of since.
_DUE = (
    sa.select(Delivery.id, Delivery.subscription_id, Delivery.attempts)
    .where(Delivery.issue_id == sa.bindparam("issue"), Delivery.next_try_at <= _moment("at"))
    .order_by(Delivery.next_try_at)
    # In full: PostgreSQL prepares the statement, and a plan for any limit reads the whole table.
    .limit(sa.bindparam("most", type_=sa.Integer, literal_execute=True))
    .with_for_update(skip_locked=True)
    .subquery()
)

# Joined afterwards: consents are looked for eight times, not for everybody.
_NEXT = sa.select(
    _DUE.c.id,
    _DUE.c.subscription_id,
    _DUE.c.attempts,
    Subscription.email,
    Subscription.first_name,
    Subscription.last_name,
    Subscription.left_at,
    Subscription.suppressed,
    Subscription.can_receive().label("can_receive"),
).join_from(_DUE, Subscription, Subscription.id == _DUE.c.subscription_id)

_MARK = (
    sa.update(Delivery)
    .where(Delivery.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        state=State.SENDING,
        claimed_by=sa.bindparam("worker"),
        claimed_at=_moment("at"),
        next_try_at=_moment("until"),
        doubted_at=sa.case(
            (Delivery.state == State.SENDING, sa.func.coalesce(Delivery.doubted_at, _moment("at"))),
            else_=Delivery.doubted_at,
        ),
    )
)

# Only its holder settles a row: one that was taken back meanwhile is no longer ours to speak of.
_SETTLE = (
    sa.update(Delivery)
    .where(
        Delivery.id == sa.bindparam("row"),
        Delivery.state == State.SENDING,
        Delivery.claimed_by == sa.bindparam("worker"),
    )
    .values(
        state=sa.bindparam("to_state", type_=Delivery.state.type),
        attempts=Delivery.attempts + 1,
        claimed_by="",
        response=sa.bindparam("words"),
        next_try_at=_moment("next_try"),
        settled_at=_moment("settled"),
        doubted_at=sa.func.coalesce(Delivery.doubted_at, _moment("doubted")),
    )
)

_SET_ASIDE = (
    sa.update(Delivery)
    .where(Delivery.id == sa.bindparam("row"))
    .values(
        state=State.SUPPRESSED,
        response=sa.bindparam("words"),
        settled_at=_moment("at"),
        next_try_at=None,
    )
)
