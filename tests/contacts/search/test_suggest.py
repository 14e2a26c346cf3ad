"""Suggestions: what the search box answers while one types."""

import network
import pytest
import sqlalchemy as sa
from factories import save
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.contacts.details import Detail, DetailKind
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Person, Role
from crm.contacts.search.index import forget, index, index_many, reindex_all
from crm.contacts.search.suggest import Hit, suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now


def names(text: str) -> list[str]:
    return [hit.name for hit in suggest(text)]


def organisation(name: str, **values) -> Organisation:
    card = save(Organisation(name=name, **values))
    index(card)
    return card


def person(first_name: str, last_name: str, **values) -> Person:
    card = save(Person(first_name=first_name, last_name=last_name, **values))
    index(card)
    return card


def works(who: Person, where: Organisation, title: str = "") -> Role:
    role = save(Role(person=who, organisation=where, title=title))
    index(who)
    return role


def test_a_card_says_what_it_is_and_where(app):
    kind = Term.find(Vocabulary.ACTOR_TYPE, "association")
    place = {"commune": "Grenoble", "department": "38"}
    eau = organisation("Eau sans borne", actor_type=kind, **place)
    lea = person("Léa", "Grandjean")
    works(lea, eau, "Directrice")
    assert [(hit.type, hit.id, hit.name, hit.detail) for hit in suggest("borne")] == [
        (ContactKind.ORGANISATION, eau.id, "Eau sans borne", "Association · Grenoble (38)"),
        (ContactKind.PERSON, lea.id, "Léa Grandjean", "Directrice, Eau sans borne"),
    ]


def test_a_new_name_is_found_at_once_and_the_old_one_no_longer(app):
    card = organisation("Amis du Togo")
    card.name = "Échanges Bénin"
    index(card)
    assert names("echanges benin") == ["Échanges Bénin"]
    assert names("amis togo") == []


def test_a_former_name_still_finds_the_card(app):
    card = organisation("Échanges Bénin")
    card.other_names.append(OtherName(name="Amis du Togo", is_former=True))
    index(card)
    assert names("togo amis") == ["Échanges Bénin"]


def test_a_closed_mail_still_finds_the_person(app):
    card = person("Awa", "Cissokho")
    card.details.append(Detail.make(DetailKind.EMAIL, "Awa@Ancien.example.org"))
    card.close_detail(card.details[0])
    index(card)
    assert names("awa@anc") == ["Awa Cissokho"]


def test_the_people_of_an_organisation_follow_its_name(app):
    card = organisation("Amis du Togo")
    awa = person("Awa", "Cissokho")
    works(awa, card)
    card.name = "Échanges Bénin"
    index(card)
    assert names("awa benin") == ["Awa Cissokho"]
    assert names("awa togo") == ["Awa Cissokho"]  # one word of two is enough when nothing else is
    assert names("togo") == []


def test_who_left_is_no_longer_found_by_the_organisation(app):
    card = organisation("Amis du Togo")
    awa = person("Awa", "Cissokho")
    role = works(awa, card)
    assert names("togo") == ["Amis du Togo", "Awa Cissokho"]
    role.end(now().date())
    index(awa)
    assert names("togo") == ["Amis du Togo"]


def test_a_forgotten_card_is_not_found(app):
    card = organisation("Amis du Togo")
    forget(card)
    assert suggest("amis du togo") == []


def test_a_rolled_back_change_leaves_nothing_behind(app):
    organisation("Amis du Togo")
    db.session.commit()
    organisation("Amis du Togo bis")
    db.session.rollback()
    assert names("amis togo") == ["Amis du Togo"]


def test_archived_cards_come_last(app):
    organisation("Lumière", archived_at=now())
    organisation("Lumière des autres")
    assert names("lumiere") == ["Lumière des autres", "Lumière"]
    assert [hit.is_archived for hit in suggest("lumiere")] == [False, True]


def test_the_whole_name_comes_before_the_names_that_begin_so(app):
    for number in range(400):
        save(Organisation(name=f"Lyon Partage {number:03}"))
    save(Organisation(name="Métropole de Lyon"))
    save(Organisation(name="Lyon"))
    reindex_all()
    assert names("lyon")[0] == "Lyon"
    assert names("metropole lyon")[0] == "Métropole de Lyon"


def test_small_words_alone_are_looked_for_all_the_same(app):
    organisation("Association")
    assert names("association") == ["Association"]
    assert names("l'association") == ["Association"]


def test_what_is_typed_comes_before_what_is_corrected(app):
    organisation("Marten")
    organisation("Martin")
    assert names("martin") == ["Martin"]
    organisation("Martial")
    assert names("martn") == ["Marten", "Martin"]


def test_indexing_one_by_one_or_all_at_once_finds_the_same(app):
    network.install()
    for model in (Organisation, Person):
        for card in db.session.scalars(sa.select(model).where(model.id % 5 == 0)):
            index(card)
    index_many(ContactKind.ORGANISATION, db.session.scalars(sa.select(Organisation.id)))
    index_many(ContactKind.PERSON, db.session.scalars(sa.select(Person.id)))
    questions = [row["query"] for row in network.rows("search_queries.csv")][::5]
    one_by_one = [suggest(question) for question in questions]
    reindex_all()
    assert [suggest(question) for question in questions] == one_by_one


@pytest.mark.parametrize("words", ["", "   ", "\x00", "’", "***", '"', "-- ; //", "\u202e", "🌍"])
def test_nothing_to_look_for_finds_nothing(app, words):
    organisation("Amis du Togo")
    assert suggest(words) == []


@pytest.mark.parametrize(
    "words",
    [
        'togo" OR "amis', "togo*", "names:togo", "NEAR(togo amis)", "togo') --", "'togo'", "togo:*",
        "togo & | !", "\x00togo\x00", "\u202etogo", "togo 🌍", "{names}: togo", "togo\\", "(togo",
    ],
)  # fmt: skip
def test_the_syntax_of_databases_is_only_text(app, words):
    organisation("Amis du Togo")
    assert names(words)[:1] == ["Amis du Togo"]


def test_ten_thousand_characters_are_cut(app):
    organisation("Amis du Togo")
    assert names("togo " * 2000) == ["Amis du Togo"]
    assert names("x" * 10_000) == []


def test_a_card_with_an_absurd_name_is_indexed_all_the_same(app):
    organisation("é" * 300)
    organisation("a\u202eb 🌍 '\"\\ " + "mot " * 50)
    organisation("🌍", website="http://[")
    assert names("mot")[0].startswith("a\u202eb")


def test_any_text_is_an_answerable_question(app):
    organisation("Amis du Togo", acronym="AT")

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.text(max_size=60) | st.lists(st.sampled_from(list("at '\"*:&|()-@.0+é"))).map("".join)
    )
    def answers(text):
        assert all(isinstance(hit, Hit) for hit in suggest(text))

    answers()
