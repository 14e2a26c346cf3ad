"""What one worker holds: rows are marked and committed before anything is said to a server, and
settled in the commit that marks the next ones.

So at any instant each row is either settled, or waiting, or held by exactly one worker, on whatever
machine. When that worker dies, only what it had marked is in doubt.

Rows come in two steps. A few dozen are reserved at once, written through to the disk; then they are
marked « sending » a few at a time. What is only reserved was not spoken of to anybody: it is handed
back without a doubt, unless the machine itself fell, with all that its disk had not seen yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.newsletter.deliveries import State
from crm.newsletter.delivery import rows as sql
from crm.newsletter.delivery.commits import Commits
from crm.newsletter.delivery.ledger import Ledger
from crm.newsletter.delivery.processes import is_of_this_boot

GROUP = 8  # rows marked at once: what the death of a worker leaves in doubt
BLOCK = 64  # rows reserved at once, at the most
# A row that was reserved longer ago is looked at again: who leaves meanwhile receives nothing.
FRESH = timedelta(seconds=0.9)
BRIEF = timedelta(seconds=0.25)
# How long a worker of which nothing can be known (another machine) keeps its rows: far more than a
# server can keep one message waiting.
LEASE = timedelta(minutes=15)

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
    bits: int = 0

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2].lower()


@dataclass(frozen=True)
class Result:
    """What became of a row: sent, refused for good, or put off until `next_try_at`.

    `is_given_up`: it would have been put off, had it not been so too often.
    """

    row: Row
    state: State
    response: str
    next_try_at: datetime | None = None
    in_doubt: bool = False
    is_given_up: bool = False


class Claims:
    """The rows that one worker holds. `turn` and `settle` are a transaction of their own each."""

    def __init__(self, ledger: Ledger, worker: str, group: int = GROUP, relay: str = "") -> None:
        self.ledger, self.worker, self.group, self.relay = ledger, worker, group, relay
        self.commits = Commits(ledger)
        self.held: list[Row] = []  # marked: perhaps being written to
        self.reserve: list[Row] = []  # the next ones
        self.reserved_at = ledger.clock()
        # How many are reserved at once: twice as many while they leave quickly, so that nobody
        # keeps to himself what the other workers could send.
        self.block = max(1, group // 2)
        self.settled = 0  # rows that nobody has to come back to
        self.set_aside = 0  # of which those who must no longer be written to
        self.found = 0  # rows that were due when it last looked

    def turn(self, results: Sequence[Result]) -> list[Row]:
        """Settle the rows that are held and mark the next ones, in one commit.

        A row without result goes back as it was: it was not tried.
        """
        is_lost = len(results) < len(self.held) or not self.is_fresh
        if is_lost and self.reserve:
            self.block = max(1, self.block // 4)
        renews = is_lost or not self.reserve

        def change(connection: sa.Connection, is_again: bool) -> list[Row]:
            self._settle(connection, results)
            if is_lost or is_again:
                self._hand_back(connection)
            if renews or is_again:
                self.reserve = self._reserve(connection)
            following = self.reserve[: self.group]
            if following and self._mark(connection, following) < len(following):
                # Asleep for so long that others took them: what is left of them is looked at again.
                self._hand_back(connection)
                self.reserve = following = []
            return following

        self._keep(self.commits.run(change, on_disk=renews), results)
        return self.held

    def settle(self, results: Sequence[Result]) -> None:
        """Settle the rows that are held, hand back the others, and take none."""
        if not self.held and not self.reserve:
            return

        def change(connection: sa.Connection, _is_again: bool) -> list[Row]:
            self._settle(connection, results)
            self._hand_back(connection)
            self.reserve = []
            return []

        self._keep(self.commits.run(change, on_disk=True), results)

    @property
    def is_fresh(self) -> bool:
        """Whether one more recipient may be written to without looking at the rows again."""
        return self.ledger.clock() < self.reserved_at + FRESH

    def close(self) -> None:
        self.commits.close()

    def _keep(self, following: list[Row], results: Sequence[Result]) -> None:
        self.settled += sum(result.next_try_at is None for result in results) + self.set_aside
        self.set_aside = 0
        self.held, self.reserve = following, self.reserve[len(following) :]

    def _settle(self, connection: sa.Connection, results: Sequence[Result]) -> None:
        at = self.ledger.clock()
        sent = [
            {"row": result.row.delivery_id, "words": result.response[:500], "at": at,
             "worker": self.worker}
            for result in results if result.state is State.SENT
        ]  # fmt: skip
        others = [self._values(result, at) for result in results if result.state is not State.SENT]
        for statement, values in ((sql.SETTLE_SENT, sent), (sql.SETTLE, others)):
            if values:
                connection.execute(statement, values)
        self.ledger.gate.write(connection)

    def _values(self, result: Result, at: datetime) -> dict[str, object]:
        return {
            "row": result.row.delivery_id,
            "worker": self.worker,
            "to_state": result.state,
            "words": result.response[:500],
            "next_try": result.next_try_at,
            "settled": at if result.next_try_at is None else None,
            "given_up": at if result.is_given_up else None,
            "doubted": at if result.in_doubt else None,
        }

    def _hand_back(self, connection: sa.Connection) -> None:
        values = {"issue": self.ledger.issue_id, "worker": self.worker, "at": self.ledger.clock()}
        connection.execute(sql.HAND_BACK, values)

    def _reserve(self, connection: sa.Connection) -> list[Row]:
        """The next rows. Those whose recipient is one no more are settled here."""
        at = self.ledger.clock()
        if at < self.reserved_at + BRIEF:
            self.block = min(2 * self.block, BLOCK)
        values = {"issue": self.ledger.issue_id, "at": at, "most": self.block}
        found = connection.execute(sql.NEXT, values).all()
        self.reserved_at, self.found = at, len(found)
        self._doubt(connection, found, at)
        self.set_aside = self._set_aside(connection, found, at)
        rows = [
            Row(one.id, one.subscription_id, one.email, _name(one), one.attempts, one.bits)
            for one in found if one.can_receive
        ]  # fmt: skip
        rows = self.ledger.gate.admit(connection, self.relay, rows, at)
        if rows:
            values = {"ids": _ids(rows), "worker": self.worker, "until": at + LEASE}
            connection.execute(sql.RESERVE, values)
        return rows

    def _mark(self, connection: sa.Connection, rows: Sequence[Row]) -> int:
        values = {"ids": _ids(rows), "worker": self.worker, "at": self.ledger.clock()}
        return connection.execute(sql.MARK, values).rowcount

    def _doubt(self, connection: sa.Connection, found: Sequence[Any], at: datetime) -> None:
        is_file = connection.dialect.name == "sqlite"
        values = [
            {"row": one.id, "at": at}
            for one in found
            if one.claimed_by
            and (one.state is State.SENDING or (is_file and not is_of_this_boot(one.claimed_by)))
        ]
        if values:
            connection.execute(sql.DOUBT, values)

    def _set_aside(self, connection: sa.Connection, found: Sequence[Any], at: datetime) -> int:
        """Write down why those who left, or must no longer be written to, receive nothing."""
        values = [
            {"row": one.id, "words": _reason(one), "at": at} for one in found if not one.can_receive
        ]
        if values:
            connection.execute(sql.SET_ASIDE, values)
        return len(values)


def _ids(rows: Sequence[Row]) -> list[int]:
    return [row.delivery_id for row in rows]


def _name(one: Any) -> str:
    return f"{one.first_name} {one.last_name}".strip()


def _reason(one: Any) -> str:
    return LEFT if one.left_at is not None else one.suppressed or NO_CONSENT
