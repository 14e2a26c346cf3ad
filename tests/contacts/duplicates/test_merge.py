"""Merging two cards, and making them two again."""

from datetime import date

import pytest
import sqlalchemy as sa
from contact_files import base
from factories import benoit, save, subscriber
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm.contacts.details import Detail, DetailKind
from crm.contacts.duplicates.merge import ABSORBED, KEPT, Choice, MergeRefused, choices, merge
from crm.contacts.duplicates.unmerge import unmerge
from crm.contacts.journal import Entry
from crm.contacts.organisations import LinkKind, Organisation, OrganisationLink, OtherName
from crm.contacts.people import Person, Role
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.newsletter.subscriptions import Subscription


def sector(code: str) -> Term:
    return Term.find(Vocabulary.SECTOR, code)


def mail(value: str) -> Detail:
    return Detail.make(DetailKind.EMAIL, value)


def gret(**values) -> Organisation:
    return save(Organisation(**{"name": "Gret", "commune": "Nogent"} | values))


def group(**values) -> Organisation:
    name = "Groupe de recherche et d’échanges technologiques"
    return save(Organisation(**{"name": name, "acronym": "GRET"} | values))


def names(card: Organisation) -> list[str]:
    return sorted(other.name for other in card.other_names)


def test_a_merge_keeps_the_best_of_both(app):
    kept = gret(website="https://gret.example.org")
    absorbed = group(siren="732829320", commune="Paris", website="https://autre.example.org")
    merge(kept, absorbed, {"website": ABSORBED})
    assert (kept.name, kept.acronym, kept.siren, kept.commune, kept.website) == (
        "Gret", "GRET", "732829320", "Nogent", "https://autre.example.org",
    )  # fmt: skip
    assert names(kept) == ["Groupe de recherche et d’échanges technologiques"]
    assert absorbed.survivor is kept


def test_the_choices_are_what_the_cards_do_not_agree_on(app):
    kept, absorbed = gret(), group(public_at=now())
    assert choices(kept, absorbed) == [
        Choice("name", "Nom", "Gret", "Groupe de recherche et d’échanges technologiques", KEPT),
        Choice("acronym", "Sigle", "", "GRET", ABSORBED),
        Choice("commune", "Commune", "Nogent", "", KEPT),
        Choice("public_at", "Visible du public", "non", "oui", KEPT),
    ]


def test_choosing_the_other_name_keeps_the_first_one_findable(app):
    kept = gret()
    merge(kept, group(), {"name": ABSORBED})
    assert kept.name.startswith("Groupe de recherche")
    assert names(kept) == []  # « Gret » is its acronym


def test_what_points_to_the_card_moves_with_it(app):
    kept, absorbed = gret(terms=[sector("eau")]), group(terms=[sector("eau"), sector("sante")])
    person = save(Person(last_name="Traoré"))
    role = save(Role(person=person, organisation=absorbed, title="Directrice"))
    note = absorbed.log("Appelée ce matin")
    letter = subscriber(organisation=absorbed)
    relayed = save(Organisation(name="Antenne", relay=absorbed))
    absorbed.details.append(mail("gret@example.org"))
    merge(kept, absorbed, by=benoit())
    assert role.organisation is kept
    assert note.organisation is kept
    assert letter.organisation_id == kept.id
    assert relayed.relay is kept
    assert kept.email == "gret@example.org"
    assert [term.code for term in kept.terms] == ["eau", "sante"]
    [last, *_] = db.session.scalars(Entry.of(kept)).all()
    assert last.text.startswith("Fusionnée avec «\u00a0Groupe de recherche")


def test_what_both_say_is_said_once(app):
    kept, absorbed, other = gret(), group(), save(Organisation(name="Coordination Sud"))
    person = save(Person(last_name="Traoré"))
    for card in (kept, absorbed):
        save(Role(person=person, organisation=card, title="Directrice"))
        save(OrganisationLink(organisation=card, other=other, kind=LinkKind.MEMBER))
        save(OtherName(organisation=card, name="Les Gretiens"))
        card.details.append(mail("gret@example.org"))
    save(OrganisationLink(organisation=absorbed, other=kept, kind=LinkKind.ANTENNA))
    merge(kept, absorbed)
    assert len(person.roles) == len(kept.links) == len(kept.details) == 1
    assert names(kept) == ["Groupe de recherche et d’échanges technologiques", "Les Gretiens"]


@pytest.mark.parametrize("since", [KEPT, ABSORBED])
def test_unmerging_restores_both_whole(app, since):
    kept, absorbed, other = gret(), group(), save(Organisation(name="Coordination Sud"))
    person = save(Person(last_name="Traoré", details=[mail("awa@example.org")]))
    for card in (kept, absorbed):
        save(Role(person=person, organisation=card, title="Directrice"))
        save(OrganisationLink(organisation=card, other=other, kind=LinkKind.MEMBER))
        card.details.append(mail("gret@example.org"))
        card.terms = [sector("eau")]
        subscriber(organisation=card)
    absorbed.terms.append(sector("sante"))
    absorbed.languages = ["fr", "en"]
    absorbed.on_board_since = date(2020, 1, 31)
    save(OrganisationLink(organisation=absorbed, other=kept, kind=LinkKind.ANTENNA))
    db.session.flush()
    before, letters = base(), subscriptions()
    record = merge(kept, absorbed, {"name": ABSORBED})
    assert base() != before
    unmerge(record, since)
    assert base() == before
    assert subscriptions() == letters


def subscriptions() -> list:
    rows = sa.select(Subscription.id, Subscription.organisation_id, Subscription.person_id)
    return [tuple(row) for row in db.session.execute(rows.order_by(Subscription.id))]


@pytest.mark.parametrize("since", [KEPT, ABSORBED])
def test_what_was_added_since_goes_to_the_one_chosen(app, since):
    kept, absorbed = gret(), group(siren="732829320")
    record = merge(kept, absorbed)
    kept.details.append(mail("nouveau@example.org"))
    role = save(Role(person=save(Person(last_name="Morel")), organisation=kept))
    note = kept.log("Appelé depuis")
    kept.siren = "443061841"
    kept.terms.append(sector("eau"))
    unmerge(record, since)
    chosen, other = (kept, absorbed) if since == KEPT else (absorbed, kept)
    assert (role.organisation, note.organisation) == (chosen, chosen)
    assert (chosen.email, other.email) == ("nouveau@example.org", "")
    assert ([term.code for term in chosen.terms], other.terms) == (["eau"], [])
    assert chosen.siren == "443061841"
    assert other.siren == ("732829320" if since == KEPT else None)


def test_people_merge_too(app):
    kept = save(Person(first_name="Awa", last_name="Traoré", details=[mail("awa@example.org")]))
    absorbed = save(
        Person(last_name="TRAORE", commune="Lyon", details=[mail("a.traore@example.org")])
    )
    role = save(Role(person=absorbed, organisation=gret(), title="Directrice"))
    letter = subscriber(person=absorbed)
    db.session.flush()
    before = base()
    record = merge(kept, absorbed)
    assert (kept.name, kept.commune, role.person) == ("Awa Traoré", "Lyon", kept)
    assert letter.person_id == kept.id
    assert {detail.value for detail in kept.details} == {"awa@example.org", "a.traore@example.org"}
    unmerge(record)
    assert base() == before


def test_the_search_finds_the_survivor_only_then_both(app):
    kept, absorbed = gret(), group()
    record = merge(kept, absorbed)
    assert [hit.id for hit in suggest("recherche technologiques")] == [kept.id]
    unmerge(record)
    assert [hit.id for hit in suggest("recherche technologiques")] == [absorbed.id]


def test_merges_follow_one_another_and_are_undone_in_turn(app):
    first, second, third = gret(), group(), save(Organisation(name="GRET Paris"))
    db.session.flush()
    before = base()
    one = merge(second, third)
    two = merge(first, second)
    assert third.survivor is first
    with pytest.raises(MergeRefused, match="défaites d’abord"):
        unmerge(one)
    unmerge(two)
    unmerge(one)
    assert base() == before
    with pytest.raises(MergeRefused, match="déjà défaite"):
        unmerge(one)


def test_impossible_merges_are_refused(app):
    card, other = gret(), group()
    with pytest.raises(MergeRefused, match="elle-même"):
        merge(card, card)
    with pytest.raises(MergeRefused, match="ne se fusionnent pas"):
        merge(card, save(Person(last_name="Morel")))
    merge(card, other)
    with pytest.raises(MergeRefused, match="déjà été fusionnée"):
        merge(save(Organisation(name="Autre")), other)


@settings(
    max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "b", "c"])), max_size=8),
)
def test_any_merges_undone_in_reverse_leave_no_trace(app, merges, facts):
    try:
        cards = [save(Organisation(name=f"Structure {number}")) for number in range(4)]
        person = save(Person(last_name="Traoré"))
        for number, letter in facts:
            save(Role(person=person, organisation=cards[number], title=letter))
            cards[number].details.append(mail(f"{letter}@example.org"))
            cards[number].commune = letter
            target = cards["abc".index(letter)]
            if target is not cards[number] and not linked(cards[number], target):
                kind = LinkKind.PARTNER
                save(OrganisationLink(organisation=cards[number], other=target, kind=kind))
        db.session.flush()
        before, done = base(), []
        for first, second in merges:
            try:
                done.append(merge(cards[first], cards[second]))
            except MergeRefused:
                continue
        for record in reversed(done):
            unmerge(record)
        assert base() == before
    finally:
        db.session.rollback()


def linked(one: Organisation, other: Organisation) -> bool:
    link = OrganisationLink
    query = sa.exists().where(link.organisation_id == one.id, link.other_id == other.id)
    return db.session.scalar(sa.select(query))
