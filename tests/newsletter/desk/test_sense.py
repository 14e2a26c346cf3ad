"""Rules that make no sense, said on the desk and on the page of the recipe."""

from datetime import timedelta

import pytest
from factories import awa, item, resaclic
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts.search.criteria import Search
from crm.contacts.search.segments import Segment
from crm.db import db, now
from crm.newsletter.compose import share_out
from crm.newsletter.conditions import Condition
from crm.newsletter.desk.sense import troubles, unheard
from crm.newsletter.issues import Layout, Order, RecipeSection, Section
from crm.newsletter.items import Item, Kind

RECIPE = "/gestion/lettres/publications/resaclic"


def rule(title="Rubrique", kinds=("news",), **values):
    values = {"tags": [], "lead_days": 0, "layout": Layout.CARDS, "only": {}} | values
    return RecipeSection(title=title, kinds=list(kinds), **values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": " "}, "n’a pas de titre"),
        ({"kinds": ["rumeur"]}, "un genre qui n’existe plus\u00a0: rumeur"),
        ({"kinds": []}, "n’accepte aucun genre"),
        ({"quota": 0}, "zéro contenu au plus"),
    ],
)
def test_a_rule_that_takes_nothing_is_said(values, words):
    assert words in troubles([rule(**values)])[0]


def test_the_recipes_of_the_house_make_sense(app):
    assert troubles(resaclic().recipe) == {}


@pytest.mark.parametrize(
    ("sections", "wrong"),
    [
        ([rule("A"), rule("B")], {1}),
        ([rule("A", quota=3), rule("À")], {1}),  # two titles that readers cannot tell apart
        ([rule("A", quota=3), rule("B")], set()),
        ([rule("A"), rule("B", tags=["eau"])], set()),  # those with tags choose first
        ([rule("A", tags=["Eau", "air"]), rule("B", tags=["eau"])], {1}),
        ([rule("A", tags=["eau"]), rule("B", tags=["eau", "air"])], set()),
        ([rule("A"), rule("B", layout=Layout.FEATURE)], set()),  # a front page chooses first
        ([rule("A"), rule("B", layout=Layout.FEATURE, quota=None)], {0}),
        ([rule("A", ["news", "job"]), rule("B", ["job"])], {1}),
        ([rule("A", ["job"]), rule("B", ["news", "job"])], set()),
        ([rule("A", ["job"]), rule("B"), rule("C", ["news", "job"])], {2}),
        ([rule("A", lead_days=5), rule("B", lead_days=3)], set()),
        ([rule("A", only={"departments": ["38"]}), rule("B")], {1}),
    ],
)
def test_a_section_that_others_empty_is_said(sections, wrong):
    if len(sections) == 2 and sections[1].layout is Layout.FEATURE and not wrong:
        sections[1].quota = 1
    assert set(troubles(sections)) == wrong


RULES = st.lists(
    st.builds(
        dict,
        kinds=st.lists(st.sampled_from(["news", "job"]), min_size=1, unique=True),
        tags=st.lists(st.sampled_from(["eau", "air"]), unique=True),
        quota=st.sampled_from([None, 2]),
        lead_days=st.sampled_from([0, 9]),
        layout=st.sampled_from([Layout.CARDS, Layout.FEATURE]),
    ),
    min_size=2,
    max_size=4,
)


@given(RULES)
def test_a_section_said_to_stay_empty_does(drawn):
    """Whatever there is to share out, it gets nothing."""
    sections = [
        Section(title=f"R{n}", only={}, order=Order.NEWEST, **one) for n, one in enumerate(drawn)
    ]
    on = now().date()
    items = [
        Item(kind=kind, tags=tags, ends_on=on + timedelta(days=days))
        for kind in (Kind.NEWS, Kind.JOB)
        for tags in ([], ["eau"], ["air"], ["eau", "air"])
        for days in (0, 5, 30)
    ]
    given_out = [chosen for _, chosen in share_out(items, sections, on)]
    for place in troubles(sections):
        assert given_out[place] == []


def test_tags_that_nothing_carries_are_said_on_the_recipe(app):
    item(tags=["Réseau"])
    item(Kind.JOB, tags=["eau"])
    old = item(tags=["jadis"])
    old.seen_at = now() - timedelta(days=400)
    db.session.flush()
    rules = [
        rule(tags=["reseau"]), rule(tags=["eau"]), rule(tags=["jadis", "naguère"]), rule(),
        rule(kinds=["event"], tags=["eau"]),  # nothing of that kind ever came: nothing to say
    ]  # fmt: skip
    assert unheard(rules) == {
        1: "Aucun contenu reçu depuis un an ne porte cette étiquette.",
        2: "Aucun contenu reçu depuis un an ne porte aucune de ces étiquettes.",
    }


def test_a_section_for_a_segment_that_is_gone_is_said(app):
    segment = Segment.keep("Isère", Search.parse("departement=38"))
    db.session.flush()
    one = rule(only=Condition(segment=segment.id).dump())
    assert troubles([one]) == {}
    db.session.delete(segment)
    db.session.flush()
    assert "segment qui n’existe plus" in troubles([one])[0]


def test_the_recipe_says_so_on_its_page(app, signed_in):
    client = signed_in(awa())
    assert "un regard" not in client.get(RECIPE).text
    section = resaclic().recipe[4]
    section.kinds = []
    item(tags=["autre"])
    db.session.commit()
    page = client.get(RECIPE).text
    assert "Cette rubrique n’accepte aucun genre" in page
    assert "ne porte aucune de ces étiquettes" in page
    assert "3\u00a0rubriques méritent un regard" in page.replace("&nbsp;", "\u00a0")
