"""The queue: what it shows, in which order, at a constant cost."""

from datetime import date, timedelta

import asking
import factories
import pytest
from asking import asked
from pages import Page
from queries import cost

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.search.index import reindex_all
from crm.contacts.search.results import find
from crm.contacts.terms import Vocabulary
from crm.db import db, now
from crm.requests.alike import neighbours, similar
from crm.requests.kinds import Outcome, RequestKind, State
from crm.requests.queue import Filters, View, loads, overview


def shown(user=None, **args) -> list[str]:
    user = user or factories.User(id=0)
    return [one.subject for one in db.session.scalars(Filters.read(args).query(user))]


def test_the_oldest_comes_first_unless_another_is_more_pressing(app):
    for number, priority in enumerate((1, 2, 0)):
        made = asked(subject=f"{number}", priority=priority)
        made.created_at = now() - timedelta(days=number)
    db.session.flush()
    assert shown() == ["2", "0", "1"]
    assert shown(tri="recentes") == ["2", "1", "0"]


def test_each_view_shows_its_own(app):
    benoit = factories.benoit()
    new, given, waiting, closed, silent = (asked(subject=name) for name in
        ("new", "given", "waiting", "closed", "silent"))  # fmt: skip
    given.assign(benoit)
    waiting.assign(benoit)
    waiting.wait()
    closed.close(Outcome.ANSWERED)
    silent.assign(benoit)
    silent.news_at = now() - timedelta(days=20)
    new.unread_at = now()
    db.session.flush()
    assert shown(etat="nouvelles") == ["new"]
    assert shown(etat="attribuees") == ["given", "silent"]
    assert shown(etat="en-attente") == ["waiting"]
    assert shown(etat="closes") == ["closed"]
    assert shown(etat="a-lire") == ["new"]
    assert shown(etat="sans-nouvelles") == ["silent"]
    assert shown(benoit, qui="moi") == ["given", "waiting", "silent"]
    assert shown(qui="personne") == ["new"]
    assert {view: number for view, number in overview().counts.items() if number} == {
        View.OPEN: 4, View.NEW: 1, View.ASSIGNED: 2, View.WAITING: 1, View.CLOSED: 1,
        View.UNREAD: 1, View.STUCK: 1,
    }  # fmt: skip
    assert loads() == {None: 1, benoit.id: 3}


def test_an_officer_s_number_is_how_many_their_list_shows(app):
    benoit, awa = factories.benoit(), factories.awa()
    first, second, both = (asked(subject=name) for name in ("first", "second", "both"))
    first.assign(benoit)
    second.assign(awa, benoit)
    both.assign(benoit, awa)
    both.unread_at = first.unread_at = now()
    db.session.flush()
    told = overview()
    assert shown(awa, qui="moi") == ["second", "both"]
    assert told.whose == {benoit.id: 3, awa.id: 2}
    assert told.loads == {benoit.id: 2, awa.id: 1}
    assert told.unread == {benoit.id: 2, awa.id: 1}


@pytest.mark.parametrize("words", ["puits", "PUITS", "pui", "martin puits", "d-{year}-0001", "sene",
                                   "chloe@example.org"])  # fmt: skip
def test_a_request_is_found_by_the_beginning_of_its_words(app, words):
    asked(subject="a", need="Creuser un puits.",
          country_id=asking.term(Vocabulary.COUNTRY, "SN").id)  # fmt: skip
    asked(subject="b", need="Une école.", last_name="Durand", email="b@example.org")
    assert shown(q=words.format(year=now().year)) == ["a"]


def test_a_page_costs_the_same_for_one_row_as_for_fifty(app, signed_in):
    client = signed_in(factories.benoit())
    asked()
    few = cost(client, "/gestion/demandes/")
    for _ in range(49):
        asked(country_id=asking.term(Vocabulary.COUNTRY, "SN").id).assign(factories.User.find(
            "benoit@example.org"))  # fmt: skip
    assert cost(client, "/gestion/demandes/") <= few + 2


def test_similar_requests_share_rare_words(app):
    made = asked(need="Forage profond et pompe solaire à Podor.")
    near = asked(need="Quelle pompe solaire pour un forage ?", email="x@example.org")
    for _ in range(3):
        asked(need="Une école à construire.", email="y@example.org")
    erased = asked(need="Forage et pompe solaire", email="z@example.org")
    erased.erased_at = now()
    db.session.flush()
    assert similar(made) == [near]


def test_who_is_already_there_shares_a_country_or_a_sector(app):
    senegal = asking.term(Vocabulary.COUNTRY, "SN")
    water = asking.term(Vocabulary.SECTOR, "eau")
    both = factories.save(Organisation(name="Les deux", terms=[senegal, water]))
    one = factories.save(Organisation(name="Le pays", terms=[senegal]))
    factories.save(Organisation(name="Archivée", terms=[senegal], archived_at=now()))
    someone = factories.save(Person(last_name="Ndiaye", terms=[water]))
    made = asked(country_id=senegal.id, sector_id=water.id)
    db.session.refresh(made)
    assert [(near.card, near.why) for near in neighbours(made)] == [
        (both, "Sénégal, Eau et assainissement"), (one, "Sénégal"),
        (someone, "Eau et assainissement"),
    ]  # fmt: skip


def test_who_asked_for_help_since_a_day_is_a_way_of_searching(app):
    person = factories.save(Person(last_name="Martin", first_name="Chloé"))
    factories.save(Person(last_name="Autre"))
    made = asked()
    made.person = person
    db.session.flush()
    reindex_all()
    since = lambda day: find(Search.parse(f"demande={day}")).total()  # noqa: E731
    assert (since(date(2020, 1, 1)), since(now().date() + timedelta(days=2))) == (1, 0)


def test_accueil_says_what_waits(app, signed_in):
    made = asked()
    made.assign(factories.nadia())
    made.unread_at = now()
    asked(kind=RequestKind.OTHER)
    page = Page(signed_in(factories.benoit()).get("/gestion/").text)
    assert "/gestion/demandes/?etat=a-lire" in page.links
    assert "/gestion/demandes/?etat=nouvelles" in page.links
    assert made.state is State.ASSIGNED
