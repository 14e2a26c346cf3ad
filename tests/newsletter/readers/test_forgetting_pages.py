"""Staff: forget someone who asks, never bring them back, and give the form for one's own site."""

import html
import re

import pytest
from factories import benoit, resaclic, subscriber

from crm.db import db
from crm.newsletter.issues import Publication
from crm.newsletter.readers.erase import erase
from crm.newsletter.subscriptions import Basis, Subscription

PEOPLE = "/gestion/lettres/abonnes"
CHLOE = "chloe@example.org"
FORM = {"publication": "resaclic", "email": CHLOE, "wording": "Demandé au téléphone."}
SITE = "https://site.example.org"


@pytest.fixture
def client(signed_in):
    return signed_in(benoit())


def test_someone_who_asks_is_forgotten_for_every_letter(client):
    one, other = subscriber(CHLOE), subscriber(CHLOE, Publication.named("lettre"))
    page = f"{PEOPLE}/{one.id}/effacement"
    shown = client.get(page).text
    assert "RESA’CLIC ni La Lettre" in shown
    assert one.erased_at is None
    client.post(page)
    assert (one.erased_at is not None, other.erased_at is not None) == (True, True)
    assert Subscription.at(CHLOE) == []
    assert CHLOE not in client.get(f"{PEOPLE}/?etat=partis").text


def test_who_was_forgotten_is_not_typed_in_again(client):
    subscriber(CHLOE)
    erase(CHLOE, ("test" * 8,))
    answer = client.post(f"{PEOPLE}/nouveau", data=FORM)
    assert answer.status_code == 422
    assert "elle seule peut se réabonner" in answer.text
    assert Subscription.at(CHLOE) == []


@pytest.mark.parametrize("basis", [Basis.STAFF, Basis.PROFESSION])
def test_what_allows_writing_is_kept(client, basis):
    client.post(f"{PEOPLE}/nouveau", data=FORM | {"basis": basis.value})
    [proof] = Subscription.of(resaclic(), CHLOE).consents
    assert proof.basis is basis


def test_the_form_for_the_site_works_as_it_is_pasted(client, visitor, setting):
    """Posted by a browser from the network's own site, without a cookie, a token or a script."""
    setting(embed_origins=(SITE,))
    page = client.get(f"{PEOPLE}/formulaire").text
    assert SITE in page
    frame, form = (
        html.unescape(found) for found in re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
    )
    assert 'src="http://127.0.0.1:8000/lettres/inscription?cadre=1"' in frame
    assert 'action="http://127.0.0.1:8000/lettres/inscription"' in form
    names = set(re.findall(r'name="(\w+)"', form))
    assert names == {"publications", "email"}
    answer = visitor.post(
        "/lettres/inscription",
        data={"publications": "resaclic", "email": CHLOE},
        headers={"Origin": SITE, "Sec-Fetch-Site": "cross-site"},
    )
    assert "Plus qu’une étape" in answer.text
    [proof] = Subscription.of(resaclic(), CHLOE).consents
    assert proof.source == f"formulaire de {SITE}, version 1"
    assert "RESA’CLIC et La Lettre" in form, "the words that are agreed to are in the form"


def test_a_site_that_is_not_listed_is_said_to_be_missing(client):
    assert "Aucun site n’est encore autorisé" in client.get(f"{PEOPLE}/formulaire").text


def test_the_card_shows_what_each_consent_is_for(client):
    someone = subscriber(CHLOE)
    db.session.flush()
    assert "Pour recevoir la lettre." in client.get(f"{PEOPLE}/{someone.id}").text
