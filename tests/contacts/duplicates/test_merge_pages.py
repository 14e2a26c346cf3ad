"""Duplicates and merges, as pages."""

import pytest
from factories import benoit, save

from crm.contacts.duplicates.pairs import OrganisationPair
from crm.contacts.organisations import Organisation
from crm.contacts.search.index import index
from crm.db import db


@pytest.fixture
def twins(app):
    one = save(Organisation(name="Les Semeurs", commune="Grenoble", department="38"))
    two = save(Organisation(name="Association Les Semeurs", acronym="LS", commune="Voiron"))
    for card in (one, two):
        index(card)
    pair = OrganisationPair(first=one, second=two, score=93, reasons=["noms proches (93 %)"])
    save(pair)
    db.session.commit()
    return one, two, pair


def test_a_pair_is_shown_with_its_reasons(signed_in, twins):
    page = signed_in(benoit()).get("/gestion/contacts/doublons/").text
    assert "noms proches (93 %)" in page
    assert "Les Semeurs" in page


def test_two_that_are_two_are_never_shown_again(signed_in, twins):
    client = signed_in(benoit())
    pair = twins[2]
    assert (
        client.post(f"/gestion/contacts/doublons/organisation/{pair.id}/ecart").status_code == 302
    )
    assert pair.dismissed_at is not None
    assert "Aucun doublon à examiner." in client.get("/gestion/contacts/doublons/").text


def test_merged_by_choice_then_two_again(signed_in, twins):
    client = signed_in(benoit())
    one, two, _ = twins
    address = f"/gestion/contacts/fusions/organisation/{one.id}/{two.id}"
    page = client.get(address).text
    assert "Voiron" in page
    answer = client.post(address, data={"name": "absorbed", "commune": "kept"})
    assert answer.location == f"/gestion/contacts/organisations/{one.id}"
    assert (one.name, one.commune, one.acronym) == ("Association Les Semeurs", "Grenoble", "LS")
    assert two.merged_into is one
    assert "Les Semeurs" in {other.name for other in one.other_names}
    listed = client.get(f"/gestion/contacts/fusions/organisation/{one.id}").text
    number = listed.split("/defaite")[0].rsplit("/", 1)[1]
    undo = f"/gestion/contacts/fusions/{number}/defaite"
    assert "redeviendront deux fiches" in client.get(undo).text
    client.post(undo, data={"depuis": "kept"})
    assert (one.name, one.commune, one.acronym) == ("Les Semeurs", "Grenoble", "")
    assert two.merged_into is None
    assert client.post(undo).status_code == 409


def test_a_card_is_not_merged_with_itself_nor_twice(signed_in, twins):
    client = signed_in(benoit())
    one, two, _ = twins
    base = "/gestion/contacts/fusions/organisation"
    assert client.post(f"{base}/{one.id}/{one.id}").status_code == 409
    client.post(f"{base}/{one.id}/{two.id}")
    assert client.post(f"{base}/{one.id}/{two.id}").status_code == 409
    assert client.get(f"{base}/{one.id}/999999").status_code == 404
    assert client.get(f"/gestion/contacts/fusions/autre/{one.id}/{two.id}").status_code == 404


def test_the_cards_one_may_merge_with_are_looked_for(signed_in, twins):
    one, two, _ = twins
    page = signed_in(benoit()).get(f"/gestion/contacts/fusions/organisation/{one.id}").text
    assert f"/gestion/contacts/fusions/organisation/{one.id}/{two.id}" in page


def test_one_need_not_wait_for_the_night(signed_in, app):
    for name in ("Les Passeurs de rives", "Les Passeurs de Rive"):
        save(Organisation(name=name, postcode="69001"))
    db.session.commit()
    client = signed_in(benoit())
    assert "Aucun doublon" in client.get("/gestion/contacts/doublons/").text
    asked = client.post("/gestion/contacts/doublons/recherches?fiche=organisation")
    assert asked.status_code == 302
    queue = app.extensions["queue"]
    while (task := queue.dequeue()) is not None:
        queue.execute(task)
    assert "1\u00a0paire de fiches" in client.get(asked.location).text
