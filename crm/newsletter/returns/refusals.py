"""Refusals: what servers refused for good while they were spoken to counts as what comes back."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm.db import db, now
from crm.newsletter.bounces import Bounce, Kind
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.returns.decipher import Return
from crm.newsletter.returns.suppress import record
from crm.newsletter.returns.verdicts import status_of, verdict

# Refused at once by so many, and by such a part of the readers: the sender is refused, not them.
MANY, PART = 20, 0.2
# Everything is settled four days after the start of an issue (CRM_RETRY_DELAYS), pauses apart.
LATELY = timedelta(days=30)


def count_refusals(at: datetime | None = None) -> int:
    """Count as returns what servers refused when they were spoken to. Returns how many. Commits.

    An issue is looked at once everybody was tried: when many are refused, what is refused is the
    sender, and no address is blamed for it.
    """
    moment, count = at or now(), 0
    for issue_id in list(db.session.scalars(_issues(moment))):
        is_our_fault = _is_widespread(issue_id)
        for delivery in db.session.scalars(sa.select(Delivery).where(_of(issue_id))).all():
            count += record(_told(delivery, is_our_fault=is_our_fault), delivery, "", moment)
        db.session.commit()
    db.session.commit()
    return count


def _told(delivery: Delivery, *, is_our_fault: bool) -> Return:
    words = delivery.response
    status = status_of(words)
    kind = verdict(status, words) or Kind.SOFT
    if is_our_fault and kind is Kind.HARD:
        kind = Kind.BLOCKED
    return Return(kind, status, words, happened_at=delivery.settled_at)


def _of(issue_id: sa.SQLColumnExpression[int] | int) -> sa.ColumnElement[bool]:
    """Refused, not counted yet. A server's words begin with its code; our own reasons do not."""
    return sa.and_(
        Delivery.issue_id == issue_id,
        Delivery.state == State.FAILED,
        Delivery.response >= "4",
        Delivery.response < "6",
        ~sa.exists().where(Bounce.delivery_id == Delivery.id),
    )


def _issues(at: datetime) -> sa.Select[int]:
    """Those with something to count, unless somebody has still to be tried for the first time."""
    other = aliased(Delivery)
    untried = sa.exists().where(
        other.issue_id == Issue.id, other.state.in_((State.QUEUED, State.SENDING))
    )
    return sa.select(Issue.id).where(
        Issue.started_at > at - LATELY, sa.exists().where(_of(Issue.id)), ~untried
    )


def _is_widespread(issue_id: int) -> bool:
    failed = sa.func.count().filter(Delivery.state == State.FAILED)
    counts = sa.select(sa.func.count(), failed).where(Delivery.issue_id == issue_id)
    everybody, refused = db.session.execute(counts).one()
    return bool(refused >= MANY and refused > PART * everybody)
