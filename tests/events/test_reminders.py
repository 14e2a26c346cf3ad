"""Reminders: the day before, once, to those who have a place."""

from datetime import datetime, time, timedelta

import gatherings
import sqlalchemy as sa

from crm.db import db
from crm.events import plan
from crm.events.kinds import State
from crm.events.remind import remind
from crm.events.schedule import Day
from crm.filters import PARIS
from crm.mail import Mail


def at(hour, days=0):
    return datetime.combine(gatherings.in_days(days), time(hour), PARIS)


def tomorrow(**values):
    event = gatherings.event(Day(gatherings.in_days(1), time(14), time(16)), **values)
    one = gatherings.registration(event, confirmed_at=at(9, -5), email="chloe@example.org")
    db.session.commit()
    return event, one


def reminded():
    return db.session.scalars(sa.select(Mail.recipient).order_by(Mail.id)).all()


def test_the_day_before_from_nine_o_clock_once(app):
    tomorrow(title="Rencontre sur l’eau")
    assert remind(at(8)) == 0
    assert remind(at(9)) == 1
    assert remind(at(10)) == 0
    assert remind(at(13, 1)) == 0
    mail = db.session.scalars(sa.select(Mail)).one()
    assert mail.subject == "Rappel\u00a0: Rencontre sur l’eau"


def test_a_clock_that_was_stopped_still_reminds_before_it_begins(app):
    tomorrow()
    assert remind(at(13, 1)) == 1


def test_nobody_is_reminded_once_it_has_begun(app):
    tomorrow()
    assert remind(at(14, 1)) == 0


def test_only_those_who_have_a_place_are_reminded(app):
    event, _ = tomorrow()
    for state in (State.WAITING, State.CANCELLED, State.OFFERED):
        gatherings.registration(event, state, confirmed_at=at(9, -5))
    gatherings.registration(event, email="", confirmed_at=at(9, -5))
    gatherings.registration(event, confirmed_at=at(9) + timedelta(minutes=5))  # just told
    db.session.commit()
    remind(at(11))
    assert reminded() == ["chloe@example.org"]


def test_an_event_that_is_called_off_reminds_nobody(app):
    event, _ = tomorrow()
    plan.cancel(event)
    db.session.commit()
    assert remind(at(10)) == 0


def test_each_day_of_an_event_is_recalled(app):
    event = gatherings.event(*(Day(gatherings.in_days(one), time(9), time(10)) for one in (1, 3)))
    gatherings.registration(event, confirmed_at=at(9, -5))
    db.session.commit()
    assert [remind(at(9)), remind(at(9, 1)), remind(at(9, 2))] == [1, 0, 1]
