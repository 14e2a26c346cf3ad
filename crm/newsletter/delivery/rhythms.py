"""Rhythms: who, having asked for fewer numbers, is due one."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Rhythm, Subscription

# A little less than a month and a quarter: a letter does not leave on the same day each time.
MONTH, QUARTER = timedelta(days=25), timedelta(days=82)
NOT_RECEIVED = (State.FAILED, State.BOUNCED, State.SUPPRESSED)


def is_due(at: datetime) -> sa.ColumnElement[bool]:
    """Whether a subscriber wants a number that leaves at that moment."""
    since = sa.case(
        (Subscription.rhythm == Rhythm.MONTHLY, sa.literal(at - MONTH, Issue.started_at.type)),
        else_=sa.literal(at - QUARTER, Issue.started_at.type),
    )
    lately = (
        sa.exists()
        .where(
            Delivery.subscription_id == Subscription.id,
            Delivery.state.not_in(NOT_RECEIVED),
            Delivery.issue_id == Issue.id,
            Issue.started_at > since,
        )
        .correlate(Subscription)
    )
    return sa.or_(Subscription.rhythm == Rhythm.EVERY, ~lately)
