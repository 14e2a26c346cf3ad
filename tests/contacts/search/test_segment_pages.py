"""Segments from page to page: a search kept by name, and a list fixed today."""

import cards
import pytest
import sqlalchemy as sa
from factories import benoit, luc

from crm.contacts.search.criteria import Search
from crm.contacts.search.segments import Segment, SegmentCard
from crm.db import db

URL = "/gestion/contacts/segments"
HUGE = "x" * 100_000


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def client(signed_in):
    """Benoît's browser; two structures of the Isère and one of the Rhône."""
    cards.organisation("Les Semeurs", department="38")
    cards.organisation("Eau vive", department="38")
    cards.organisation("Pain et roses", department="69")
    db.session.commit()
    return signed_in(benoit())


def keep(client, name, form="recherche", query="departement=38"):
    return client.post(f"{URL}/nouveau?{query}", data={"name": name, "form": form})


def segments():
    return list(db.session.scalars(sa.select(Segment).order_by(Segment.id)))


def test_a_search_is_kept_and_stays_current(client):
    assert "2\u00a0fiches" in client.get(f"{URL}/nouveau?departement=38").text
    answer = keep(client, " Isère  <b> ")
    [made] = segments()
    assert (made.name, made.query, made.created_by.name) == (
        "Isère <b>", "departement=38", "Benoît Faure",
    )  # fmt: skip
    page = client.get(answer.location).text
    assert "Isère &lt;b&gt;" in page
    assert "recherche gardée, toujours à jour" in page
    assert "/gestion/contacts/?departement=38" in page
    assert "Pain et roses" not in page
    cards.organisation("Trois Lacs", department="38")
    assert "Trois Lacs" in client.get(answer.location).text
    listed = client.get(f"{URL}/").text
    assert ">3</td>" in listed


def test_a_list_is_fixed_today(client):
    answer = keep(client, "Isère d’aujourd’hui", "liste")
    cards.organisation("Trois Lacs", department="38")
    page = client.get(answer.location).text
    assert "Les Semeurs" in page
    assert "Eau vive" in page
    assert "Trois Lacs" not in page
    assert "Ouvrir la recherche" not in page
    assert ">2</td>" in client.get(f"{URL}/").text


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("", "recherche", "Ce champ est à remplir."),
        ("   ", "recherche", "Ce champ est à remplir."),
        (HUGE, "recherche", "120 caractères au plus."),
        ("Isère", "autre chose", "Choisissez dans la liste."),
        ("Déjà là", "recherche", "Un segment porte déjà ce nom."),
        ("Déjà là", "liste", "Un segment porte déjà ce nom."),
    ],
)
def test_what_cannot_be_kept_is_said_beside_the_field(client, name, form, said):
    Segment.keep("Déjà là", Search())
    answer = keep(client, name, form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "2\u00a0fiches" in answer.text
    assert [one.name for one in segments()] == ["Déjà là"]


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", "<b>", "\x00", "\u202e", "é" * 10_000, "{{ 7*7 }}"]
)
def test_whatever_was_looked_for_can_be_kept(client, words):
    query = Search(words=words).query_string()
    answer = keep(client, "Curieux", query=query)
    assert answer.status_code == 302
    page = client.get(answer.location)
    assert page.status_code == 200
    assert "<b>" not in page.text
    [made] = segments()
    assert made.search == Search.parse(query)


def test_a_segment_goes_and_its_cards_stay(client):
    url = keep(client, "Isère", "liste").location
    assert "Supprimer le segment « Isère » ?" in client.get(f"{url}/suppression").text
    assert len(segments()) == 1
    answer = client.post(f"{url}/suppression")
    assert (answer.status_code, answer.location) == (302, f"{URL}/")
    assert "les fiches restent" in client.get(answer.location).text
    assert segments() == []
    assert db.session.scalars(sa.select(SegmentCard)).all() == []
    assert "3\u00a0fiches" in client.get("/gestion/contacts/").text
    assert client.post(f"{url}/suppression").status_code == 404


def test_the_pages_of_a_segment_follow_each_other(client):
    for number in range(60):
        cards.organisation(f"Structure {number:02}", department="38")
    url = keep(client, "Isère", "liste").location
    first, second = client.get(url).text, client.get(f"{url}?page=2").text
    assert "Structure 40" in first
    assert "Structure 59" not in first
    assert "Structure 59" in second
    assert "Page 2 sur 2" in second
    for page in ("0", "-3", "x", "999999", "9" * 30):
        assert client.get(f"{url}?page={page}").status_code == 200


def test_an_unknown_segment_is_not_found(client):
    for gesture in ("", "/suppression"):
        assert client.get(f"{URL}/999{gesture}").status_code == 404


def test_who_only_reads_keeps_nothing(client, signed_in):
    url = keep(client, "Isère").location
    reader = signed_in(luc())
    assert "Les Semeurs" in reader.get(url).text
    assert keep(reader, "Autre").status_code == 403
    assert reader.post(f"{url}/suppression").status_code == 403
    assert len(segments()) == 1
