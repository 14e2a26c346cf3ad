"""Erased, somebody is nowhere: in no table, file, queue or log."""

import html
import logging

import cards
import factories
import planted
import pytest
import sqlalchemy as sa
from asking import asked
from factories import benoit, nadia, subscriber
from sending import draft

from crm.acts import Act, Did
from crm.config import Settings
from crm.contacts.kinds import ContactKind
from crm.contacts.people import Person
from crm.contacts.search.suggest import suggest
from crm.db import Base, db
from crm.db import now as db_now
from crm.events.events import Event
from crm.newsletter.issues import Issue
from crm.newsletter.readers.departures import Departure
from crm.privacy import scrub
from crm.privacy.erasures import Erasure, Reason
from crm.privacy.features import holdings
from crm.requests.requests import SupportRequest
from crm.users import User

PAGES = "/gestion/vie-privee"


@pytest.fixture
def person(app, signed_in, visitor, caplog):
    caplog.set_level(logging.DEBUG)
    officer = benoit()
    return planted.plant(signed_in(officer), visitor, officer)


@pytest.fixture
def known(app):
    """A card, a subscription and a request: enough where not everything matters."""
    cards.begin()
    card = cards.person(planted.FIRST, planted.LAST, emails=[planted.EMAIL])
    subscriber(planted.EMAIL, person=card)
    asked(email=planted.EMAIL, need=f"Je suis {planted.NAME}")
    return card


@pytest.fixture
def admin(signed_in):
    return signed_in(nadia())


def erased(admin, key, reason=Reason.ASKED):
    page = f"{PAGES}/personnes/{key}/effacement"
    assert admin.get(page).status_code == 200
    answer = admin.post(page, data={"reason": reason.value, "is_sure": "y"})
    assert answer.status_code == 302, answer.text


def test_nothing_is_left_anywhere(app, admin, person, caplog):
    assert len(planted.leaks(planted.in_database())) > 60, "the marks were planted"
    erased(admin, f"fiche-{person.id}")
    scrub.scrub_due()
    assert planted.leaks(planted.in_database()) == []
    assert planted.leaks(planted.on_disk()) == []
    assert planted.leaks({"logs": caplog.text}) == []
    [done] = db.session.scalars(sa.select(Erasure))
    assert done.settled_at is not None


# Chosen in a list, not typed; or of an account, which has a test of its own.
CHOSEN = {"department", "language", "channel"}
ACCOUNTS = {"users", "user_sessions"}


def test_every_column_about_people_was_looked_into(app, person):
    """A column nobody marked would be one whose erasure nobody checked."""
    marked = planted.marked_columns()
    declared = {
        (holding.table, name) for holding in holdings() if holding.table not in ACCOUNTS
        for name in (*holding.own, *holding.free) if name not in CHOSEN
    }  # fmt: skip
    assert declared - marked == set()


def test_the_marks_would_be_found_in_the_files(app, person):
    """Before the files are written again: this check can see."""
    assert len(planted.leaks(planted.on_disk())) > 20


def test_the_question_says_what_will_happen(admin, person):
    page = html.unescape(admin.get(f"{PAGES}/personnes/fiche-{person.id}/effacement").text)
    for words in (
        "Ses fiches fusionnées",
        "2 demandes",
        "1 inscription",
        "quitte RESA’CLIC",
        "Les imports en préparation dont le fichier en parle",
        "réécrits dans le quart",
    ):
        assert words in page.replace("\u00a0", " ").replace("\u202f", " "), words  # fmt: skip


def test_nothing_goes_without_a_tick(admin, known):
    page = f"{PAGES}/personnes/fiche-{known.id}/effacement"
    assert admin.post(page, data={"reason": "asked"}).status_code == 422
    assert db.session.get(Person, known.id) is not None


def test_figures_stay_true(app, admin, person):
    tables = ("requests", "deliveries", "bounces", "subscriptions", "registrations", "answers",
              "event_opinions", "meetings", "meeting_decisions", "time_spent")  # fmt: skip
    before = {name: count(name) for name in tables}
    taken = db.session.scalar(sa.select(Event.taken).where(Event.title == "Forum"))
    erased(admin, f"fiche-{person.id}")
    after = {name: count(name) for name in tables}
    assert after == before | {"requests": before["requests"], "bounces": before["bounces"]}
    kinds = db.session.scalars(sa.select(SupportRequest.kind)).all()
    assert len(kinds) == before["requests"]
    # Of an event to come, the place goes to somebody else.
    assert db.session.scalar(sa.select(Event.taken).where(Event.title == "Forum")) == taken - 1


def test_an_objection_is_remembered_by_a_hash_alone(admin, known):
    erased(admin, f"fiche-{known.id}")
    keys = Settings.current().keys
    assert Departure.includes(planted.EMAIL, keys)
    assert not Departure.includes("autre@example.org", keys)


def test_who_is_erased_because_they_are_no_use_may_come_back(admin, known):
    erased(admin, f"fiche-{known.id}", Reason.OURS)
    assert not Departure.includes(planted.EMAIL, Settings.current().keys)


def test_who_had_left_is_remembered_all_the_same(admin, app):
    subscription = subscriber("partie@example.org")
    subscription.unsubscribe()
    erased(admin, f"abonnement-{subscription.id}", Reason.OURS)
    assert Departure.includes("partie@example.org", Settings.current().keys)


def test_the_others_keep_all_that_is_theirs(admin, known):
    namesake = cards.person(planted.FIRST, planted.LAST, emails=["autre.zylphee@example.org"])
    other = asked(email="chloe@example.org", need="Un puits, dit par Zylphée Vorkazin.")
    ids = namesake.id, other.id
    erased(admin, f"fiche-{known.id}")
    namesake, other = db.session.get(Person, ids[0]), db.session.get(SupportRequest, ids[1])
    assert (namesake.name, namesake.email) == (planted.NAME, "autre.zylphee@example.org")
    # Another is called the same: nobody can say whom a text speaks of, so it stays.
    assert other.need == "Un puits, dit par Zylphée Vorkazin."
    people = [hit.id for hit in suggest(planted.NAME) if hit.type is ContactKind.PERSON]
    assert people == [namesake.id]


def test_mails_on_the_disk_go_too(app, admin, person):
    folder = Settings.current().instance / "mail"
    assert any(planted.leaks(planted.in_files(folder)))
    erased(admin, f"fiche-{person.id}")
    assert planted.leaks(planted.in_files(folder)) == []


def test_a_published_text_is_told_and_left(app, admin, known):
    issue = draft(number=77, subject=f"Portrait de {planted.NAME}")
    page = admin.get(f"{PAGES}/personnes/fiche-{known.id}/effacement").text
    assert f'href="/gestion/lettres/numeros/{issue.id}"' in page
    issue_id = issue.id
    erased(admin, f"fiche-{known.id}")
    issue = db.session.get(Issue, issue_id)
    assert issue.subject == f"Portrait de {planted.NAME}"


def test_a_closed_account_loses_its_name_and_an_open_one_stays(app, admin):
    awa = factories.awa()
    awa.disabled_at = db_now()
    db.session.flush()
    awa_id = awa.id
    erased(admin, f"compte-{awa_id}", Reason.OURS)
    awa = db.session.get(User, awa_id)
    assert (awa.name, awa.email.endswith("@compte.invalid")) == ("Ancien membre de l’équipe", True)
    luc_id = factories.luc().id
    erased(admin, f"compte-{luc_id}", Reason.OURS)
    assert db.session.get(User, luc_id).name == "Luc Martin"


def test_an_erasure_is_written_down_without_saying_who(admin, known):
    erased(admin, f"fiche-{known.id}")
    [act] = [one for one in db.session.scalars(Act.latest()) if one.kind is Did.ERASED]
    assert (act.about, act.detail) == ("erasures", "une personne, à sa demande")
    assert "à sa demande" in admin.get(f"{PAGES}/").text


def count(table):
    found = Base.metadata.tables[table]
    return db.session.scalar(sa.select(sa.func.count()).select_from(found))
