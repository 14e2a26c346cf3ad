"""The items as the team types, corrects and lists them."""

from datetime import date

import pytest
import sqlalchemy as sa
from factories import awa, feed, item, luc
from feed_server import picture
from queries import cost
from requests import Request

from crm.db import db, now
from crm.newsletter.feeds.entries import Entry
from crm.newsletter.feeds.take import take
from crm.newsletter.items import Item, Kind, Picture

ITEMS = "/gestion/lettres/contenus"
HUGE = "x" * 100_000
FORM = {
    "kind": "funding", "title": "Appel à projets « eau »", "summary": "Deux phrases.\r\nVoilà.",
    "url": "https://site.example.org/Appel/?utm_source=x", "organisation": "Agence de l’eau",
    "place": "Lyon", "department": "69", "starts_on": "2026-03-01", "ends_on": "2026-04-15",
    "picture_alt": "Un puits",
}  # fmt: skip


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def items():
    return list(db.session.scalars(sa.select(Item).order_by(Item.id)))


def send(client, url, form, picture=b"", name="photo.jpg"):
    """Post as a browser does: every field of the form, and the file if one was chosen."""
    form = dict.fromkeys(FORM, "") | form
    body = Request(
        "POST", "http://x", data=form, files={"picture": (name if picture else "", picture)}
    ).prepare()
    return client.post(url, data=body.body, content_type=body.headers["Content-Type"])


def test_an_item_is_typed_whole(client):
    answer = send(client, f"{ITEMS}/nouveau", FORM, picture())
    assert answer.location == f"{ITEMS}/"
    [made] = items()
    assert made.kind is Kind.FUNDING
    assert (made.title, made.summary) == ("Appel à projets « eau »", "Deux phrases.\nVoilà.")
    assert (made.url, made.canonical_url) == (FORM["url"], "site.example.org/Appel")
    assert (made.organisation, made.place, made.department) == ("Agence de l’eau", "Lyon", "69")
    assert (made.starts_on, made.ends_on) == (date(2026, 3, 1), date(2026, 4, 15))
    assert (made.picture.width, made.picture_alt) == (640, "Un puits")
    assert now() >= made.published_at
    assert "est ajouté." in client.get(f"{ITEMS}/").text


def test_a_title_is_enough(client):
    send(client, f"{ITEMS}/nouveau", {"kind": "news", "title": "Court"})
    [made] = items()
    assert (made.title, made.summary, made.url, made.ends_on, made.picture) == (
        "Court", "", "", None, None,
    )  # fmt: skip


def test_the_same_thing_sent_twice_is_kept_once(client):
    for status in (302, 422):
        assert send(client, f"{ITEMS}/nouveau", FORM).status_code == status
    assert [made.title for made in items()] == [FORM["title"]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict.fromkeys(FORM, ""), "Ce champ est à remplir."),
        ({"title": " \u200e\n\t"}, "Ce champ est à remplir."),
        ({"title": HUGE}, "300 caractères au plus."),
        ({"summary": HUGE}, "5\u202f000 caractères au plus."),
        ({"url": "javascript:alert(1)"}, "Une adresse commence par https:// ou http://."),
        ({"url": "//site.example.org"}, "Une adresse commence par https:// ou http://."),
        ({"url": "https://a b"}, "Une adresse commence par https:// ou http://."),
        ({"url": "https://" + HUGE}, "2\u202f000 caractères au plus."),
        ({"kind": "roman"}, "Choisissez dans la liste."),
        ({"department": "999"}, "Choisissez dans la liste."),
        ({"ends_on": "31/02/2026"}, "Cette date n’existe pas."),
        ({"ends_on": "2026-02-01"}, "La fin est avant le début."),
        ({"organisation": HUGE}, "300 caractères au plus."),
        ({"place": HUGE}, "200 caractères au plus."),
        ({"picture_alt": HUGE}, "300 caractères au plus."),
        (b"GIF89a pas une image", "n’est pas une image JPEG, PNG, WebP ou GIF."),
        (b"<svg/>", "n’est pas une image JPEG, PNG, WebP ou GIF."),
        (b"\xff\xd8" + b"0" * (12 * 1024 * 1024), "trop lourde (plus de 8 Mo)"),
        (picture(8, 8), "trop petite"),
    ],
    ids=range(19),
)
def test_a_wrong_item_comes_back_as_typed_and_is_not_kept(client, changes, said):
    form, sent = (changes, b"") if isinstance(changes, dict) else ({}, changes)
    answer = send(client, f"{ITEMS}/nouveau", FORM | {"place": "<b>Là</b>"} | form, sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert "place" in form or "&lt;b&gt;Là&lt;/b&gt;" in answer.text
    assert items() == []


def test_a_request_too_heavy_is_said(client):
    answer = send(client, f"{ITEMS}/nouveau", FORM, b"0" * (21 * 1024 * 1024))
    assert answer.status_code == 413
    assert "trop lourd" in answer.text


def test_a_correction_is_kept_when_the_feed_comes_again(client):
    source = feed()
    entry = Entry(guid="1", title="Du site", summary="Du site.", url="https://site.example.org/1")
    take(source, [entry], now())
    [found] = items()
    typed = {"kind": "news", "title": "Corrigé", "summary": "Du site.", "url": found.url}
    answer = send(client, f"{ITEMS}/{found.id}", typed, picture())
    assert answer.location == f"{ITEMS}/"
    assert found.kept == ["picture", "title"]
    chosen = found.picture
    changed = Entry(
        guid="1", title="Autre", summary="Autre.", url="https://site.example.org/1",
        picture_url="https://site.example.org/autre.jpg",
    )  # fmt: skip
    take(source, [changed], now())
    assert (found.title, found.summary, found.picture) == ("Corrigé", "Autre.", chosen)


def test_a_picture_may_be_taken_away_and_stays_away(client):
    made = item()
    send(client, f"{ITEMS}/{made.id}", {"kind": "news", "title": "Un"}, picture())
    assert db.session.scalar(sa.select(sa.func.count(Picture.id))) == 1
    send(client, f"{ITEMS}/{made.id}", {"kind": "news", "title": "Un", "remove_picture": "y"})
    assert made.picture is None
    assert "picture" in made.kept


def test_saving_without_a_change_keeps_nothing_against_the_feed(client):
    made = item(summary="Résumé.")
    typed = {"kind": "news", "title": made.title, "summary": "Résumé.", "url": made.url}
    send(client, f"{ITEMS}/{made.id}", typed)
    assert (made.kept, made.edited_at) == ([], None)


def test_a_bad_picture_loses_nothing(client):
    made = item(title="Avant")
    answer = send(client, f"{ITEMS}/{made.id}", {"kind": "job", "title": "Après"}, b"rien")
    assert answer.status_code == 422
    assert (made.title, made.kind) == ("Avant", Kind.NEWS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Eau", "Poste 100 %", "Autre"]),
        ("?genre=job", ["Poste 100 %"]),
        ("?genre=inconnu", ["Eau", "Poste 100 %", "Autre"]),
        ("?q=EAU", ["Eau"]),
        ("?q=agence", ["Poste 100 %"]),
        ("?q=100+%25", ["Poste 100 %"]),
        ("?q=_", []),
        ("?q=%00", ["Eau", "Poste 100 %", "Autre"]),
        ("?q=" + "x" * 5000, []),
        ("?q='\"--", []),
    ],
)
def test_the_list_is_filtered_by_words_and_kind(client, query, expected):
    item(title="Autre")
    item(Kind.JOB, title="Poste 100 %", organisation="Agence")
    item(title="Eau")
    text = client.get(f"{ITEMS}/{query}").text
    body = text.partition("<tbody>")[2]
    found = [title for title in ("Eau", "Poste 100 %", "Autre") if f">{title}</a>" in body]
    assert found == expected


@pytest.mark.parametrize("page", ["2", "0", "-1", "x", "9" * 30])
def test_a_page_that_does_not_exist_is_not_found(client, page):
    item()
    assert client.get(f"{ITEMS}/?page={page}").status_code == 404


def test_unknown_items_are_not_found(client):
    for number in ("987654", "0", "9" * 30):
        assert client.get(f"{ITEMS}/{number}").status_code == 404


def test_who_only_reads_sees_no_way_to_write(signed_in):
    item()
    text = signed_in(luc()).get(f"{ITEMS}/").text
    assert "Ajouter un contenu" not in text
    assert f'href="{ITEMS}/1' not in text


def test_the_list_costs_the_same_for_many_rows(client):
    def more(count):
        for _ in range(count):
            item(feed=source)
        db.session.commit()

    source = feed()
    more(1)
    one = cost(client, f"{ITEMS}/")
    more(48)
    assert cost(client, f"{ITEMS}/") == one
