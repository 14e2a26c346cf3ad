"""The search compared with the cards and put right, while others write."""

import contextvars
import threading

import cards
import pytest
import sqlalchemy as sa
from kept import apart, neighbour, until

from crm.cli import crm
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search import correct as correcting
from crm.contacts.search import tables
from crm.contacts.search.correct import correct
from crm.contacts.search.documents import key_of
from crm.contacts.search.index import index
from crm.contacts.search.suggest import suggest
from crm.db import db


@pytest.fixture(autouse=True)
def network(app):
    """Three structures and two people, whom the search knows."""
    cards.begin()
    for name in ("Eau vive", "Cordée", "Semeurs"):
        cards.organisation(name)
    cards.works(cards.person("Awa", "Traoré"), one("Eau vive"))
    cards.person("Luc", "Morel")
    db.session.commit()


def one(name) -> Organisation:
    return db.session.scalars(sa.select(Organisation).where(Organisation.name == name)).one()


def found(words) -> list[str]:
    return [hit.name for hit in suggest(words)]


def test_a_search_that_is_right_is_left_alone(app):
    changed = sa.select(sa.func.count()).select_from(tables.changes)
    before = db.session.scalar(changed)
    told = correct()
    assert (told.total, told.count) == (5, 0)
    assert db.session.scalar(changed) == before


def test_what_is_wrong_is_put_right_and_nothing_else(app):
    one("Semeurs").name = "Les Glaneuses"
    titles, number = tables.titles, key_of(ContactKind.ORGANISATION, one("Cordée").id)
    db.session.execute(sa.delete(titles).where(titles.c.document_id == number))
    db.session.execute(sa.delete(Person).where(Person.last_name == "Morel"))
    db.session.execute(sa.delete(tables.vocabulary).where(tables.vocabulary.c.word == "traore"))
    db.session.commit()
    seen = []
    told = correct(lambda done, total: seen.append((done, total)))
    assert (told.total, told.count) == (4, 3)
    assert told.words == {"glaneuses", "les", "traore"}
    assert seen == sorted(seen)
    assert (found("glaneuses"), found("semeurs"), found("morel")) == (["Les Glaneuses"], [], [])
    assert correct().count == 0
    assert (found("cordee"), found("traorré")) == (["Cordée"], ["Awa Traoré"])


def test_an_empty_search_is_made_at_once(app):
    cards.begin()
    run = app.test_cli_runner().invoke
    said = run(args=["contacts", "reindex"], cli=crm).output
    assert "5\u00a0fiches dans la recherche, 0\u00a0corrigée." in said
    assert found("cordee") == ["Cordée"]
    said = run(args=["contacts", "reindex", "--scratch"], cli=crm).output
    assert "5\u00a0fiches dans la recherche." in said
    assert found("cordee") == ["Cordée"]


def test_others_write_while_it_is_put_right(app, monkeypatch):
    monkeypatch.setattr(correcting, "_AT_ONCE", 1)
    db.session.execute(sa.update(Organisation).values(commune="Vif"))
    db.session.commit()
    waited, write = neighbour()
    told = correct(write)
    assert (told.count, len(waited)) == (4, 6)  # three structures, and who works in one
    assert max(waited) < 2


def test_what_someone_is_just_saving_is_not_forgotten(app):
    """PostgreSQL has several writers: the one who read the card first must not write it last."""
    if db.engine.dialect.name == "sqlite":
        return  # whoever writes is alone
    db.session.execute(sa.update(Organisation).values(commune="Vif"))
    db.session.commit()

    def work():
        with app.app_context():
            correct()
            db.session.commit()

    worker = threading.Thread(target=contextvars.Context().run, args=(work,))
    card = one("Semeurs")
    card.name = "Les Glaneuses"
    index(card)
    worker.start()
    until(waits_for_us)
    db.session.commit()
    worker.join()
    assert found("glaneuses") == ["Les Glaneuses"]


def waits_for_us() -> bool:
    with apart().connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return connection.scalar(sa.text(query)) > 0
