"""Audience: who an issue is for, and who each conditional part of it is for.

A segment chooses among those who subscribed: it never adds anyone, since a card is no consent.
"""

import sqlalchemy as sa

from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.search.segments import Segment, member_ids
from crm.db import db
from crm.newsletter.conditions import Condition, terms
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription


def is_meant(segment: Segment | None) -> sa.ColumnElement[bool]:
    """Whether a subscription is that of someone in the segment, or of an organisation in it."""
    if segment is None:
        return sa.true()
    # « Not in a list that holds a nothing » is neither true nor false: a missing card is said.
    return sa.or_(
        sa.and_(
            Subscription.person_id.is_not(None),
            Subscription.person_id.in_(member_ids(segment, ContactKind.PERSON)),
        ),
        sa.and_(
            Subscription.organisation_id.is_not(None),
            Subscription.organisation_id.in_(member_ids(segment, ContactKind.ORGANISATION)),
        ),
    )


def is_for(condition: Condition) -> sa.ColumnElement[bool]:
    """Whether a subscription is of those whom `condition` means.

    What readers said of themselves comes first; what they left out is read from the card of their
    organisation, or of the one where the person has a function today. Who is nowhere is not meant.
    """
    asked: list[sa.ColumnElement[bool]] = []
    if condition.actor_types:
        asked.append(_is_of_type([term.id for term in terms(condition.actor_types)]))
    if condition.departments:
        asked.append(_is_in(list(condition.departments)))
    if condition.segment is not None:
        segment = db.session.get(Segment, condition.segment)
        asked.append(is_meant(segment) if segment else sa.false())
    return sa.and_(sa.true(), *asked)


def _is_of_type(ids: list[int]) -> sa.ColumnElement[bool]:
    typed = Subscription.actor_type_id
    return sa.or_(
        sa.and_(typed.is_not(None), typed.in_(ids)),
        sa.and_(typed.is_(None), _by_organisation(Organisation.actor_type_id.in_(ids))),
    )


def _is_in(codes: list[str]) -> sa.ColumnElement[bool]:
    lives_there = sa.select(Person.id).where(Person.department.in_(codes))
    carded = sa.and_(Subscription.person_id.is_not(None), Subscription.person_id.in_(lives_there))
    return sa.or_(
        Subscription.department.in_(codes),
        sa.and_(
            Subscription.department == "",
            sa.or_(_by_organisation(Organisation.department.in_(codes)), carded),
        ),
    )


def _by_organisation(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the subscription's organisation is such; for want of one, that of the person."""
    own = Subscription.organisation_id
    working = (
        sa.select(Role.person_id)
        .join(Organisation, Organisation.id == Role.organisation_id)
        .where(Role.ended_on.is_(None), which)
    )
    return sa.or_(
        sa.and_(own.is_not(None), own.in_(sa.select(Organisation.id).where(which))),
        sa.and_(
            own.is_(None),
            Subscription.person_id.is_not(None),
            Subscription.person_id.in_(working),
        ),
    )


def choose(issue: Issue, segment: Segment | None) -> None:
    """Have `issue` leave for the subscribers who are in this segment; none: for all of them."""
    issue.audience, issue.audience_name = segment, segment.name if segment else ""


def forget(issue: Issue) -> None:
    """Let the segment go its way: who receives `issue` is written down. Its name stays known."""
    issue.audience_id = None
    db.session.flush()
