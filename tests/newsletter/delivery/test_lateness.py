"""Late, or restored from a backup: someone is asked before anything leaves."""

from datetime import UTC, datetime, time, timedelta

import pytest
from factories import awa, nadia, save
from sending import begun, deliver, draft, ready, states, subscriber

from crm.db import db, now
from crm.holds import Hold, release
from crm.newsletter.delivery import lateness, schedule
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.issues import Issue

HOUR = timedelta(hours=1)


def late(by: timedelta = 2 * HOUR) -> Issue:
    """A number that nobody sent at its hour."""
    issue = db.session.get_one(Issue, ready("zoe@example.org"))
    issue.scheduled_at = now() - by
    issue.frozen_at = now() - by - HOUR
    db.session.commit()
    return issue


def test_a_little_late_it_leaves_by_itself(app):
    issue = late(by=0.9 * HOUR)
    assert deliver() == ""
    assert issue.started_at is not None


def test_late_it_asks_and_leaves_nobody_out(app):
    issue = late()
    assert "Le serveur ne l’a pas envoyé à l’heure" in deliver()
    assert issue.started_at is None
    lateness.insist(issue)
    db.session.commit()
    assert deliver() == ""
    assert states() == {"zoe@example.org": "sent"}


def test_quiet_hours_are_no_lateness(app):
    save(Courtesy(connections=1, quiet_from=time(20), quiet_until=time(8)))
    issue = ready("zoe@example.org")
    issue = db.session.get_one(Issue, issue)
    issue.scheduled_at = datetime(2026, 1, 13, 22, tzinfo=UTC)
    assert lateness.question(issue, datetime(2026, 1, 14, 7, 30, tzinfo=UTC)) is None
    assert lateness.question(issue, datetime(2026, 1, 14, 9, 0, tzinfo=UTC)) is not None


def test_a_new_hour_is_an_answer(app):
    issue = late()
    schedule.schedule(issue, now())
    db.session.commit()
    assert deliver() == ""


def restored(ended: bool = True) -> Hold:
    hold = save(Hold(began_at=now(), data_from=now() - timedelta(days=1)))
    if ended:
        release(None)
    db.session.commit()
    db.session.refresh(hold)
    return hold


def test_what_was_due_before_a_restoration_asks_before_it_leaves_again(app):
    issue_id = ready("zoe@example.org")
    restored()
    assert "a été restaurée" in deliver()
    issue = db.session.get_one(Issue, issue_id)
    assert issue.started_at is None
    lateness.insist(issue)
    db.session.commit()
    assert deliver() == ""
    assert states() == {"zoe@example.org": "sent"}


def test_what_was_leaving_asks_too(app):
    begun("zoe@example.org")
    restored()
    assert "deux fois" in deliver()
    assert states() == {"zoe@example.org": "queued"}


def test_what_is_decided_afterwards_asks_nothing(app):
    restored()
    ready("zoe@example.org")
    assert deliver() == ""
    assert states() == {"zoe@example.org": "sent"}


def test_the_page_asks_and_the_dashboard_says_so(app, signed_in):
    issue = late()
    client = signed_in(awa())
    assert "attend votre réponse" in client.get("/gestion/").text
    page = client.get(f"/gestion/lettres/numeros/{issue.id}/suivi").text
    assert "L’envoyer maintenant" in page
    assert "En refaire un brouillon" in page
    client.post(f"/gestion/lettres/numeros/{issue.id}/retard")
    assert issue.insisted_at is not None
    assert lateness.question(issue, now()) is None


def test_or_it_becomes_a_draft_again(app, signed_in):
    issue = late()
    signed_in(nadia()).post(f"/gestion/lettres/numeros/{issue.id}/annulation")
    assert (issue.is_draft, deliver()) == (True, "")


@pytest.mark.parametrize("state", ["sent_at", "cancelled_at"])
def test_what_is_over_asks_nothing(app, state):
    subscriber()
    issue = draft(scheduled_at=now() - 3 * HOUR)
    setattr(issue, state, now())
    assert lateness.question(issue, now()) is None
