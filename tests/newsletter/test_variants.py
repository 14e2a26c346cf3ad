"""Versions of a letter: each reader gets what is for them, and nothing of what is for others."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from cards import organisation
from factories import awa, item, resaclic, save, subscriber
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import BASE, block
from letters import issue as content_of
from sending import deliver, draft, ledger
from smtp_server import collector

from crm.config import Settings
from crm.contacts.people import Person, Role
from crm.contacts.search.criteria import Search
from crm.contacts.search.segments import Segment
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.newsletter.audience import is_for
from crm.newsletter.compose import compose
from crm.newsletter.conditions import Condition, many, said
from crm.newsletter.content import Content, Part
from crm.newsletter.delivery import schedule
from crm.newsletter.delivery.deliver import messages_of
from crm.newsletter.delivery.editions import editions
from crm.newsletter.issues import Issue, Layout, Section
from crm.newsletter.placements import Placement
from crm.newsletter.story import Room, chapters
from crm.newsletter.subscriptions import Subscription
from crm.newsletter.variants import bits, by_content, conditions_of, public, seen, seen_by


def term(code):
    return Term.find(Vocabulary.ACTOR_TYPE, code)


@pytest.fixture
def types(app):
    """An association and a local authority, as the vocabulary has them."""
    first, second = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE).limit(2)).all()
    return first, second


def only(*actor_types, departments=(), segment=None):
    ids = tuple(one.id for one in actor_types)
    return Condition(ids, tuple(departments), segment and segment.id)


def part(title, *texts, only=None, **each):
    """A section with one item for each text; `each` gives the condition of an item by its text."""
    return Section(
        title=title,
        kinds=["news"],
        position=1,
        only=only.dump() if only else {},
        placements=[
            Placement(
                item=item(
                    title=text, summary=f"Résumé {text}", url=f"https://s.example.org/{text}"
                ),
                position=place,
                only=each[text].dump() if text in each else {},
            )
            for place, text in enumerate(texts, 1)
        ],
    )


def mixed(types, **values):
    """For all, for associations, for those of Isère; a section that is wholly for some."""
    first, second = types
    sections = [
        part("Pour toutes et tous", "MARQUE-TOUS", "MARQUE-PREMIER", "MARQUE-ISERE",
             **{"MARQUE-PREMIER": only(first), "MARQUE-ISERE": only(departments=["38"])}),
        part("Section réservée", "MARQUE-SECOND", only=only(second)),
        part("Section mêlée", "MARQUE-CROISE",
             **{"MARQUE-CROISE": only(first, departments=["38"])}),
    ]  # fmt: skip
    for place, section in enumerate(sections, 1):
        section.position = place
    return draft(sections=sections, editorial="Bonjour MARQUE-TOUS.", **values)


EXPECTED = {
    "personne@example.org": {"TOUS"},
    "premier@example.org": {"TOUS", "PREMIER"},
    "isere@example.org": {"TOUS", "ISERE"},
    "les-deux@example.org": {"TOUS", "PREMIER", "ISERE", "CROISE"},
    "second@example.org": {"TOUS", "SECOND"},
}
MARKS = {"TOUS", "PREMIER", "ISERE", "SECOND", "CROISE"}


def readers(types):
    first, second = types
    subscriber("personne@example.org")
    subscriber("premier@example.org", actor_type=first)
    subscriber("isere@example.org", department="38")
    subscriber("les-deux@example.org", actor_type=first, department="38")
    subscriber("second@example.org", actor_type=second)


def marks(text):
    return {mark for mark in MARKS if f"MARQUE-{mark}" in text}


def test_nothing_meant_for_one_group_is_in_the_mail_of_another(types, setting):
    readers(types)
    issue = mixed(types)
    schedule.schedule(issue, now() - timedelta(seconds=1))
    db.session.commit()
    with collector() as (url, received):
        setting(smtp_url=url)
        assert deliver() == ""
    assert {to for to, _ in received} == set(EXPECTED)
    for to, raw in received:
        whole = raw.decode()
        message = message_from_bytes(raw, policy=policy.default)
        html = message.get_body(("html",)).get_content()
        text = message.get_body(("plain",)).get_content()
        assert marks(html) == EXPECTED[to], to
        assert marks(text) == EXPECTED[to], to
        assert marks(whole.replace("=\r\n", "")) == EXPECTED[to], to
        for title, mark in (("Section réservée", "SECOND"), ("Section mêlée", "CROISE")):
            assert (title in html) == (mark in EXPECTED[to]), "nobody gets an empty section"
            assert (title in text) == (mark in EXPECTED[to])
    assert {row.bits for row in ledger().values()} == {0, 1, 2, 4, 1 | 2 | 8}


def test_each_distinct_letter_is_made_once(types):
    readers(types)
    for _ in range(3):
        subscriber(actor_type=types[0])
    issue = mixed(types)
    schedule.schedule(issue, now())
    schedule.start(issue, now() + timedelta(seconds=1))
    db.session.commit()
    made = messages_of(issue, Settings.current())
    assert len({id(message) for message in made.values()}) == 5


def test_what_was_decided_at_the_start_holds(types, setting):
    """Someone who changes department meanwhile gets what was decided."""
    readers(types)
    issue = mixed(types)
    schedule.schedule(issue, now() - timedelta(seconds=1))
    schedule.start(issue, now())
    Subscription.of(resaclic(), "isere@example.org").department = "69"
    db.session.commit()
    with collector() as (url, received):
        setting(smtp_url=url)
        deliver()
    got = dict(received)
    text = message_from_bytes(got["isere@example.org"], policy=policy.default)
    assert marks(text.get_body(("plain",)).get_content()) == EXPECTED["isere@example.org"]


def test_the_grid_lists_every_letter_with_how_many_get_it(types, signed_in):
    readers(types)
    for _ in range(3):
        subscriber(actor_type=types[1])
    issue = mixed(types)
    found = {one.label: one.count for one in editions(issue)}
    assert sum(found.values()) == 8
    assert found[f"4\u00a0{many(types[1].label)} reçoivent celle-ci"] == 4
    client = signed_in(awa())
    page = client.get(f"/gestion/lettres/numeros/{issue.id}/versions").text
    assert page.count('class="variant"') == 5
    assert f"4\u00a0{many(types[1].label)} reçoivent celle-ci" in page
    opened = client.get(f"/gestion/lettres/numeros/{issue.id}/versions/4.html").text
    assert marks(opened) == {"TOUS", "SECOND"}
    opened = client.get(f"/gestion/lettres/numeros/{issue.id}/versions/4.txt").text
    assert marks(opened) == {"TOUS", "SECOND"}


def test_once_it_left_the_grid_says_who_got_what(types):
    readers(types)
    issue = mixed(types)
    schedule.schedule(issue, now())
    schedule.start(issue, now())
    Subscription.of(resaclic(), "isere@example.org").department = ""
    subscriber("tard@example.org")
    db.session.flush()
    assert sorted(one.count for one in editions(issue)) == [1, 1, 1, 1, 1]


def test_one_letter_for_all_says_so(app):
    subscriber(), subscriber()
    [one] = editions(draft())
    assert (one.label, one.bits) == ("2\u00a0abonnés reçoivent celle-ci", 0)


def test_the_web_shows_only_what_is_for_everybody(types, visitor):
    readers(types)
    issue = mixed(types)
    schedule.schedule(issue, now())
    schedule.start(issue, now() + timedelta(seconds=1))
    db.session.commit()
    for address in ("/lettres/resaclic/1", "/lettres/resaclic/flux.xml"):
        page = visitor.get(address).text
        assert not marks(page) - {"TOUS"}, address
        assert "Section réservée" not in page
        assert "Section mêlée" not in page


def test_a_frozen_letter_keeps_its_conditions(types):
    issue = mixed(types)
    content = Content.draw(issue)
    again = Content.load(content.dump())
    assert again == content
    assert [one.key for one in conditions_of(again)] == [one.key for one in conditions_of(content)]


def test_a_long_text_for_some_never_leads_to_the_web_version(types):
    condition = only(types[0])
    long = content_of(
        Part("Réservé", Layout.CARDS, (block(summary="mot " * 400),), condition),
        Part("Mêlé", Layout.CARDS, (block(2, summary="mot " * 400, url="", only=condition),)),
    )
    first, second = chapters(long, BASE, Room(100, 100, stories=0))
    assert first.stories[0].more == ""
    assert first.stories[0].url == "https://site.example.org/1"
    assert (second.stories[0].url, second.stories[0].more) == ("", "")
    assert second.stories[0].summary.count("mot") == 400


def test_what_is_not_said_is_read_from_the_card(types):
    first, second = types
    club = organisation("Les Semeurs du Drac", department="38", actor_type=first)
    person = save(Person(first_name="Zoé", last_name="Léger"))
    save(Role(person=person, organisation=club))
    by_club = subscriber("club@example.org", organisation=club)
    by_person = subscriber("zoe@example.org", person=person)
    says_otherwise = subscriber("autre@example.org", organisation=club, actor_type=second)
    unknown = subscriber("inconnue@example.org")
    asked = only(first, departments=["38"])
    met = set(db.session.scalars(sa.select(Subscription.id).where(is_for(asked))))
    assert met == {by_club.id, by_person.id}
    assert not {says_otherwise.id, unknown.id} & met


def test_a_segment_counts_too_and_a_lost_one_means_nobody(types):
    club = organisation("Les Semeurs du Drac", department="38")
    reader = subscriber("club@example.org", organisation=club)
    db.session.flush()
    segment = Segment.keep("Isère", Search.parse("departement=38"))
    asked = only(segment=segment)
    find = sa.select(Subscription.id)
    assert list(db.session.scalars(find.where(is_for(asked)))) == [reader.id]
    db.session.delete(segment)
    db.session.flush()
    assert list(db.session.scalars(find.where(is_for(asked)))) == []
    assert said(asked) == "abonnés d’un segment disparu"


def test_a_merged_type_is_followed(types):
    first, second = types
    reader = subscriber(actor_type=second)
    first.merged_into = second
    db.session.flush()
    found = db.session.scalars(sa.select(Subscription.id).where(is_for(only(first))))
    assert list(found) == [reader.id]


@pytest.mark.parametrize(
    ("label", "several"),
    [
        ("Association", "associations"),
        ("collectivité territoriale", "collectivités territoriales"),
        ("établissement d’enseignement", "établissements d’enseignement"),
        ("université et recherche", "universités et recherche"),
        ("OSIM (organisation de solidarité)", "OSIM (organisation de solidarité)"),
        ("collectif ou réseau", "collectifs ou réseaux"),
        ("intercommunalité (EPCI)", "intercommunalités (EPCI)"),
    ],
)
def test_types_are_said_in_the_plural(label, several):
    assert many(label) == several


def test_places_are_said_as_people_say_them(types):
    name = many(types[0].label)
    assert said(only(types[0], departments=["38"])) == f"{name} de l’Isère"
    assert said(only(departments=["69", "42"])) == "abonnés du Rhône et de la Loire"
    assert said(only(departments=["01", "38", "69", "73"])) == "abonnés de 4\u00a0départements"


CONDITIONS = st.builds(
    Condition,
    st.lists(st.sampled_from([1, 2, 3]), unique=True).map(tuple),
    st.lists(st.sampled_from(["01", "38", "69"]), unique=True).map(tuple),
)
ANY = st.one_of(st.none(), CONDITIONS.filter(lambda one: not one.is_for_all))
PARTS = st.lists(st.tuples(ANY, st.lists(ANY, min_size=1, max_size=3)), min_size=1, max_size=4)


def met(condition, actor_type, department):
    """What the words mean, said once more and otherwise."""
    if condition is None:
        return True
    types_fit = not condition.actor_types or actor_type in condition.actor_types
    return types_fit and (not condition.departments or department in condition.departments)


def content(drawn):
    rank, parts = 0, []
    for place, (condition, blocks) in enumerate(drawn):
        made = []
        for one in blocks:
            rank += 1
            made.append(block(rank, only=one))
        parts.append(Part(f"Rubrique {place}", Layout.CARDS, tuple(made), condition))
    return content_of(*parts)


@given(PARTS, st.sampled_from([0, 1, 2, 3]), st.sampled_from(["", "01", "38", "69"]))
def test_whatever_the_conditions_each_reads_what_is_theirs_and_no_empty_section(
    drawn, actor_type, department
):
    whole = content(drawn)
    conditions = conditions_of(whole)
    its_bits = sum(
        1 << place for place, one in enumerate(conditions) if met(one, actor_type, department)
    )
    read = seen(whole, its_bits)
    wanted = {
        one.number
        for part in whole.parts if met(part.only, actor_type, department)
        for one in part.blocks if met(one.only, actor_type, department)
    }  # fmt: skip
    assert {one.number for one in read.blocks} == wanted
    assert all(part.blocks for part in read.parts)
    assert not [one for one in public(whole).blocks if one.only]
    shared = by_content(whole, range(min(1 << len(conditions), 64)))
    assert all(shared[value] == seen(whole, value) for value in shared)


@pytest.fixture
def crowd(types):
    """One reader of each type in each department, and some who said nothing."""
    three = db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE).limit(3)).all()
    for actor_type in (None, *three):
        for department in ("", "01", "38", "69"):
            subscriber(actor_type=actor_type, department=department)
    db.session.commit()
    return [one.id for one in three]


def test_the_database_counts_as_the_words_say(crowd):
    @settings(max_examples=25)
    @given(st.lists(CONDITIONS, min_size=1, max_size=6))
    def counts(drawn):
        own = [
            Condition(tuple(crowd[n - 1] for n in one.actor_types), one.departments)
            for one in drawn
        ]
        query = sa.select(Subscription, bits(own))
        for reader, its_bits in db.session.execute(query):
            wanted = sum(
                1 << place
                for place, one in enumerate(own)
                if met(one, reader.actor_type_id, reader.department)
            )
            assert its_bits == wanted

    counts()


def test_a_reader_is_shown_their_own_letter(types):
    readers(types)
    whole = Content.draw(mixed(types))
    reader = Subscription.of(resaclic(), "les-deux@example.org")
    titles = {one.title for one in seen_by(whole, reader).blocks}
    assert titles == {f"MARQUE-{mark}" for mark in EXPECTED["les-deux@example.org"]}


def test_a_recipe_gives_its_readers_to_the_next_number(types, signed_in):
    client = signed_in(awa())
    recipe = resaclic().recipe[2]
    url = f"/gestion/lettres/publications/resaclic/rubriques/{recipe.id}/lecteurs"
    answer = client.post(url, data={"actor_types": str(types[1].id)})
    assert answer.status_code == 302
    issue = compose(resaclic(), now().date())
    assert [bool(section.only) for section in issue.sections].index(True) == 2
    assert issue.sections[2].only == only(types[1]).dump()


def test_a_placement_is_given_readers_on_its_page_and_given_back_to_all(types, signed_in):
    subscriber(department="38")
    issue = mixed(types)
    placement = issue.placements[0]
    db.session.commit()
    client = signed_in(awa())
    url = f"/gestion/lettres/places/{placement.id}/lecteurs"
    assert "38 Isère" in client.get(url).text
    client.post(url, data={"departments": "38", "actor_types": str(types[0].id)})
    assert placement.only == only(types[0], departments=["38"]).dump()
    client.post(url, data={})
    assert placement.only == {}
    assert client.post(url, data={"departments": "2000"}).status_code == 422


def test_too_many_conditions_are_refused(types):
    subscriber()
    places = [
        part(f"R{n}", f"T{n}", only=Condition(departments=(f"{n:02}",))) for n in range(1, 32)
    ]
    for place, one in enumerate(places, 1):
        one.position = place
    with pytest.raises(schedule.Refused, match="Plus de 30 publics"):
        schedule.schedule(draft(sections=places), now())


def test_a_lost_segment_keeps_the_number_back_and_says_so(types, setting, signed_in):
    subscriber()
    segment = Segment.keep("Isère", Search.parse("departement=38"))
    db.session.flush()
    issue = draft(sections=[part("R", "T", only=only(segment=segment))])
    schedule.schedule(issue, now() - timedelta(seconds=1))
    db.session.delete(segment)
    db.session.commit()
    assert "segment qui n’existe plus" in deliver()
    issue = db.session.get_one(Issue, issue.id)
    assert issue.started_at is None
    client = signed_in(awa())
    page = client.get(f"/gestion/lettres/numeros/{issue.id}/suivi").text
    assert "L’envoyer maintenant" not in page
    refused = client.post(f"/gestion/lettres/numeros/{issue.id}/retard")
    assert refused.status_code == 409
