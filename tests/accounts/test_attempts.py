"""How often one may try, whatever the process and after a restart."""

import threading
from datetime import timedelta

import factories
import pytest
import sqlalchemy as sa
from factories import PASSWORD

from crm.accounts import emails
from crm.accounts.attempts import LIMITS, Attempt, TooMany, Try, forget_attempts, take
from crm.acts import Act, Did
from crm.db import db, now
from crm.mail import Mail

MOST = LIMITS[Try.PASSWORD].account
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def sign_in(client, password, email="awa@example.org", address=HERE):
    form = {"email": email, "password": password}
    return client.post("/connexion", data=form, environ_base={"REMOTE_ADDR": address})


def insist(client, times, **where):
    return [sign_in(client, "rien de vrai", **where).status_code for _ in range(times)]


def test_an_account_is_not_tried_for_ever(visitor):
    factories.awa()
    assert insist(visitor, MOST + 2) == [422] * MOST + [429, 429]
    answer = sign_in(visitor, PASSWORD, address=ELSEWHERE)
    assert answer.status_code == 429, "the right password does not help who guesses"
    assert "Trop d’essais à la suite." in answer.text


def test_an_unknown_account_is_throttled_alike(visitor):
    answers = insist(visitor, MOST + 1, email="nul@example.org")
    assert answers == [422] * MOST + [429]


def test_nobody_locks_somebody_else_out_of_their_own_desk(visitor, app):
    factories.awa()
    assert sign_in(app.test_client(), PASSWORD, address=ELSEWHERE).status_code == 302
    insist(visitor, MOST + 1)
    assert sign_in(visitor, PASSWORD, address=HERE).status_code == 429
    assert sign_in(app.test_client(), PASSWORD, address=ELSEWHERE).status_code == 302


def test_an_address_is_not_used_for_ever_either(visitor):
    most = LIMITS[Try.PASSWORD].address
    answers = [
        sign_in(visitor, "rien", email=f"a{number}@example.org").status_code
        for number in range(most + 1)
    ]
    assert answers == [422] * most + [429]
    factories.awa()
    assert sign_in(visitor, PASSWORD, address=ELSEWHERE).status_code == 302


def test_a_neighbour_in_the_same_ipv6_network_is_the_same_address(app):
    first = take(Try.CODE, "a@example.org", "2001:db8:1:2::1")
    same = take(Try.CODE, "b@example.org", "2001:db8:1:2:ffff::9")
    other = take(Try.CODE, "c@example.org", "2001:db8:1:3::1")
    mapped = take(Try.CODE, "d@example.org", "::ffff:198.51.100.7")
    plain = take(Try.CODE, "e@example.org", "198.51.100.7")
    assert (first.address == same.address, first.address == other.address) == (True, False)
    assert mapped.address == plain.address


def test_the_window_passes(visitor):
    factories.awa()
    insist(visitor, MOST)
    old = now() - LIMITS[Try.PASSWORD].window - timedelta(seconds=1)
    db.session.execute(sa.update(Attempt).values(at=old))
    assert sign_in(visitor, PASSWORD).status_code == 302


def test_who_is_refused_is_not_counted(app):
    """Insisting does not make it last longer, nor fills the table."""
    for _ in range(LIMITS[Try.RESET].account):
        take(Try.RESET, "awa@example.org", HERE)
    for _ in range(3):
        with pytest.raises(TooMany):
            take(Try.RESET, "awa@example.org", HERE)
    assert db.session.scalar(sa.select(sa.func.count(Attempt.id))) == LIMITS[Try.RESET].account


def test_attempts_keep_neither_address_nor_account(visitor):
    factories.awa()
    insist(visitor, 1)
    [kept] = db.session.scalars(sa.select(Attempt))
    assert "awa" not in kept.account
    assert (len(kept.account), len(kept.address)) == (32, 32)
    assert HERE not in kept.address
    kept.at -= timedelta(days=31)
    db.session.flush()
    forget_attempts()
    assert db.session.scalar(sa.select(sa.func.count(Attempt.id))) == 0


def test_the_journal_says_it_once_and_the_person_is_told_once(visitor):
    awa = factories.awa()
    insist(visitor, MOST + 5)
    kinds = db.session.scalars(sa.select(Act.kind).order_by(Act.id)).all()
    assert kinds == [Did.REFUSED] * MOST + [Did.THROTTLED]
    assert {act.about_id for act in db.session.scalars(sa.select(Act))} == {awa.id}
    [mail] = db.session.scalars(sa.select(Mail))
    assert mail.subject == "Plusieurs mots de passe faux ont été essayés sur votre compte"


def test_nobody_is_told_in_the_same_time(visitor, monkeypatch):
    """OWASP ASVS 6.3.8: the mail that warns is drawn for an account that does not exist too."""
    drawn = []
    real = emails.draw
    monkeypatch.setattr(
        emails, "draw", lambda *said, **more: drawn.append(1) or real(*said, **more)
    )
    insist(visitor, MOST + 1, email="nul@example.org")
    assert len(drawn) == 1
    assert db.session.scalars(sa.select(Mail)).all() == []


def test_attempts_made_at_once_all_count(app):
    """Eight threads, one place left: one of them passes."""
    limit = LIMITS[Try.RESET]
    for _ in range(limit.account - 1):
        take(Try.RESET, "awa@example.org", HERE)
    passed = []

    def try_it():
        with app.app_context():
            try:
                take(Try.RESET, "awa@example.org", HERE)
                passed.append(True)
            except TooMany:
                pass
            finally:
                db.session.remove()

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1
