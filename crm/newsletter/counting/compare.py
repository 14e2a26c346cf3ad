"""Comparing: a number beside the twelve before it, for everybody together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer

from crm.db import db
from crm.newsletter.clicks import Link
from crm.newsletter.counting.count import figures
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription

BEFORE = 12
# Who leaves later than that does not leave because of a number.
AFTERMATH = timedelta(days=14)

_RECEIVED = (State.SENT, State.COMPLAINED)
_REFUSED = (State.FAILED, State.BOUNCED)


@dataclass(frozen=True)
class Outcome:
    """What became of one number. `left`: departures from its sending to the next, 14 days at most;
    `clicks`: links followed by people, each once an hour for each link."""

    issue: Issue
    received: int
    refused: int
    left: int
    clicks: int

    @property
    def is_known(self) -> bool:
        """Whether we kept who received it: not so of what another tool sent."""
        return bool(self.received or self.refused)

    @property
    def rate(self) -> float:
        """Links followed for a hundred who received it."""
        return round(100 * self.clicks / self.received, 1) if self.received else 0.0


def outcomes(issue: Issue) -> list[Outcome]:
    """This number and up to twelve before it, the oldest first."""
    issues = _lately(issue)
    ids = [one.id for one in issues]
    states = _states(ids)
    left, clicks = _departures(issues), _clicks(ids)
    clicks[issue.id] = sum(figure.people for figure in figures(issue))
    return [
        Outcome(
            one,
            sum(states[one.id, state] for state in _RECEIVED),
            sum(states[one.id, state] for state in _REFUSED),
            left[one.id],
            clicks[one.id],
        )
        for one in issues
    ]


def usual_rate(before: Sequence[Outcome]) -> float:
    """Links followed for a hundred who received them, over several numbers together."""
    received = sum(one.received for one in before)
    return round(100 * sum(one.clicks for one in before) / received, 1) if received else 0.0


def _lately(issue: Issue) -> list[Issue]:
    numbers = (
        sa.select(Issue)
        .where(
            Issue.publication_id == issue.publication_id,
            Issue.started_at.is_not(None),
            Issue.number <= issue.number,
        )
        .order_by(Issue.number.desc())
        .limit(BEFORE + 1)
        .options(defer(Issue.content))
    )
    return list(reversed(db.session.scalars(numbers).all()))


def _states(ids: Sequence[int]) -> Counter[tuple[int, State]]:
    rows = db.session.execute(
        sa.select(Delivery.issue_id, Delivery.state, sa.func.count())
        .where(Delivery.issue_id.in_(ids))
        .group_by(Delivery.issue_id, Delivery.state)
    )
    return Counter({(row[0], row[1]): row[2] for row in rows})


def _clicks(ids: Sequence[int]) -> Counter[int]:
    rows = db.session.execute(
        sa.select(Link.issue_id, sa.func.sum(Link.people))
        .where(Link.issue_id.in_(ids))
        .group_by(Link.issue_id)
    )
    return Counter({row[0]: int(row[1] or 0) for row in rows})


def _departures(issues: Sequence[Issue]) -> Counter[int]:
    """Each departure goes to the last number that began to leave before it."""
    found: Counter[int] = Counter()
    starts = [(one.started_at, one.id) for one in issues if one.started_at is not None]
    if not starts:
        return found
    left = sa.select(Subscription.left_at).where(
        Subscription.publication_id == issues[0].publication_id,
        Subscription.left_at >= starts[0][0],
    )
    for at in db.session.scalars(left):
        if at is not None and (issue_id := _last_before(starts, at)) is not None:
            found[issue_id] += 1
    return found


def _last_before(starts: Sequence[tuple[datetime, int]], at: datetime) -> int | None:
    before = [(start, issue_id) for start, issue_id in starts if start <= at]
    if not before or at > before[-1][0] + AFTERMATH:
        return None
    return before[-1][1]
