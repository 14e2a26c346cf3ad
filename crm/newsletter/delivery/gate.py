"""The gate: which of the rows that are due may leave now, by the rules and by the servers' mood.

A server that says « not so fast » (4xx) to every other message is given more time between two of
them, twice as much each time; a tenth less after each message that it takes, and half of it is
forgotten every five minutes.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.db import reading
from crm.newsletter.delivery import rows as sql
from crm.newsletter.delivery.courtesy import SLACK, Courtesy, Pace, Rule, RuleKind

if TYPE_CHECKING:
    from crm.newsletter.delivery.claims import Row

SLOW, SLOWEST = 1.0, 60.0  # seconds between two messages, the first time and at the most
FORGETTING = timedelta(minutes=5)
LOOK_BACK, TOO_MANY = 10, 5  # answers remembered, and how many of them may be « not so fast »
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Beat:
    """One pace, while rows are looked at."""

    free_at: datetime
    booked_until: datetime
    spacing: float

    def is_open(self, at: datetime) -> bool:
        return self.free_at <= at

    def take(self, at: datetime) -> None:
        """Take one place (the generic cell rate algorithm, ITU-T I.371)."""
        start = max(self.free_at, at - timedelta(seconds=SLACK))
        self.free_at = start + timedelta(seconds=self.spacing)

    def book(self) -> datetime:
        """Promise the first place that nobody was promised."""
        place = max(self.booked_until, self.free_at)
        self.booked_until = place + timedelta(seconds=self.spacing)
        return place


class Gate:
    """What the workers of one run ask before they take rows. Its clock is the ledger's."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self.engine, self.clock = engine, clock
        self.courtesy = Courtesy(connections=2, spares_weekends=False)
        self.opens_at: dict[str, datetime] = {}  # relays that have to be waited for
        self._rules: dict[tuple[RuleKind, str], float] = {}
        self._slow: dict[str, tuple[float, datetime]] = {}
        self._recent: dict[str, deque[bool]] = {}  # of those who said « not so fast » lately
        self._to_write: set[str] = set()
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Read what was decided since, and what other workers were told."""
        with reading(), Session(self.engine) as session:
            courtesy = session.scalar(Courtesy.query_one())
            rules = {(rule.kind, rule.name): rule.spacing for rule in session.scalars(Rule.all())}
            slowed = list(session.scalars(Pace.slowed(self.clock() - 8 * FORGETTING)))
            session.expunge_all()
        with self._lock:
            self.courtesy = courtesy or self.courtesy
            self._rules = rules
            for pace in slowed:
                assert pace.slowed_at is not None
                if pace.slowed_at > self._slow.get(pace.key, (0, _LONG_AGO))[1]:
                    self._slow[pace.key] = pace.slowness, pace.slowed_at

    def closed_until(self) -> datetime | None:
        """When the quiet hours end, if these are."""
        return self.courtesy.quiet_until_when(self.clock())

    @property
    def is_free(self) -> bool:
        return not self._slow and not any(self._rules.values())

    def admit(
        self, connection: sa.Connection, relay: str, rows: "list[Row]", at: datetime
    ) -> "list[Row]":
        """Those of `rows` that may leave now; the others, of domains that wait, get an hour."""
        self.opens_at.pop(relay, None)
        if self.is_free or not rows:
            return rows
        mine = _key(RuleKind.RELAY, relay)
        beats = self._beats(connection, {mine, *(_of(row) for row in rows)}, at)
        admitted, appointed = [], []
        for row in rows:
            ours, theirs = beats.get(mine), beats.get(_of(row))
            if ours and not ours.is_open(at):
                self.opens_at[relay] = ours.free_at
                break
            if theirs and not theirs.is_open(at):
                appointed.append({"row": row.delivery_id, "next_try": theirs.book()})
                continue
            for beat in filter(None, (ours, theirs)):
                beat.take(at)
            admitted.append(row)
        self._save(connection, beats)
        if appointed:
            connection.execute(sql.APPOINT, appointed)
        return admitted

    def note(self, relay: str, row: "Row", *, is_put_off: bool, by_relay: bool = False) -> None:
        """Remember how a message was received, to slow down where that is asked for."""
        for key in (_key(RuleKind.RELAY, relay), _of(row)):
            if key in self._slow and not is_put_off:
                self._speed_up(key)
            if key not in self._recent and not is_put_off:
                continue
            recent = self._recent.setdefault(key, deque(maxlen=LOOK_BACK))
            recent.append(is_put_off)
            if sum(recent) >= TOO_MANY:
                self._slow_down(key)
            elif not any(recent):
                self._recent.pop(key, None)
        if by_relay and is_put_off:
            self._slow_down(_key(RuleKind.RELAY, relay))

    def write(self, connection: sa.Connection) -> None:
        """Let the other workers know what was asked of this one."""
        if not self._to_write:
            return
        keys, self._to_write = self._to_write, set()
        at = self.clock()
        self._make(connection, keys, at)
        for key in sorted(keys):
            slowness, slowed_at = self._slow.get(key, (0.0, None))
            free_at = at + timedelta(seconds=slowness)
            connection.execute(
                sa.update(Pace)
                .where(Pace.key == key)
                .values(slowness=slowness, slowed_at=slowed_at, free_at=free_at)
            )

    def _slow_down(self, key: str) -> None:
        at = self.clock()
        with self._lock:
            slowness = min(SLOWEST, max(SLOW, 2 * self._slowness(key, at)))
            self._slow[key] = slowness, at
            self._recent.pop(key, None)
            self._to_write.add(key)

    def _speed_up(self, key: str) -> None:
        at = self.clock()
        with self._lock:
            if left := self._slowness(key, at):
                self._slow[key] = 0.9 * left, at
            else:
                self._to_write.add(key)

    def _slowness(self, key: str, at: datetime) -> float:
        """Seconds between two messages, as far as what was asked for is not forgotten."""
        slowness, since = self._slow.get(key, (0.0, at))
        left = float(slowness * 0.5 ** ((at - since) / FORGETTING))
        if left >= SLOW / 3:
            return left
        self._slow.pop(key, None)
        return 0.0

    def _spacing(self, key: str, at: datetime) -> float:
        kind, _, name = key.partition(" ")
        rule = self._rules.get((RuleKind(kind), name), self._rules.get((RuleKind(kind), ""), 0.0))
        return max(rule, self._slowness(key, at))

    def _beats(
        self, connection: sa.Connection, keys: Iterable[str], at: datetime
    ) -> dict[str, Beat]:
        """The paces that matter here, ours alone until the commit."""
        with self._lock:
            spacings = {key: spacing for key in keys if (spacing := self._spacing(key, at))}
        if not spacings:
            return {}
        self._make(connection, spacings, at)
        found = connection.execute(
            sa.select(Pace.key, Pace.free_at, Pace.booked_until)
            .where(Pace.key.in_(spacings))
            .order_by(Pace.key)
            .with_for_update()
        )
        return {one.key: Beat(one.free_at, one.booked_until, spacings[one.key]) for one in found}

    def _make(self, connection: sa.Connection, keys: Iterable[str], at: datetime) -> None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        values: Sequence[dict[str, object]] = [
            {"key": key, "free_at": at, "booked_until": at, "slowness": 0.0} for key in sorted(keys)
        ]
        connection.execute(dialect.insert(Pace).on_conflict_do_nothing(), values)

    def _save(self, connection: sa.Connection, beats: dict[str, Beat]) -> None:
        values = [
            {"this": key, "free": beat.free_at, "booked": beat.booked_until}
            for key, beat in beats.items()
        ]
        if values:
            connection.execute(_SAVE, values)


def _key(kind: RuleKind, name: str) -> str:
    return f"{kind.value} {name}"


def _of(row: "Row") -> str:
    return _key(RuleKind.DOMAIN, row.domain)


_SAVE = (
    sa.update(Pace)
    .where(Pace.key == sa.bindparam("this"))
    .values(
        free_at=sa.bindparam("free", type_=Pace.free_at.type),
        booked_until=sa.bindparam("booked", type_=Pace.booked_until.type),
    )
)
