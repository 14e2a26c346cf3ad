"""What was typed by hand can be deleted, unless a number holds it; what a source says cannot."""

import pytest
from factories import awa, feed, item, resaclic

from crm.db import db, now
from crm.newsletter.compose import compose
from crm.newsletter.items import Item

ITEMS = "/gestion/lettres/contenus"


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def test_what_was_typed_by_hand_is_deleted_after_a_question(client):
    made = item(title="Une faute")
    db.session.commit()
    number = made.id
    page = f"{ITEMS}/{number}/suppression"
    assert page in client.get(f"{ITEMS}/{number}").text
    assert "Supprimer ce contenu" in client.get(page).text
    assert db.session.get(Item, number) is not None
    assert client.post(page).location == f"{ITEMS}/"
    assert db.session.get(Item, number) is None


def test_what_a_source_says_would_come_back(client):
    made = item(feed=feed())
    db.session.commit()
    page = f"{ITEMS}/{made.id}/suppression"
    assert page not in client.get(f"{ITEMS}/{made.id}").text
    assert "il serait relu" in client.get(page).text
    assert client.post(page).status_code == 409
    assert db.session.get(Item, made.id) is not None


def test_what_a_number_holds_stays(client):
    made = item()
    compose(resaclic(), now().date())
    db.session.commit()
    page = f"{ITEMS}/{made.id}/suppression"
    assert "retirez-l’en d’abord" in client.get(page).text
    assert client.post(page).status_code == 409
