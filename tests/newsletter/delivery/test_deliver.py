"""Delivering: what becomes of each recipient, whatever the server does."""

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sending import begun, counted, deliver, ledger, ready, sent_at, states
from smtp_server import collector, faulty

from crm import dialogue
from crm.db import db, now, reading
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery import claims, commits, gate, worker
from crm.newsletter.delivery import deliver as delivering
from crm.newsletter.delivery.claims import GROUP, LEFT, Claims
from crm.newsletter.delivery.ledger import Ledger
from crm.newsletter.delivery.processes import is_gone, place, worker_name
from crm.newsletter.issues import Issue
from crm.newsletter.subscriptions import Subscription

AWA, LUC, ZOE = "awa@example.org", "luc@example.org", "zoe@example.org"
MANY = [f"abonne{number}@example.org" for number in range(50)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nobody waits in tests."""
    monkeypatch.setattr(worker, "BACKOFF", (0.01,) * 3)
    monkeypatch.setattr(gate, "SLOW", 0.02)
    monkeypatch.setattr(dialogue, "FINAL_TIMEOUT", 0.5)
    monkeypatch.setattr(dialogue, "GOODBYE_TIMEOUT", 0.2)


@pytest.fixture
def server(setting):
    with faulty() as (url, script):
        setting(smtp_url=url, retry_delays=(60, 600))
        yield script


def test_everybody_receives_the_issue_once(app, setting):
    with collector() as (url, received):
        setting(smtp_url=url)
        issue_id = ready(*MANY)
        assert deliver() == deliver() == ""
    assert counted([recipient for recipient, _ in received]) == dict.fromkeys(MANY, 1)
    assert set(states().values()) == {"sent"}
    assert {row.response for row in ledger().values()} == {"250 2.0.0 pris"}
    assert sent_at(issue_id) is not None


def test_an_issue_waits_for_its_hour(app, server):
    issue_id = ready(AWA)
    db.session.execute(sa.update(Issue).values(scheduled_at=now() + timedelta(hours=1)))
    db.session.commit()
    deliver()
    assert (server.received, sent_at(issue_id)) == ([], None)
    deliver(later=timedelta(hours=1))
    assert server.recipients == [AWA]


@pytest.mark.parametrize("fault", ["RCPT 550 5.1.1 inconnue", "END 552 5.2.2 boîte pleine"])
def test_who_is_refused_for_good_is_failed_with_the_servers_words(app, server, fault):
    server.faults[LUC] = [fault]
    issue_id = ready(AWA, LUC, ZOE)
    deliver()
    assert states() == {AWA: "sent", LUC: "failed", ZOE: "sent"}
    assert ledger()[LUC].response == fault.partition(" ")[2]
    assert sent_at(issue_id) is not None


@pytest.mark.parametrize(
    "fault", ["RCPT 450 plus tard", "DATA 451 plus tard", "END 451 plus tard", "RCPT 421 plus tard",
              "END 421 plus tard"]
)  # fmt: skip
def test_who_is_put_off_is_tried_again_later(app, server, fault):
    server.faults[LUC] = [fault]
    issue_id = ready(AWA, LUC, ZOE)
    deliver()
    assert states() == {AWA: "sent", LUC: "deferred", ZOE: "sent"}
    row = ledger()[LUC]
    assert (row.attempts, row.response) == (1, fault.partition(" ")[2])
    assert (row.doubted_at, sent_at(issue_id)) == (None, None)
    deliver(later=timedelta(seconds=50))
    assert states()[LUC] == "deferred"
    deliver(later=timedelta(seconds=70))
    assert counted(server.recipients) == {AWA: 1, LUC: 1, ZOE: 1}
    assert sent_at(issue_id) is not None


def test_after_the_last_delay_it_is_given_up_with_the_servers_words(app, server):
    server.faults[AWA] = ["RCPT 450 plus tard"] * 3
    issue_id = ready(AWA)
    for hours in range(3):
        deliver(later=timedelta(hours=hours))
    assert (ledger()[AWA].state, ledger()[AWA].response) == (State.FAILED, "450 plus tard")
    assert (ledger()[AWA].attempts, server.received) == (3, [])
    assert sent_at(issue_id) is not None


@pytest.mark.parametrize(
    ("fault", "copies", "doubted"),
    [("CUT RCPT", 1, False), ("CUT DATA", 1, False), ("CUT BEFORE", 1, True), ("CUT END", 2, True),
     ("STALL", 1, True)],
)  # fmt: skip
def test_a_connection_that_breaks_touches_one_recipient(app, server, fault, copies, doubted):
    server.faults[LUC] = [fault]
    ready(AWA, LUC, ZOE)
    deliver()
    assert states() == {AWA: "sent", LUC: "deferred", ZOE: "sent"}
    assert (ledger()[LUC].doubted_at is not None) is doubted
    deliver(later=timedelta(minutes=5))
    assert counted(server.recipients) == {AWA: 1, LUC: copies, ZOE: 1}
    copies_of_luc = [message for recipient, message in server.received if recipient == LUC]
    assert len(set(copies_of_luc)) == 1, "the same message, with the same Message-ID"


def test_a_server_that_is_away_changes_no_row_and_is_said(app, setting):
    setting(smtp_url="smtp://127.0.0.1:1")
    issue_id = ready(AWA, LUC)
    trouble = deliver()
    assert "ne répond pas" in trouble
    assert states() == {AWA: "queued", LUC: "queued"}
    assert (db.session.get(Issue, issue_id).trouble, sent_at(issue_id)) == (trouble, None)
    with faulty() as (url, script):
        setting(smtp_url=url)
        assert deliver() == ""
        assert counted(script.recipients) == {AWA: 1, LUC: 1}
    assert db.session.get(Issue, issue_id).trouble == ""


def test_a_server_that_hangs_up_on_everybody_is_not_pestered(app, server):
    server.mail = ["421 trop de monde"] * 1000
    ready(*MANY)
    assert deliver() == "421 trop de monde"
    assert server.connections <= 2 * (len(worker.BACKOFF) + 1)
    assert server.received == []


def test_an_address_nobody_can_write_to_holds_nobody_else(app, server):
    issue_id = ready(AWA, "pas une adresse", ZOE)
    deliver()
    assert states() == {AWA: "sent", "pas une adresse": "failed", ZOE: "sent"}
    assert "adresse" in ledger()["pas une adresse"].response
    assert sent_at(issue_id) is not None


def test_who_leaves_meanwhile_receives_nothing(app, server):
    server.faults = {AWA: ["RCPT 450 plus tard"], LUC: ["RCPT 450 plus tard"]}
    ready(AWA, LUC, ZOE)
    deliver()
    rows = ledger()
    rows[AWA].subscription.unsubscribe()
    rows[LUC].subscription.suppressed = "ne répond plus"
    db.session.commit()
    deliver(later=timedelta(minutes=2))
    assert states() == {AWA: "suppressed", LUC: "suppressed", ZOE: "sent"}
    assert [ledger()[AWA].response, ledger()[LUC].response] == [LEFT, "ne répond plus"]
    assert server.recipients == [ZOE]


def test_an_issue_without_recipient_is_over_at_once(app, server):
    issue_id = ready(AWA)
    db.session.execute(sa.update(Subscription).values(left_at=now()))
    db.session.commit()
    deliver()
    assert sent_at(issue_id) is not None
    assert server.received == []


def test_an_issue_that_cannot_be_made_holds_no_other(app, server, monkeypatch):
    broken = ready(AWA)
    good = ready(number=2)
    real = delivering.render

    def render(content, *arguments):
        assert content.number == 2, "en panne"
        return real(content, *arguments)

    monkeypatch.setattr(delivering, "render", render)
    assert "erreur" in deliver()
    assert (sent_at(broken), sent_at(good) is not None) == (None, True)
    assert "journal" in db.session.get(Issue, broken).trouble


def test_two_workers_never_hold_the_same_row(app, server, monkeypatch):
    real = Claims._mark

    def slow_mark(self, connection, rows):
        time.sleep(0.05)  # between reading what is due and taking it
        return real(self, connection, rows)

    monkeypatch.setattr(Claims, "_mark", slow_mark)
    issue_id, held = begun(*MANY), []
    # As on several machines: nothing is shared but the database.
    workers = [Claims(Ledger(db.engine, issue_id), f"ailleurs {one} 1 1") for one in range(4)]
    threads = [
        threading.Thread(target=lambda worker=worker: held.extend(worker.turn([])))
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({row.email for row in held}) == len(held) == 4 * GROUP


def test_at_most_sixteen_are_in_flight(app, server):
    server.delay = 0.02
    issue_id = ready(*MANY)
    in_flight = sa.select(sa.func.count()).where(Delivery.state == State.SENDING)
    thread = threading.Thread(target=lambda: _in_context(app, deliver))
    thread.start()
    seen = []
    with reading():
        while thread.is_alive():
            seen.append(db.session.scalar(in_flight))
            db.session.commit()
            time.sleep(0.01)
    assert 0 < max(seen) <= 16
    assert sent_at(issue_id) is not None


def test_what_a_dead_worker_held_is_sent_again_and_doubted(app, server):
    issue_id = begun(*MANY[:20])
    held = Claims(Ledger(db.engine, issue_id), f"{place()} 999999999 1 1").turn([])
    deliver()
    assert counted(server.recipients) == dict.fromkeys(MANY[:20], 1)
    doubted = {email for email, row in ledger().items() if row.doubted_at}
    assert doubted == {row.email for row in held}


@pytest.mark.parametrize(("boot", "doubts"), [("", 8), ("0000", 16)])
def test_a_power_cut_puts_in_doubt_what_was_reserved_too(app, server, boot, doubts):
    """SQLite may have forgotten what was marked since the reservation, PostgreSQL never."""
    host, here, namespace = place().split("/")
    worker_ = f"{host}/{boot or here}/{namespace} 999999999 1 1"
    issue_id = begun(*MANY)
    claims_ = Claims(Ledger(db.engine, issue_id), worker_)
    sent = [claims.Result(row, State.SENT, "250 pris") for row in claims_.turn([])]
    assert len([*claims_.turn(sent), *claims_.reserve]) == 16
    if boot and db.engine.dialect.name == "postgresql":
        doubts = 8
    deliver(later=timedelta(minutes=16))
    assert len([row for row in ledger().values() if row.doubted_at]) == doubts
    assert len(server.recipients) == len(set(server.recipients)) == len(MANY) - 8
    assert sent_at(issue_id) is not None


def test_who_leaves_while_reserved_receives_nothing(app, server):
    server.delay = 0.3
    ready(*MANY)
    thread = threading.Thread(target=lambda: _in_context(app, deliver))
    thread.start()
    while not server.received:
        time.sleep(0.01)
    left = now()
    db.session.execute(sa.update(Subscription).values(left_at=left))
    db.session.commit()
    thread.join()
    sent = [row for row in ledger().values() if row.state is State.SENT]
    assert max(row.settled_at for row in sent) < left + timedelta(seconds=2)
    assert {row.response for row in ledger().values() if row.state is not State.SENT} == {LEFT}


def test_what_another_machine_holds_is_left_alone_until_its_lease_ends(app, server):
    issue_id = begun(*MANY[:20])
    held = {row.email for row in Claims(Ledger(db.engine, issue_id), "ailleurs 1 1 1").turn([])}
    deliver(later=timedelta(minutes=14))
    assert set(server.recipients) == set(MANY[:20]) - held
    assert sent_at(issue_id) is None
    deliver(later=timedelta(minutes=16))
    assert counted(server.recipients) == dict.fromkeys(MANY[:20], 1)
    assert {email for email, row in ledger().items() if row.doubted_at} == held
    assert sent_at(issue_id) is not None


def test_a_worker_that_lost_its_rows_says_nothing_of_them(app, server):
    issue_id = begun(AWA)
    slow = Claims(Ledger(db.engine, issue_id), "ailleurs 1 1 1")
    (row,) = slow.turn([])
    deliver(later=timedelta(minutes=16))
    slow.settle([claims.Result(row, State.FAILED, "550 trop tard")])
    assert ledger()[AWA].state is State.SENT


def test_a_slow_server_is_given_rows_that_were_just_looked_at(app, server, monkeypatch):
    monkeypatch.setattr(claims, "FRESH", timedelta(seconds=0.3))
    server.delay = 0.2
    issue_id = ready(*MANY[:12])
    deliver()
    assert counted(server.recipients) == dict.fromkeys(MANY[:12], 1)
    assert sent_at(issue_id) is not None
    assert {row.doubted_at for row in ledger().values()} == {None}


def test_an_answer_is_kept_while_the_database_is_away(app, server, monkeypatch):
    monkeypatch.setattr(commits, "DATABASE_PATIENCE", (0.01,) * 5)
    real, failures = Claims._settle, iter([True, True])

    def settle(self, connection, results):
        real(self, connection, results)
        if results and next(failures, False):
            raise sa.exc.OperationalError("UPDATE", {}, ConnectionError("partie"))

    monkeypatch.setattr(Claims, "_settle", settle)
    ready(*MANY[:20])
    deliver()
    assert counted(server.recipients) == dict.fromkeys(MANY[:20], 1)
    assert set(states().values()) == {"sent"}


def test_a_commit_that_was_cut_off_loses_nobody(app, server, monkeypatch):
    """The rows were taken, and the worker was not told."""
    monkeypatch.setattr(commits, "DATABASE_PATIENCE", (0.01,) * 5)
    issue_id = begun(*MANY[:20])
    ledger_ = Ledger(db.engine, issue_id)
    first = Claims(ledger_, "ailleurs 1 1 1")
    first.turn([])
    again = Claims(ledger_, "ailleurs 1 1 1")
    again.held = first.held
    assert len(again.turn([])) == GROUP
    assert sum(row.state is State.SENDING for row in ledger().values()) == GROUP


def test_a_living_worker_is_never_taken_for_dead():
    with worker_name() as name:
        assert is_gone(name) is False
    assert is_gone(name) is True
    assert is_gone("autre-machine 1 1 1") is False
    assert is_gone(f"{place()} 1 {0} 1") is True, "the same number, another process"
    assert is_gone("") is False


def test_nothing_personal_is_logged(app, server, caplog):
    server.faults = {
        AWA: ["RCPT 421 <awa@example.org> attend"],
        LUC: ["RCPT 550 <luc@example.org>"],
    }
    ready(AWA, LUC, "pas une adresse")
    deliver()
    assert "421" in caplog.text
    assert "example.org" not in caplog.text


def _in_context(app, function):
    with app.app_context():
        function()
        db.session.remove()
