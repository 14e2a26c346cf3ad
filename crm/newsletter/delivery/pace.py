"""Deciding how fast letters leave; it holds at once, for those that are leaving too."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from crm.db import change, db
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery.courtesy import Pace, Rule, RuleKind
from crm.newsletter.issues import Issue

Limits = tuple[int | None, int | None]  # messages per minute, and per hour


def limit(kind: RuleKind, limits: Mapping[str, Limits], at: datetime) -> None:
    """Replace the limits of all servers, or of all domains. Without any number there is none."""
    db.session.execute(sa.delete(Rule).where(Rule.kind == kind))
    for name, (per_minute, per_hour) in limits.items():
        if per_minute or per_hour:
            db.session.add(Rule(kind=kind, name=name, per_minute=per_minute, per_hour=per_hour))
    _forget_appointments(at)


def _forget_appointments(at: datetime) -> None:
    """What was promised under the former limits is asked for again under the new ones."""
    change(sa.update(Pace).values(free_at=at, booked_until=at))
    leaving = sa.select(Issue.id).where(Issue.started_at.is_not(None), Issue.sent_at.is_(None))
    change(
        sa.update(Delivery)
        .where(
            Delivery.issue_id.in_(leaving),
            Delivery.state == State.QUEUED,
            Delivery.claimed_by == "",
            Delivery.next_try_at > at,
        )
        .values(next_try_at=at)
        .execution_options(synchronize_session=False)
    )
