"""Courtesy: limits, quiet hours, slowing down, pauses, other servers."""

import itertools
import threading
from collections import Counter
from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa
from sending import begun, counted, deliver, ledger, ready, sent_at, states
from smtp_server import faulty

from crm import dialogue, smtp
from crm.config import Settings
from crm.db import db, now
from crm.filters import PARIS
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import gate, schedule, watch, worker
from crm.newsletter.delivery.claims import Claims, Row
from crm.newsletter.delivery.courtesy import Courtesy, Pace, RuleKind
from crm.newsletter.delivery.ledger import CALLED_OFF, Ledger
from crm.newsletter.delivery.pace import limit
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription

MANY = [f"abonne{number}@example.org" for number in range(24)]
ELSEWHERE = [f"abonne{number}@ailleurs.example.org" for number in range(4)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nobody waits in tests."""
    monkeypatch.setattr(worker, "BACKOFF", (0.01,) * 3)
    monkeypatch.setattr(watch, "LOOK", 0.02)
    monkeypatch.setattr(dialogue, "GOODBYE_TIMEOUT", 0.2)
    monkeypatch.setattr(smtp, "_resting", {})


@pytest.fixture
def server(setting):
    with faulty() as (url, script):
        setting(smtp_url=url, retry_delays=(60, 600))
        yield script


def taken(issue_id, at, relay=""):
    """Who may be written to at that moment, by one worker that then dies."""
    ledger_ = Ledger(db.engine, issue_id, lambda: at)
    ledger_.gate.refresh()
    claims = Claims(ledger_, "ailleurs 1 1 1", 16, relay)
    rows = claims.turn([])
    emails = [row.email for row in [*rows, *claims.reserve]]
    claims.settle([])
    claims.close()
    return emails


def sent_in(issue_id, seconds, relay=""):
    """How many may leave in so many seconds, looked at twice a second, each one sent."""
    start, count = now() + timedelta(seconds=1), 0
    for step in range(seconds * 2):
        emails = taken(issue_id, start + timedelta(seconds=step / 2), relay)
        count += len(emails)
        done = sa.select(Delivery.id).join(Delivery.subscription)
        done = done.where(Subscription.email.in_(emails))
        if emails:
            values = {"state": State.SENT, "next_try_at": None}
            db.session.execute(sa.update(Delivery).where(Delivery.id.in_(done)).values(**values))
            db.session.commit()
    return count


@pytest.mark.parametrize(("limits", "most"), [((12, None), 12), ((None, 360), 6), ((30, 240), 4)])
def test_a_server_is_given_no_more_than_its_limit(app, limits, most):
    limit(RuleKind.RELAY, {"relais:25": limits}, now())
    issue_id = begun(*MANY)
    assert 0 < sent_in(issue_id, 60, "relais:25") <= most


def test_a_domain_that_is_limited_keeps_nobody_else_waiting(app):
    limit(RuleKind.DOMAIN, {"example.org": (6, None)}, now())
    issue_id = begun(*MANY, *ELSEWHERE)
    at = now() + timedelta(seconds=1)
    first = taken(issue_id, at)
    for _ in range(3):
        first += taken(issue_id, at)
    assert set(ELSEWHERE) <= set(first)
    assert len(set(first) & set(MANY)) == 1
    hours = sorted(row.next_try_at for email, row in ledger().items() if email in MANY)
    gaps = [(then - one).total_seconds() for one, then in itertools.pairwise(hours[1:])]
    assert all(gap == pytest.approx((60 + 3) / 6, abs=0.01) for gap in gaps), "one after the other"


def test_a_limit_for_all_domains_holds_for_each(app):
    limit(RuleKind.DOMAIN, {"": (1, None), "ailleurs.example.org": (None, None)}, now())
    issue_id = begun(*MANY, *ELSEWHERE)
    found = taken(issue_id, now() + timedelta(seconds=1))
    found += taken(issue_id, now() + timedelta(seconds=1))
    assert Counter(email.partition("@")[2] for email in found) == {
        "example.org": 1, "ailleurs.example.org": 1,
    }  # fmt: skip


def test_a_limit_that_is_lifted_frees_those_who_had_an_appointment(app, server):
    limit(RuleKind.DOMAIN, {"example.org": (1, None)}, now())
    issue_id = begun(*MANY)
    taken(issue_id, now())
    limit(RuleKind.DOMAIN, {}, now())
    db.session.commit()
    deliver(later=timedelta(seconds=1))
    assert counted(server.recipients) == dict.fromkeys(MANY, 1)


def test_limited_delivery_reaches_everybody(app, server):
    limit(RuleKind.RELAY, {"": (60 * 100, None)}, now())
    limit(RuleKind.DOMAIN, {"example.org": (60 * 40, None)}, now())
    issue_id = ready(*MANY, *ELSEWHERE)
    assert deliver() == ""
    assert counted(server.recipients) == dict.fromkeys([*MANY, *ELSEWHERE], 1)
    assert sent_at(issue_id) is not None


def test_who_says_not_so_fast_is_written_to_more_slowly(app, server, monkeypatch):
    monkeypatch.setattr(gate, "SLOW", 0.02)
    server.faults = {email: ["END 451 trop vite"] for email in MANY[:10]}
    ready(*MANY[:14])  # a dozen thanks after that would have it forgotten
    deliver()
    paces = {pace.key: pace.slowness for pace in db.session.scalars(sa.select(Pace))}
    assert paces.keys() == {"domain example.org", f"relay {_relay()}"}
    assert min(paces.values()) >= 0.02
    db.session.commit()
    assert set(states().values()) == {"sent", "deferred"}


def test_slowness_is_forgotten(app):
    found = gate.Gate(db.engine, lambda: at)
    at = now()
    for _ in range(gate.TOO_MANY):
        found.note("relais:25", _row("a@example.org"), is_put_off=True)
    assert found.is_free is False
    assert found._slowness("domain example.org", at) == gate.SLOW
    assert found._slowness("domain example.org", at + gate.FORGETTING) == gate.SLOW / 2
    assert found._slowness("domain example.org", at + 3 * gate.FORGETTING) == 0


def test_who_takes_what_it_is_given_is_soon_given_more(app):
    found = gate.Gate(db.engine, now)
    for _ in range(gate.TOO_MANY):
        found.note("relais:25", _row("a@example.org"), is_put_off=True)
    for _ in range(12):
        assert found.is_free is False
        found.note("relais:25", _row("a@example.org"), is_put_off=False)
    assert found.is_free is True


def test_one_full_mailbox_slows_nobody_down(app):
    found = gate.Gate(db.engine, now)
    found.note("relais:25", _row("a@example.org"), is_put_off=True)
    for _ in range(gate.LOOK_BACK):
        found.note("relais:25", _row("b@example.org"), is_put_off=False)
    assert (found.is_free, found._recent) == (True, {})


QUIET = {"quiet_from": time(20), "quiet_until": time(7, 30)}


@pytest.mark.parametrize(
    ("rule", "at", "until"),
    [
        (QUIET, "2026-03-03 19:59", None),
        (QUIET, "2026-03-03 20:00", "2026-03-04 07:30"),
        (QUIET, "2026-03-04 03:00", "2026-03-04 07:30"),
        (QUIET, "2026-03-28 22:00", "2026-03-29 07:30"),  # the night the clocks change
        ({"quiet_from": time(12), "quiet_until": time(14)}, "2026-03-03 13:00", "2026-03-03 14:00"),
        ({"spares_weekends": True}, "2026-03-07 10:00", "2026-03-09 00:00"),
        ({**QUIET, "spares_weekends": True}, "2026-03-06 21:00", "2026-03-09 07:30"),
        ({}, "2026-03-08 03:00", None),
    ],
)
def test_quiet_hours_are_those_of_paris(rule, at, until):
    found = Courtesy(**{"spares_weekends": False, **rule}).quiet_until_when(_paris(at))
    assert found == (until and _paris(until))


def test_nothing_leaves_in_quiet_hours(app, server):
    local = now().astimezone(PARIS)
    hours = {"quiet_from": (local - timedelta(hours=1)).time().replace(tzinfo=None),
             "quiet_until": (local + timedelta(hours=1)).time().replace(tzinfo=None)}  # fmt: skip
    db.session.add(Courtesy(connections=2, spares_weekends=False, **hours))
    issue_id = ready(*MANY)
    assert deliver() == ""
    assert (server.received, db.session.get(Issue, issue_id).started_at) == ([], None)
    deliver(later=timedelta(hours=1, minutes=1))
    assert counted(server.recipients) == dict.fromkeys(MANY, 1)


@pytest.mark.parametrize("act", [schedule.pause, schedule.stop])
def test_a_delivery_is_halted_in_a_moment(app, server, act):
    server.delay = 0.05
    issue_id = begun(*MANY)
    thread = threading.Thread(target=lambda: _in_context(app, deliver))
    thread.start()
    while not server.received:
        pass
    act(db.session.get(Issue, issue_id))
    db.session.commit()
    thread.join(timeout=5)
    got = len(server.recipients)
    assert not thread.is_alive()
    assert got < len(MANY)
    if act is schedule.pause:
        assert Counter(states().values()) == {"sent": got, "queued": len(MANY) - got}
        assert (deliver(), len(server.recipients), sent_at(issue_id)) == ("", got, None)
        schedule.resume(db.session.get(Issue, issue_id))
        deliver()
        assert counted(server.recipients) == dict.fromkeys(MANY, 1)
    else:
        assert Counter(states().values()) == {"sent": got, "suppressed": len(MANY) - got}
        assert {row.response for row in ledger().values()} == {"250 2.0.0 pris", CALLED_OFF}
    assert sent_at(issue_id) is not None
    assert {row.doubted_at for row in ledger().values()} == {None}


def test_those_who_were_given_up_are_tried_again_on_demand(app, server):
    server.faults = {MANY[0]: ["RCPT 450 plus tard"] * 3, MANY[1]: ["RCPT 550 inconnue"]}
    issue_id = ready(*MANY[:3])
    for hours in range(3):
        deliver(later=timedelta(hours=hours))
    rows = ledger()
    assert (rows[MANY[0]].given_up_at is None, rows[MANY[1]].given_up_at) == (False, None)
    issue = db.session.get(Issue, issue_id)
    assert schedule.send_again(issue, given_up=True) == 1
    assert schedule.send_again(issue, given_up=True) == 0
    deliver()
    assert states() == {MANY[0]: "sent", MANY[1]: "failed", MANY[2]: "sent"}
    assert counted(server.recipients) == {MANY[0]: 1, MANY[2]: 1}
    assert sent_at(issue_id) is not None


def test_another_server_takes_over(app, setting):
    with faulty() as (url, script):
        setting(smtp_url=f"smtp://127.0.0.1:1 {url}")
        ready(*MANY)
        assert deliver() == ""
    assert counted(script.recipients) == dict.fromkeys(MANY, 1)


def test_another_server_takes_over_halfway(app, setting):
    with faulty() as (first, one), faulty() as (second, two):
        setting(smtp_url=f"{first}, {second}", retry_delays=(0,) * 4)
        one.faults[MANY[5]] = ["RCPT 421 je m’arrête"]
        one.delay = 0.05
        one.greetings = ["220 bonjour", "220 bonjour", *["421 arrêté"] * 100]
        ready(*MANY)
        deliver()
    assert counted([*one.recipients, *two.recipients]) == dict.fromkeys(MANY, 1)
    assert two.recipients


def _relay():
    return smtp.relay_name(Settings.current().smtp_url)


def _row(email):
    return Row(1, 1, email, "", 0)


def _paris(text):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def _in_context(app, function):
    with app.app_context():
        function()
        db.session.remove()
