"""Retention: who gave no sign for three years is asked once, then forgotten; rehearsed first."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import cards
import pytest
import sqlalchemy as sa
from asking import asked
from factories import awa, nadia, save, subscriber

from crm.contacts.journal import EntryKind
from crm.contacts.people import Person
from crm.db import db, now
from crm.mail import Mail
from crm.newsletter.readers.departures import Departure
from crm.newsletter.subscriptions import Subscription
from crm.privacy import retain
from crm.privacy.lapses import Lapse, Retention
from crm.privacy.retain import cutoff, run, spare
from crm.privacy.silence import count_silent, last_sign, silent
from crm.requests.requests import SupportRequest

PAGE = "/gestion/vie-privee/conservation"
LONG_AGO = now() - timedelta(days=4 * 365)
KEYS = ("test" * 8,)


@pytest.fixture
def rule(app):
    cards.begin()
    rule = Retention(years=3, days=60)
    db.session.add(rule)
    db.session.flush()
    return rule


def old_card(name="Fatoumata", at=LONG_AGO, **values):
    person = cards.person(name, **values)
    person.created_at = at
    db.session.flush()
    return person


def old_reader(email, at=LONG_AGO, **values):
    subscription = subscriber(email, **values)
    subscription.created_at = at
    for consent in subscription.consents:
        consent.given_at = consent.confirmed_at = at
    db.session.flush()
    return subscription


def found(rule, at=None):
    return {(one.person_id, one.email) for one in silent(cutoff(rule, at or now()), 100)}


def asked_mails():
    return list(db.session.scalars(sa.select(Mail).where(Mail.subject.startswith("Souhaitez"))))


def link_of(mail):
    message = message_from_bytes(mail.message, policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    return urlsplit(re.search(r"https?://\S+/vie-privee/\S+", text)[0]).path


def test_three_years_are_three_years():
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert cutoff(Retention(years=3, days=60), leap) == datetime(2025, 2, 28, 12, tzinfo=UTC)
    assert cutoff(Retention(years=4, days=60), leap) == datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_who_is_silent_is_found_once_with_or_without_a_card(rule):
    person = old_card(emails=["f@example.org"])
    old_reader("f@example.org")  # the same person, by the address
    old_reader("sans-fiche@example.org")
    cards.person("Binta", emails=["neuve@example.org"])
    subscriber("recente@example.org")
    assert found(rule) == {(person.id, ""), (None, "sans-fiche@example.org")}
    assert count_silent(cutoff(rule, now())) == 2


@pytest.mark.parametrize("sign", ["request", "call", "subscription", "leaving"])
def test_what_comes_from_the_person_is_a_sign(rule, sign):
    person = old_card(emails=["f@example.org"])
    if sign == "request":
        asked(email="f@example.org")
    elif sign == "call":
        person.log("A appelé", EntryKind.CALL)
    elif sign == "subscription":
        subscriber("f@example.org")
    else:
        old_reader("f@example.org").unsubscribe()
    db.session.flush()
    assert found(rule) == set()


@pytest.mark.parametrize("other", ["note", "edit", "open"])
def test_what_the_team_does_or_an_open_is_none(rule, other):
    person = old_card(emails=["f@example.org"])
    if other == "note":
        person.log("Relue par l’équipe", EntryKind.NOTE)
    elif other == "edit":
        person.log("Fiche changée")
        person.updated_at = now()
    else:
        old_reader("f@example.org")
    db.session.flush()
    assert found(rule) == {(person.id, "")}
    assert last_sign(person.id, "")[0] == LONG_AGO


def test_the_team_is_never_silent(rule):
    user = awa()
    old_card(emails=[user.email])
    assert found(rule) == set()


def test_nothing_is_done_before_somebody_has_started_it(rule, signed_in, monkeypatch):
    old_card(emails=["f@example.org"])
    monkeypatch.setattr(retain, "_HOUR", 0)
    client = signed_in(nadia())
    page = client.get(f"{PAGE}/").text
    assert "Fatoumata Traoré" in page
    assert "question à f@example.org" in page
    retain.retain_tonight()
    assert asked_mails() == []
    assert "Mettre en marche" in client.get(f"{PAGE}/demarrage").text
    assert not db.session.scalars(sa.select(Retention)).one().is_started
    client.post(f"{PAGE}/demarrage")
    started = db.session.scalars(sa.select(Retention)).one()
    assert started.started_by.email == "nadia@example.org"
    retain.retain_tonight()
    assert asked_mails() == [], "once a night"
    started.ran_at = now() - timedelta(days=1)
    db.session.commit()
    retain.retain_tonight()
    assert [mail.recipient for mail in asked_mails()] == ["f@example.org"]
    client.post(f"{PAGE}/arret")
    assert not db.session.scalars(sa.select(Retention)).one().is_started


def test_who_does_not_answer_is_asked_once_then_forgotten(rule):
    person = old_card(emails=["f@example.org"])
    person_id = person.id
    old_reader("f@example.org")
    assert run(rule, now()) == (1, 0)
    assert run(rule, now() + timedelta(days=59)) == (0, 0)
    assert db.session.get(Person, person_id) is not None
    assert run(rule, now() + timedelta(days=61)) == (0, 1)
    assert db.session.get(Person, person_id) is None
    assert Subscription.at("f@example.org") == []
    assert not Departure.includes("f@example.org", KEYS), "nobody objected to anything"
    [lapse] = db.session.scalars(sa.select(Lapse))
    assert (lapse.person_id, lapse.email, lapse.erased_at is not None) == (None, "", True)
    assert run(rule, now() + timedelta(days=62)) == (0, 0)


def test_who_answers_yes_is_kept_three_years_more(rule, visitor):
    person = old_card(emails=["f@example.org"])
    run(rule, now())
    path = link_of(asked_mails()[0])
    assert "Voulez-vous que nous gardions" in visitor.get(path).text
    [lapse] = db.session.scalars(sa.select(Lapse))
    assert lapse.answered_at is None, "a GET changes nothing"
    assert "C’est noté" in visitor.post(path, data={"choix": "rester"}).text
    assert run(rule, now() + timedelta(days=61)) == (0, 0)
    assert db.session.get(Person, person.id) is not None
    assert found(rule, now() + timedelta(days=365)) == set()
    assert found(rule, now() + timedelta(days=4 * 366)) == {(person.id, "")}


def test_who_answers_no_goes_at_once_and_is_never_written_to_again(rule, visitor):
    person_id = old_card(emails=["f@example.org"]).id
    run(rule, now())
    path = link_of(asked_mails()[0])
    assert "Il ne reste rien de vous ici" in visitor.post(path, data={"choix": "partir"}).text
    assert db.session.get(Person, person_id) is None
    assert Departure.includes("f@example.org", KEYS)
    assert visitor.get(path).status_code == 410


def test_a_link_that_is_not_ours_opens_nothing(app, visitor):
    assert visitor.get("/vie-privee/abcdefghijklmnopqrstuvwxyz0123").status_code == 404


def test_a_sign_that_comes_meanwhile_keeps_them(rule):
    person = old_card(emails=["f@example.org"])
    run(rule, now())
    asked(email="f@example.org")
    assert run(rule, now() + timedelta(days=61)) == (0, 0)
    assert db.session.get(Person, person.id) is not None


def test_who_left_is_not_written_to_and_goes_in_their_time(rule):
    gone = old_reader("partie@example.org")
    gone.left_at = LONG_AGO
    nobody = old_card("Sans", at=LONG_AGO)
    nobody_id = nobody.id
    assert run(rule, now()) == (0, 0)
    assert asked_mails() == []
    assert run(rule, now() + timedelta(days=61)) == (0, 2)
    assert db.session.get(Person, nobody_id) is None
    assert Departure.includes("partie@example.org", KEYS), "their objection is remembered"


def test_somebody_may_be_kept_a_year_more(rule, signed_in):
    person = old_card(emails=["f@example.org"])
    client = signed_in(nadia())
    url = f"{PAGE}/garde/fiche-{person.id}"
    assert client.post(url, data={"why": ""}).status_code == 422
    assert client.post(url, data={"why": "Projet en cours"}).status_code == 302
    assert found(rule) == set()
    assert run(rule, now() + timedelta(days=61)) == (0, 0)
    [lapse] = db.session.scalars(sa.select(Lapse))
    lapse.kept_until = now() - timedelta(days=1)
    db.session.flush()
    assert found(rule) == {(person.id, "")}


def test_an_address_may_be_kept_too(rule):
    old_reader("sans-fiche@example.org")
    spare(None, "sans-fiche@example.org", "Litige", now())
    db.session.flush()
    assert found(rule) == set()


def test_the_rule_has_its_bounds(app, signed_in):
    client = signed_in(nadia())
    assert client.post(f"{PAGE}/", data={"years": "0", "days": "60"}).status_code == 422
    assert client.post(f"{PAGE}/", data={"years": "2", "days": "90"}).status_code == 302
    rule = db.session.scalars(sa.select(Retention)).one()
    assert (rule.years, rule.days, rule.is_started) == (2, 90, False)


def test_what_is_of_no_use_any_more_goes_every_night(app, monkeypatch):
    monkeypatch.setattr(retain, "_HOUR", 0)
    old = save(Mail(recipient="x@example.org", subject="Vieux", message=b""))
    old.created_at, old.next_try_at = now() - timedelta(days=366), None
    robot = asked(email="robot@example.org")
    robot.suspected_at = now() - timedelta(days=31)
    db.session.commit()
    retain.retain_tonight()
    assert "Vieux" not in db.session.scalars(sa.select(Mail.subject)).all()
    assert SupportRequest.at("robot@example.org") == []
