"""The full search: facets counted exactly, pages in order, addresses that can be sent."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from factories import save
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts import tasks
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.search import bitmaps, often
from crm.contacts.search.criteria import PAGE, Search, Sort
from crm.contacts.search.documents import contact_of, key_of
from crm.contacts.search.facets import FACETS, SINCE, Since, register
from crm.contacts.search.index import index, index_many, reindex_all
from crm.contacts.search.results import find, results
from crm.contacts.search.tables import documents
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now

WORDS = ["Eau", "Soleil", "École", "Togo", "Lyon", "Amis", "Marché"]


@pytest.fixture
def cards(app):
    """A hundred and fifty cards, the same each time."""
    chance = random.Random(4)
    types = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE)).all()[:4]
    sectors = db.session.scalars(Term.of(Vocabulary.SECTOR)).all()[:5]
    made = [_organisation(chance, number, types, sectors) for number in range(80)]
    db.session.add_all(made)
    for number in range(70):
        who = Person(first_name="Awa", last_name=f"Nom {number % 40:02}", department="")
        if number % 3:
            who.roles = [Role(organisation=chance.choice(made))]
        db.session.add(who)
    db.session.flush()
    return made


def _organisation(chance, number, types, sectors):
    return Organisation(
        name=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number:03}",
        department=chance.choice(["38", "69", ""]),
        commune=chance.choice(["Lyon", "Grenoble", ""]),
        actor_type=chance.choice(types),
        terms=chance.sample(sectors, 2),
        archived_at=now() if number % 20 == 0 else None,
        on_board_since=date(2020, 1, 1) if number % 10 == 3 else None,
    )


SEARCHES = [
    "",
    "fiche=person",
    "departement=38&departement=69",
    "type=association&secteur=eau",
    "q=lyon",
    "q=lyon+togo&departement=38",
    "q=lyonn",
    "ca=oui&archives=oui",
    "secteur=agriculture&secteur=sante&fiche=organisation&tri=commune",
    "tri=modification",
    "q=eau&tri=nom",
    "type=inconnu",
]


def check(address: str) -> None:
    """Everything a search says agrees with reading its cards one by one."""
    search = Search.parse(address)
    found = find(search)
    keys = db.session.scalars(results(search)).all()
    assert sorted(keys) == sorted(found.keys())
    assert found.total() == len(keys) == len(set(keys))
    shown = [hit for page in range(1, len(keys) // PAGE + 2) for hit in _page(search, page)]
    assert sorted((hit.type, hit.id) for hit in shown) == sorted(map(contact_of, keys))
    for facet, values in found.facets():
        others = replace(
            search,
            chosen={code: kept for code, kept in search.chosen.items() if code != facet.code},
        )
        counted = _counted(facet.code, others)
        assert {value.code: value.count for value in values if value.count} == counted
        for value in values[:1]:
            only = replace(search, chosen={**search.chosen, facet.code: (value.code,)})
            assert find(only).total() == value.count


def changed() -> list[int]:
    """The keys of what changed since facets were counted in advance."""
    return list(find(Search()).fresh.world.keys)


def _page(search: Search, page: int):
    return find(search.at(page)).page()


def _counted(code: str, search: Search) -> Counter:
    rows = db.session.scalars(
        sa.select(documents.c.facets).where(
            documents.c.id.in_(results(search).order_by(None).subquery().select())
        )
    )
    pairs = (value.split(":", 1) for row in rows for value in row.split())
    return Counter(value for facet, value in pairs if facet == code)


@pytest.mark.parametrize("address", SEARCHES)
def test_counts_agree_with_the_cards(cards, address):
    """All three ways: nothing counted in advance, everything, and changes since."""
    index_many(ContactKind.ORGANISATION, db.session.scalars(sa.select(Organisation.id)))
    index_many(ContactKind.PERSON, db.session.scalars(sa.select(Person.id)))
    assert find(Search()).base.world.whole == 0
    check(address)
    reindex_all()
    assert not changed()
    check(address)
    for number in (1, 5, 20, 33):
        cards[number].department = "38"
        cards[number].name = f"Aaa {cards[number].name}"
        cards[number].archived_at = None
        index(cards[number])
    assert 0 < len(changed()) < 50
    check(address)


def test_a_person_has_what_their_organisation_has(app):
    water = Term.find(Vocabulary.SECTOR, "eau")
    card = save(Organisation(name="Puits", department="38", terms=[water]))
    awa = save(Person(last_name="Awa", roles=[Role(organisation=card)]))
    index(awa)
    assert [hit.id for hit in find(Search.parse("secteur=eau&departement=38")).page()] == [awa.id]
    awa.roles[0].end(date(2020, 1, 1))
    index(awa)
    assert find(Search.parse("secteur=eau")).total() == 0


@pytest.mark.parametrize("sort", ["nom", "commune", "modification"])
def test_pages_follow_one_another_in_order(cards, sort):
    reindex_all()
    for number in (1, 5, 33):
        cards[number].commune = "Annecy"
        index(cards[number])
    order = bitmaps.ORDERS[sort]
    wanted = db.session.scalars(
        sa.select(documents.c.id).where(documents.c.archived.is_(False)).order_by(*order)
    ).all()
    search = Search.parse(f"tri={sort}")
    shown = [hit for page in (1, 2, 3, 4) for hit in _page(search, page)]
    assert [(hit.type, hit.id) for hit in shown] == [contact_of(key) for key in wanted]


def test_the_best_answers_come_first_then_the_others_by_name(app):
    for number in range(400):
        save(Organisation(name=f"Lyon Partage {number:03}"))
    save(Organisation(name="Ville de Lyon"))
    reindex_all()
    search = Search(words="lyon")
    first = find(search).page()
    assert (first[0].name, len(first), find(search).total()) == ("Ville de Lyon", PAGE, 401)
    shown = [hit.id for page in range(1, 10) for hit in _page(search, page)]
    assert len(shown) == len(set(shown)) == 401


def test_departments_are_counted_for_the_map(cards):
    reindex_all()
    expected = Counter(
        card.department for card in cards if card.department and card.archived_at is None
    )
    assert find(Search.parse("fiche=organisation")).by_department() == expected


def test_a_day_narrows_a_search(cards):
    came = {date(2021, 1, 1): cards[1].id, date(2022, 1, 1): cards[2].id}

    def organisations(day):
        wanted = [key for moment, key in came.items() if moment >= day]
        return sa.select(Organisation.id).where(Organisation.id.in_(wanted))

    def people(day):
        return sa.select(Person.id).where(sa.false())

    register(Since("venue", "Venue depuis", organisations, people))
    try:
        reindex_all()
        for day, count in (("2021-01-01", 2), ("2021-06-01", 1), ("2023-01-01", 0)):
            search = Search.parse(f"venue={day}")
            assert find(search).total() == count
            assert len(db.session.scalars(results(search)).all()) == count
    finally:
        del SINCE["venue"]


@pytest.mark.parametrize(
    "typed", ["eau", "e", "lyon", "ecole soleil", "lyn", "soleil 0", "awa nom", "mar che", "zzz"]
)
def test_words_that_many_have_are_counted_in_advance(cards, monkeypatch, typed):
    monkeypatch.setattr(often, "_OFTEN", 5)
    monkeypatch.setattr(often, "_SAMPLE", 1)
    reindex_all()
    cards[1].name, cards[2].name = "Eau Lyon 001", "Autre"
    index(cards[1]), index(cards[2])
    known, _ = bitmaps.worlds()
    assert len(known.forms) > 10
    for address in (f"q={typed}", f"q={typed}&departement=38", f"q={typed}&archives=oui"):
        search = Search.parse(address)
        assert set(find(search).keys()) == set(db.session.scalars(results(search)))


def test_a_new_generation_takes_the_changes_in(cards):
    reindex_all()
    index(cards[1])
    assert key_of(ContactKind.ORGANISATION, cards[1].id) in changed()
    before = find(Search()).total()
    counted = bitmaps.count()
    index(cards[2])  # meanwhile
    bitmaps.keep(counted)
    assert key_of(ContactKind.ORGANISATION, cards[1].id) not in changed()
    assert key_of(ContactKind.ORGANISATION, cards[2].id) in changed()
    bitmaps.keep(bitmaps.count())
    assert not changed()
    assert find(Search()).total() == before


values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    words=values,
    chosen=st.dictionaries(st.sampled_from(sorted(FACETS)), st.lists(values, max_size=3)),
    sort=st.sampled_from(Sort),
    page=st.integers(-5, 10**9),
    archived=st.booleans(),
)
def test_an_address_says_the_same_search_again(words, chosen, sort, page, archived):
    pairs = [("q", words), ("tri", sort), ("page", str(page))]
    pairs += [(code, value) for code, some in chosen.items() for value in some]
    pairs += [("archives", "oui")] if archived else []
    search = Search.parse(urlencode(pairs))
    assert Search.parse(search.query_string()) == search


@given(st.text(max_size=100))
def test_any_address_can_be_read(text):
    search = Search.parse(text)
    assert Search.parse(search.query_string()) == search


def test_choosing_twice_is_choosing_no_more(app):
    search = Search.parse("q=eau&type=association&page=4")
    once = search.toggle("type", "collectivite")
    assert once.chosen == {"type": ("association", "collectivite")}
    assert once.page == 1
    assert once.toggle("type", "collectivite") == search.at(1)
    assert search.query_string() == "q=eau&type=association&page=4"


def test_every_kind_is_labelled(app):
    assert [kind.label for kind in ContactKind] == ["Organisations", "Personnes"]


def test_the_clock_counts_again_when_many_cards_changed(cards, monkeypatch):
    reindex_all()
    index(cards[1])
    db.session.commit()
    tasks.count_again()
    assert changed()
    db.session.rollback()
    monkeypatch.setattr(bitmaps, "_TOO_MANY", 1)
    tasks.count_again()
    assert not changed()
