"""Segments: searches kept by name, and fixed lists."""

import pytest
import sqlalchemy as sa
from factories import benoit, save

from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.search.documents import contact_of, key_of
from crm.contacts.search.index import forget, index
from crm.contacts.search.segments import Segment, SegmentCard, member_ids, members
from crm.db import db, now


@pytest.fixture
def cards(app):
    """Two organisations of Isère, one of Rhône, and Awa of Isère."""
    made = [
        save(Organisation(name="Eau vive", department="38")),
        save(Organisation(name="Amis du Togo", department="38")),
        save(Organisation(name="Radio", department="69")),
        save(Person(first_name="Awa", last_name="Diallo", department="38")),
    ]
    for card in made:
        index(card)
    return made


def listed(segment: Segment) -> list[tuple[str, int]]:
    return [contact_of(key) for key in db.session.scalars(members(segment))]


def of(card: Organisation | Person) -> tuple[ContactKind, int]:
    kind = ContactKind.PERSON if isinstance(card, Person) else ContactKind.ORGANISATION
    return kind, card.id


def test_a_kept_search_stays_current(cards):
    water, togo, radio, awa = cards
    segment = Segment.keep("Isère", Search.parse("departement=38&page=3"), benoit())
    assert listed(segment) == [of(togo), of(awa), of(water)]
    radio.department = "38"
    index(radio)
    togo.archived_at = now()
    index(togo)
    assert listed(segment) == [of(awa), of(water), of(radio)]
    assert (segment.query, segment.is_fixed) == ("departement=38", False)
    assert segment.created_by.name == "Benoît Faure"


def test_a_fixed_list_stays_what_it_was(cards):
    water, togo, radio, awa = cards
    segment = Segment.fix("Isère en mars", Search.parse("departement=38"))
    radio.department = "38"
    index(radio)
    assert listed(segment) == [of(togo), of(awa), of(water)]
    assert (segment.search, segment.is_fixed) == (Search(), True)


def test_a_fixed_list_keeps_archived_cards_out(cards):
    segment = Segment.fix("Isère en mars", Search.parse("departement=38"))
    cards[0].archived_at = now()
    index(cards[0])
    assert of(cards[0]) not in listed(segment)


def test_cards_are_added_to_a_fixed_list_and_taken_off_once(cards):
    radio, awa = cards[2:]
    segment = Segment.fix("Choisies", Search.parse("fiche=person"))
    for _ in range(2):
        segment.add([radio, awa])
        db.session.flush()
    assert listed(segment) == [of(awa), of(radio)]
    for _ in range(2):
        segment.remove([awa])
        db.session.flush()
    assert listed(segment) == [of(radio)]


def test_a_card_that_goes_leaves_the_list(cards):
    segment = Segment.fix("Isère", Search.parse("departement=38"))
    forget(cards[0])
    db.session.delete(cards[0])
    db.session.flush()
    assert of(cards[0]) not in listed(segment)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SegmentCard)) == 2


def test_the_people_of_a_segment_can_be_written_to(cards):
    for segment in (
        Segment.keep("Isère", Search.parse("departement=38")),
        Segment.fix("Isère en mars", Search.parse("departement=38")),
    ):
        people = db.session.scalars(member_ids(segment, ContactKind.PERSON)).all()
        organisations = db.session.scalars(member_ids(segment, ContactKind.ORGANISATION)).all()
        assert people == [cards[3].id]
        assert sorted(organisations) == sorted([cards[0].id, cards[1].id])


def test_a_name_is_used_once(cards):
    Segment.keep("Isère", Search())
    with pytest.raises(sa.exc.IntegrityError):
        Segment.keep("Isère", Search())


def test_segments_are_listed_by_name(cards):
    for name in ("Villes", "associations", "Écoles"):
        Segment.keep(name, Search())
    names = [segment.name for segment in db.session.scalars(Segment.by_name())]
    assert names[:2] == ["associations", "Villes"]


def test_a_key_says_its_card():
    for kind in ContactKind:
        assert contact_of(key_of(kind, 7)) == (kind, 7)
