"""The letter as it is being written: each way of reading it, as somebody, and nothing kept."""

import pytest
from drafts import draft
from factories import awa, item, subscriber
from sending import draft as bare

from crm.db import db
from crm.newsletter.issues import Publication, Section
from crm.newsletter.placements import Placement
from crm.newsletter.staff.words import texts_of


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def url(issue, end="apercu.html"):
    return f"/gestion/lettres/numeros/{issue.id}/{end}"


DARK, LIGHT = "@media all", "@media not all"


@pytest.mark.parametrize("view", ["", "ordinateur", "telephone", "gris", "inconnue"])
def test_it_is_light_whatever_the_screen(client, view):
    page = client.get(url(draft(news=1), f"apercu.html?vue={view}")).text
    assert (LIGHT in page, DARK in page) == (True, False)
    assert '<meta name="color-scheme" content="light"' in page
    assert "prefers-color-scheme" not in page


def test_in_the_dark_the_colours_of_the_dark_are_on(client):
    issue = draft(news=1)
    for page in (
        client.get(url(issue, "apercu.html?vue=sombre")).text,
        client.post(url(issue), data={"vue": "sombre"}).text,
    ):
        assert (LIGHT in page, DARK in page) == (False, True)
        assert '<meta name="color-scheme" content="dark"' in page
        assert "prefers-color-scheme" not in page


def test_what_is_typed_is_shown_and_never_kept(client):
    issue = draft(news=1)
    typed = texts_of(issue) | {"editorial": "Un mot {{ 7*7 }} <b>vif</b>"}
    page = client.post(url(issue), data=typed).text
    assert "Un mot {{ 7*7 }} &lt;b&gt;vif&lt;/b&gt;" in page
    told = client.post(url(issue), data=typed | {"vue": "texte"})
    assert told.mimetype == "text/plain"
    assert "Un mot {{ 7*7 }}" in told.text
    db.session.expire_all()
    assert issue.editorial == ""
    assert "Un mot" not in client.get(url(issue)).text


def test_the_words_of_one_placement_are_too(client):
    issue = draft(news=2)
    [one, *_] = issue.placements
    page = client.post(url(issue), data={"place": one.id, "title": "Neuf", "summary": ""}).text
    assert "Neuf" in page
    too_long = {"place": one.id, "title": "x" * 301, "summary": "Mais le texte suit."}
    page = client.post(url(issue), data=too_long).text
    assert "x" * 301 not in page
    assert "Mais le texte suit." in page, "what makes sense is shown"
    db.session.expire_all()
    assert one.own_title is None


def test_a_placement_of_another_number_is_not_written(client):
    mine, other = draft(news=1), bare(number=8, sections=[
        Section(title="R", kinds=["news"], position=1,
                placements=[Placement(item=item(), position=1)])])  # fmt: skip
    db.session.commit()
    posted = {"place": other.placements[0].id, "title": "Neuf", "summary": ""}
    assert "Neuf" not in client.post(url(mine), data=posted).text


def test_it_is_read_as_one_subscriber(client):
    isere, nobody = subscriber("zoe@example.org", department="38"), subscriber()
    issue = draft(news=2)
    one = issue.placements[0]
    one.only, issue.subject = {"departments": ["38"]}, "Au printemps"
    db.session.commit()
    assert one.title in client.get(url(issue, f"apercu.html?abonne={isere.id}")).text
    for end in ("apercu.html", "apercu.txt"):
        assert one.title not in client.get(url(issue, f"{end}?abonne={nobody.id}")).text
        assert one.title not in client.post(url(issue), data={"abonne": nobody.id}).text
    found = client.post(url(issue, "apercu/abonne"), data={"email": " ZOE@example.org"})
    assert f"abonne={isere.id}" in found.location
    assert "example.org" not in found.location


def test_only_as_a_subscriber_of_this_letter(client):
    stranger = subscriber(publication=Publication.find("lettre"))
    issue = draft(news=1)
    assert client.get(url(issue, f"apercu.html?abonne={stranger.id}")).status_code == 404
    answer = client.post(url(issue, "apercu/abonne"), data={"email": stranger.email})
    page = client.get(answer.location).text
    assert "Personne n’est abonné à RESA’CLIC avec cette adresse" in page
