"""Audience: who an issue is for, when it is not for every subscriber.

A segment chooses among those who subscribed: it never adds anyone, since a card is no consent.
"""

import sqlalchemy as sa

from crm.contacts.kinds import ContactKind
from crm.contacts.search.segments import Segment, member_ids
from crm.db import db
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription


def is_meant(segment: Segment | None) -> sa.ColumnElement[bool]:
    """Whether a subscription is that of someone in the segment, or of an organisation in it."""
    if segment is None:
        return sa.true()
    return sa.or_(
        Subscription.person_id.in_(member_ids(segment, ContactKind.PERSON)),
        Subscription.organisation_id.in_(member_ids(segment, ContactKind.ORGANISATION)),
    )


def choose(issue: Issue, segment: Segment | None) -> None:
    """Have `issue` leave for the subscribers who are in this segment; none: for all of them."""
    issue.audience, issue.audience_name = segment, segment.name if segment else ""


def forget(issue: Issue) -> None:
    """Let the segment go its way: who receives `issue` is written down. Its name stays known."""
    issue.audience_id = None
    db.session.flush()
