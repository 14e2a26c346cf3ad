"""The sources as the team adds, follows, pauses and removes them."""

import pytest
import sqlalchemy as sa
from factories import awa, feed, item
from queries import cost

from crm.db import db, now
from crm.newsletter.items import Feed, Item, Kind

FEEDS = "/gestion/lettres/sources"
FORM = {"url": "https://site.example.org/flux", "title": "Le site", "kind": "funding"}
HUGE = "x" * 100_000


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def feeds():
    return list(db.session.scalars(sa.select(Feed).order_by(Feed.id)))


def test_a_source_is_added_and_read_at_once(client, app, monkeypatch):
    asked = []
    monkeypatch.setattr("crm.newsletter.staff.feeds.enqueue", lambda job, *a: asked.append(a))
    answer = client.post(f"{FEEDS}/nouvelle", data=FORM)
    [made] = feeds()
    assert answer.location == f"{FEEDS}/{made.id}/etat"
    assert (made.url, made.title, made.kind) == (FORM["url"], "Le site", Kind.FUNDING)
    assert asked == [(made.id,)]
    assert "Cette source n’a pas encore été lue" in client.get(answer.location).text


def test_an_address_is_kept_as_it_will_be_asked_for(client):
    client.post(f"{FEEDS}/nouvelle", data=FORM | {"url": " https://site.example.org/a|b "})
    assert [made.url for made in feeds()] == ["https://site.example.org/a%7Cb"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict.fromkeys(FORM, ""), "Ce champ est à remplir."),
        ({"url": "site.example.org/flux"}, "L’adresse n’est pas complète"),
        ({"url": "javascript:alert(1)"}, "L’adresse n’est pas complète"),
        ({"url": "file:///etc/passwd"}, "L’adresse n’est pas complète"),
        ({"url": "http://[::1"}, "L’adresse n’est pas complète"),
        ({"url": "https://nom:secret@site.example.org/"}, "un nom ou un mot de passe"),
        ({"url": "https://site.example.org/" + HUGE}, "caractères au plus."),
        ({"title": HUGE}, "200 caractères au plus."),
        ({"kind": "roman"}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_source_comes_back_as_typed(client, changes, said):
    answer = client.post(f"{FEEDS}/nouvelle", data=FORM | {"title": "<i>Site</i>"} | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert "title" in changes or "&lt;i&gt;Site&lt;/i&gt;" in answer.text
    assert feeds() == []


def test_an_address_already_followed_is_named(client):
    for status in (302, 422):
        answer = client.post(f"{FEEDS}/nouvelle", data=FORM)
        assert answer.status_code == status
    assert "déjà suivie : « Le site »" in answer.text.replace("\u00a0", " ")
    assert len(feeds()) == 1


def test_changing_the_address_forgets_what_the_old_one_answered(client):
    known = feed()
    known.etag, known.last_modified = '"1"', "hier"
    client.post(f"{FEEDS}/{known.id}", data=FORM | {"url": known.url, "title": "Autre nom"})
    assert (known.title, known.etag, known.last_modified) == ("Autre nom", '"1"', "hier")
    client.post(f"{FEEDS}/{known.id}", data=FORM)
    assert (known.url, known.etag, known.last_modified) == (FORM["url"], "", "")


def test_pausing_and_following_again_may_be_repeated(client):
    known = feed()
    client.post(f"{FEEDS}/{known.id}/pause", data={"pause": "1"})
    since = known.paused_at
    client.post(f"{FEEDS}/{known.id}/pause", data={"pause": "1"})
    assert known.paused_at == since
    for _ in range(2):
        client.post(f"{FEEDS}/{known.id}/pause", data={"pause": "0"})
        assert known.paused_at is None


def test_a_source_in_trouble_says_what_and_since_when(client):
    known = feed()
    known.error = "Le site ne répond <b>pas</b>."
    page = client.get(f"{FEEDS}/{known.id}/etat").text
    assert "Le site ne répond &lt;b&gt;pas&lt;/b&gt;." in page
    assert "Cette source n’a jamais pu être lue." in page
    known.succeeded_at = now()
    assert "La dernière lecture réussie date d’il y a" not in page
    assert "à l’instant" in client.get(f"{FEEDS}/{known.id}/etat").text


def test_removing_a_source_asks_then_keeps_its_items(client):
    known = feed()
    kept = item(feed=known)
    assert "Supprimer la source" in client.get(f"{FEEDS}/{known.id}/suppression").text
    assert feeds() == [known]
    assert client.post(f"{FEEDS}/{known.id}/suppression").location == f"{FEEDS}/"
    assert feeds() == []
    assert db.session.get(Item, kept.id).feed_id is None


def test_asking_for_a_source_again_wakes_a_worker(client, monkeypatch):
    asked = []
    monkeypatch.setattr("crm.newsletter.staff.feeds.enqueue", lambda job, *a: asked.append(a))
    known = feed()
    assert client.post(f"{FEEDS}/{known.id}/releve").location == f"{FEEDS}/{known.id}/etat"
    assert asked == [(known.id,)]


@pytest.mark.parametrize("number", ["987654", "9" * 30])
def test_unknown_sources_are_not_found(client, number):
    for end in ("", "/etat", "/suppression"):
        assert client.get(f"{FEEDS}/{number}{end}").status_code == 404
    for end in ("/releve", "/pause", "/suppression"):
        assert client.post(f"{FEEDS}/{number}{end}").status_code in (400, 404)


def test_lists_cost_the_same_for_many_rows(client):
    first = feed()
    item(feed=first)
    db.session.commit()
    pages = (f"{FEEDS}/", f"{FEEDS}/{first.id}/etat")
    one = [cost(client, page) for page in pages]
    for number in range(49):
        item(feed=feed(f"https://reseau.example.org/{number}"))
        item(feed=first)
    db.session.commit()
    assert [cost(client, page) for page in pages] == one
