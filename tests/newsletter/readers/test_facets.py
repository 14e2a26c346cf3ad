"""« Abonné·e à » : contacts found by the letters they receive."""

import cards
import pytest
from factories import benoit, save, subscriber

from crm.contacts.search.criteria import Search
from crm.contacts.search.results import find
from crm.db import db, now
from crm.newsletter.readers import links
from crm.newsletter.readers.facets import tell_search
from crm.newsletter.subscriptions import Basis, Subscription


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def awa(app):
    """Awa Traoré and Les Semeurs, who receive the letter at the same address."""
    who, place = cards.person("Awa", "Traoré"), cards.organisation("Les Semeurs")
    subscription = subscriber("awa@example.org", person=who, organisation=place)
    tell_search(subscription)
    db.session.commit()
    return subscription


def found(query="abonne=resaclic"):
    return sorted(hit.name for hit in find(Search.parse(query)).page())


def test_contacts_are_found_by_the_letter_they_receive(awa, signed_in):
    cards.person("Luc", "Morel")
    assert found() == ["Awa Traoré", "Les Semeurs"]
    page = signed_in(benoit()).get("/gestion/contacts/").text
    facet = page.partition("Abonné·e à")[2].partition("</details>")[0]
    assert ">2</span>" in facet


@pytest.mark.parametrize(
    "happens",
    [
        {"left_at": now()},
        {"suppressed": "l’adresse n’existe plus"},
    ],
)
def test_who_no_longer_receives_is_no_longer_found(awa, happens):
    for name, value in happens.items():
        setattr(awa, name, value)
    tell_search(awa)
    assert found() == []


def test_an_unconfirmed_wish_is_not_a_subscription(app):
    who = cards.person()
    wish = Subscription(publication=_letter(), email="f@example.org", person=who)
    wish.consent(Basis.FORM, "Je m’abonne.", "test", confirmed=False)
    tell_search(save(wish))
    assert found() == []


def _letter():
    return subscriber().publication


def test_leaving_and_coming_back_is_seen_by_the_search(awa, visitor):
    visitor.post(links.leave_url(awa.id))
    assert found() == []
    visitor.post(links.confirm_url(awa.id))
    assert found() == ["Awa Traoré", "Les Semeurs"]
    visitor.post(links.leave_url(awa.id), data={"tout": "1"})
    assert found() == []


def test_the_team_taking_someone_off_is_seen_by_the_search(awa, signed_in):
    signed_in(benoit()).post(f"/gestion/lettres/abonnes/{awa.id}/depart")
    assert found() == []
