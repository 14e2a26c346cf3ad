"""The search box and the full page."""

import pytest
import sqlalchemy as sa
from factories import benoit, save

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.facets import SINCE, Since, register
from crm.contacts.search.index import index
from crm.db import db, now


@pytest.fixture
def cards(app):
    """« Les Semeurs » in Grenoble, a commune of the Rhône, and Awa Traoré."""
    semeurs = save(
        Organisation(name="Les Semeurs", acronym="LS", commune="Grenoble", department="38")
    )
    town = save(Organisation(name="Commune de Malvernay", commune="Malvernay", department="69"))
    traore = save(Person(first_name="Awa", last_name="Traoré", commune="Grenoble", department="38"))
    for contact in (semeurs, town, traore):
        index(contact)
    db.session.commit()
    return semeurs, town, traore


def asked(client, words):
    answer = client.get("/gestion/recherche", query_string={"q": words},
                        headers={"Accept": "application/json"})  # fmt: skip
    assert answer.status_code == 200
    return answer.json["results"]


def test_suggestions_are_json_best_first(signed_in, cards):
    client = signed_in(benoit())
    [found] = asked(client, "traore gren")
    assert found == {
        "type": "person",
        "id": cards[2].id,
        "name": "Awa Traoré",
        "detail": "Grenoble (38)",
        "url": f"/gestion/contacts/personnes/{cards[2].id}",
    }
    assert [hit["name"] for hit in asked(client, "semeur")] == ["Les Semeurs (LS)"]
    assert asked(client, "") == []


def test_a_browser_that_asks_gets_the_full_page(signed_in, cards):
    answer = signed_in(benoit()).get(
        "/gestion/recherche?q=semeurs", headers={"Accept": "text/html,*/*;q=0.8"}
    )
    assert (answer.status_code, answer.location) == (302, "/gestion/contacts/?q=semeurs")


@pytest.mark.parametrize(
    "words",
    ["\x00", "' OR 1=1 --", '"', "NEAR(a b)", "a*", "%", "\u202e", "🎉", "é" * 10_000, "<b>"],
)
def test_whatever_is_typed_is_text(signed_in, cards, words):
    client = signed_in(benoit())
    assert isinstance(asked(client, words), list)
    page = client.get("/gestion/contacts/", query_string={"q": words})
    assert page.status_code == 200
    assert "<b>" not in page.text


def test_facets_narrow_and_their_counts_are_kept(signed_in, cards):
    client = signed_in(benoit())
    page = client.get("/gestion/contacts/").text
    assert "3\u00a0fiches" in page
    narrowed = client.get("/gestion/contacts/?departement=38").text
    assert "2\u00a0fiches" in narrowed
    assert "Commune de Malvernay" not in narrowed
    both = client.get("/gestion/contacts/?departement=38&fiche=organisation").text
    assert "1\u00a0fiche<" in both
    assert "Les Semeurs (LS)" in both


def test_the_map_says_the_same_as_the_list(signed_in, cards):
    page = signed_in(benoit()).get("/gestion/contacts/?vue=carte").text
    assert "Isère&nbsp;: 2\u00a0fiches" in page
    assert "Rhône&nbsp;: 1\u00a0fiche<" in page


def test_nothing_found_says_what_to_do(signed_in, cards):
    page = signed_in(benoit()).get("/gestion/contacts/?q=zzzzzz").text
    assert "Aucune fiche ne correspond." in page


def test_links_of_the_map_stay_on_the_map(signed_in, cards):
    page = signed_in(benoit()).get("/gestion/contacts/?departement=38&vue=carte").text
    assert 'href="?departement=38&amp;fiche=person&amp;vue=carte"' in page
    assert 'href="?departement=38"' in page  # the list
    assert 'id="tri"' not in page


def test_archived_cards_come_when_asked(signed_in, cards):
    cards[0].archived_at = now()
    index(cards[0])
    client = signed_in(benoit())
    page = client.get("/gestion/contacts/?departement=38").text
    assert "Les Semeurs" not in page
    page = client.get("/gestion/contacts/?departement=38&archives=oui").text
    assert "Les Semeurs (LS)" in page
    assert "archivée</span>" in page
    chip = page.partition("Fiches archivées comprises")[0].rpartition('href="')[2].partition('"')[0]
    assert chip == "?departement=38"
    assert "Fiches archivées comprises" in client.get("/gestion/contacts/?archives=oui").text


@pytest.fixture
def made_since():
    """One more way of narrowing: cards made since a day, as another feature would offer it."""
    register(
        Since(
            "cree",
            "Fiche créée depuis le",
            lambda day: sa.select(Organisation.id).where(
                sa.func.date(Organisation.created_at) >= day
            ),
            lambda day: sa.select(Person.id).where(sa.false()),
        )
    )
    yield
    del SINCE["cree"]


def test_a_day_narrows_the_search(signed_in, cards, made_since):
    client = signed_in(benoit())
    page = client.get("/gestion/contacts/?departement=38").text
    assert 'type="date" id="depuis-cree" name="cree" value=""' in page
    day = now().date().isoformat()
    page = client.get(f"/gestion/contacts/?departement=38&cree={day}&archives=").text
    assert "1\u00a0fiche<" in page
    assert "Les Semeurs (LS)" in page
    assert f'name="cree" value="{day}"' in page
    chip = page.partition("Fiche créée depuis le ")[0].rpartition('href="')[2].partition('"')[0]
    assert chip == "?departement=38"
    for nonsense in ("hier", "9999-99-99", "x" * 10_000):
        page = client.get("/gestion/contacts/", query_string={"cree": nonsense}).text
        assert "3\u00a0fiches" in page
