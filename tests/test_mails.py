"""Single mails, sent by a worker that may be killed at any instant: none lost, one doubled at most;
what is written down stays what the row says.
"""

import time

import gatherings
import pytest
import sqlalchemy as sa
from kept import forked, killed, until
from sending import counted
from smtp_server import faulty

from crm import mail, owed
from crm.db import db, now
from crm.events import register, tell
from crm.events.registrations import Registration
from crm.mail import Mail, send_mails, write

PEOPLE = [f"personne{number:02}@example.org" for number in range(40)]


def leases_end():
    """What whoever died had taken is anybody’s again."""
    left = sa.update(Mail).where(Mail.next_try_at.is_not(None)).values(next_try_at=now())
    db.session.execute(left)
    db.session.commit()


@pytest.fixture
def registered(app):
    """Forty people who have a place, each owed a mail."""
    event = gatherings.event()
    for email in PEOPLE:
        register.register(event, {"last_name": "Martin", "email": email})
    db.session.commit()
    return event


@pytest.fixture
def written(app):
    """Forty mails that leave when a worker comes."""
    for email in PEOPLE:
        write(email, subject="Bonjour", text="Bonjour.", html="<p>Bonjour.</p>")
    db.session.commit()


def test_a_worker_killed_while_it_sends_loses_nobody_and_doubles_one_at_most(written, setting):
    with faulty(delay=0.002) as (url, script):
        setting(smtp_url=url)
        for reached in (5, 20):
            process = forked(send_mails)
            until(lambda count=reached: len(script.received) >= count)
            killed(process)
            leases_end()
        send_mails()
    copies = counted(script.recipients)
    assert set(copies) == set(PEOPLE)
    assert sum(copies.values()) <= len(PEOPLE) + 2  # one for each death
    sent = sa.select(sa.func.count(Mail.id)).where(Mail.sent_at.is_not(None))
    assert db.session.scalar(sent) == len(PEOPLE)


def test_what_a_worker_took_is_not_sent_by_another(written, setting):
    with faulty(delay=0.002) as (url, script):
        setting(smtp_url=url)
        process = forked(send_mails)
        until(lambda: script.received)
        send_mails()
        until(lambda: len(script.received) >= len(PEOPLE))
        time.sleep(0.1)
        killed(process)
    assert set(counted(script.recipients).values()) == {1}


def test_a_worker_killed_while_it_writes_mails_owes_each_of_them_once(registered):
    written = sa.select(sa.func.count(Mail.id))
    for count in (1, 20):
        process = forked(tell.tell_owed)
        until(lambda least=count: db.session.scalar(written) >= least or db.session.rollback())
        killed(process)
        db.session.rollback()
    tell.tell_owed()
    to = db.session.scalars(sa.select(Mail.recipient).order_by(Mail.recipient)).all()
    assert to == PEOPLE


def test_a_mail_drawn_for_what_is_so_no_more_is_not_handed_in(registered):
    one = db.session.scalars(sa.select(Registration).where(Registration.email == PEOPLE[0])).one()
    stale = owed._prepared(tell._LETTERS, [one.id])
    register.correct(one, {"email": "ailleurs@example.org"})
    db.session.commit()
    tell._hand_in(stale)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 0
    tell.tell_owed()
    to = db.session.scalars(sa.select(Mail.recipient)).all()
    assert ("ailleurs@example.org" in to, PEOPLE[0] in to, len(to)) == (True, False, len(PEOPLE))


def test_all_that_is_due_leaves_at_once_however_much_it_is(written, setting, monkeypatch):
    monkeypatch.setattr(mail, "_AT_ONCE", 15)
    monkeypatch.setattr(mail, "enqueue", lambda job: job())  # a worker that comes at once
    with faulty() as (url, script):
        setting(smtp_url=url)
        send_mails()
    assert sorted(script.recipients) == PEOPLE
