"""Deciding that an issue leaves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import item, subscriber
from sending import draft, states

from crm.db import db, now
from crm.newsletter.content import Content
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import schedule
from crm.newsletter.delivery.schedule import Refused
from crm.newsletter.issues import Section
from crm.newsletter.placements import Placement

AT = now().replace(microsecond=0) + timedelta(days=1)


def test_a_scheduled_issue_no_longer_changes(app):
    subscriber()
    issue, thing = draft(), item(title="Avant")
    issue.sections = [Section(position=1, title="Actualités", placements=[])]
    issue.sections[0].placements = [Placement(item=thing, position=1)]
    schedule.schedule(issue, AT)
    thing.title = "Après"
    assert Content.of(issue).blocks[0].title == "Avant"
    assert (issue.scheduled_at, issue.started_at) == (AT, None)


def test_a_scheduled_issue_may_be_given_another_hour(app):
    subscriber()
    issue = draft()
    schedule.schedule(issue, AT)
    frozen_at = issue.frozen_at
    schedule.schedule(issue, AT + timedelta(hours=1))
    assert (issue.scheduled_at, issue.frozen_at) == (AT + timedelta(hours=1), frozen_at)


@pytest.mark.parametrize(
    ("values", "subscribed", "why"),
    [
        ({"subject": "  "}, True, "L’objet est vide"),
        ({"editorial": ""}, True, "ne contient rien"),
        ({}, False, "Personne n’est abonné"),
    ],
)
def test_what_should_not_leave_is_refused(app, values, subscribed, why):
    if subscribed:
        subscriber()
    issue = draft(**values)
    with pytest.raises(Refused, match=why):
        schedule.schedule(issue, AT)
    assert (issue.frozen_at, issue.scheduled_at) == (None, None)


def test_doubts_may_be_set_aside(app):
    issue = draft(editorial="")
    schedule.schedule(issue, AT, in_spite_of_doubts=True)
    assert issue.scheduled_at == AT


def test_a_cancelled_issue_is_a_draft_again(app):
    subscriber()
    issue = draft()
    schedule.schedule(issue, AT)
    schedule.cancel(issue)
    assert (issue.content, issue.frozen_at, issue.scheduled_at) == (None, None, None)


def test_what_has_begun_is_neither_cancelled_nor_scheduled(app):
    subscriber()
    issue = draft()
    schedule.schedule(issue, AT)
    schedule.start(issue, AT)
    with pytest.raises(Refused, match="a commencé"):
        schedule.cancel(issue)
    with pytest.raises(Refused, match="déjà parti"):
        schedule.schedule(issue, AT)


def test_starting_writes_a_row_for_each_recipient_once(app):
    subscriber("awa@example.org")
    subscriber("partie@example.org", left_at=now())
    subscriber("morte@example.org", suppressed="adresse qui ne répond plus")
    subscriber("muette@example.org").consents[0].confirmed_at = None
    issue = draft()
    schedule.schedule(issue, AT)
    assert schedule.count_recipients(issue) == 1
    assert [schedule.start(issue, AT), schedule.start(issue, AT)] == [True, False]
    assert states() == {"awa@example.org": "queued", "morte@example.org": "suppressed"}
    (dead,) = db.session.scalars(sa.select(Delivery).where(Delivery.state == State.SUPPRESSED))
    assert (dead.response, dead.settled_at) == ("adresse qui ne répond plus", AT)
    assert (issue.started_at, issue.is_public) == (AT, True)


def test_a_draft_cannot_start(app):
    subscriber()
    assert schedule.start(draft(), AT) is False
    assert states() == {}


def test_a_row_that_is_not_settled_has_a_next_try(app):
    subscriber()
    issue = draft()
    schedule.schedule(issue, AT)
    schedule.start(issue, AT)
    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(sa.update(Delivery).values(next_try_at=None))
    db.session.rollback()
