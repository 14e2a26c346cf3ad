"""An issue for a segment: among those who subscribed, and nobody else."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from cards import organisation
from factories import awa, save, subscriber
from sending import draft

from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.search.index import index
from crm.contacts.search.segments import Segment
from crm.db import db, now
from crm.newsletter import audience
from crm.newsletter.deliveries import Delivery
from crm.newsletter.delivery import schedule
from crm.newsletter.delivery.schedule import Refused
from crm.newsletter.subscriptions import Subscription


@pytest.fixture
def isere(app):
    """Three subscribers, one of them by an organisation of Isère and one by a person there."""
    club = organisation("Les Semeurs du Drac", department="38")
    person = save(Person(first_name="Zoé", last_name="Léger", department="38"))
    index(person)
    subscriber("club@example.org").organisation = club
    subscriber("zoe@example.org").person = person
    subscriber("ailleurs@example.org")
    stranger = organisation("Sans abonnement", department="38", emails=["non@example.org"])
    index(stranger)
    db.session.flush()
    return Segment.keep("Isère", Search.parse("departement=38"))


def receivers(issue):
    found = sa.select(Subscription.email).join(Delivery).where(Delivery.issue_id == issue.id)
    return set(db.session.scalars(found))


def leave(issue):
    schedule.schedule(issue, now())
    schedule.start(issue, now() + timedelta(seconds=1))


def test_a_segment_chooses_among_subscribers_and_adds_nobody(isere):
    issue = draft()
    audience.choose(issue, isere)
    assert schedule.count_recipients(issue, isere) == 2
    leave(issue)
    assert receivers(issue) == {"club@example.org", "zoe@example.org"}


def test_a_fixed_list_does_too(isere):
    listed = Segment.fix("Une liste", Search.parse("departement=38&fiche=person"))
    issue = draft()
    audience.choose(issue, listed)
    leave(issue)
    assert receivers(issue) == {"zoe@example.org"}


def test_no_segment_is_everyone(isere):
    issue = draft()
    leave(issue)
    assert len(receivers(issue)) == 3


def test_nobody_in_the_segment_is_said(isere):
    issue = draft()
    audience.choose(issue, Segment.keep("Ailleurs", Search.parse("departement=01")))
    with pytest.raises(Refused, match="Personne dans le segment «\u00a0Ailleurs\u00a0»"):
        schedule.schedule(issue, now())


def test_called_back_it_is_for_everyone_again(isere):
    issue = draft()
    audience.choose(issue, isere)
    schedule.schedule(issue, now() + timedelta(days=1))
    schedule.cancel(issue)
    assert (issue.audience, issue.audience_name) == (None, "")


def test_the_page_offers_each_segment_with_its_count(isere, signed_in):
    issue = draft()
    db.session.commit()
    client = signed_in(awa())
    url = f"/gestion/lettres/numeros/{issue.id}/envoi"
    page = client.get(url).text
    assert "Tous les abonnés (3\u00a0abonnés)" in page
    assert "Isère (2\u00a0abonnés)" in page
    at = "2099-01-01T09:00"
    assert client.post(url, data={"audience": str(isere.id), "at": at}).status_code == 302
    assert "2\u00a0abonnés du segment «&nbsp;Isère&nbsp;»" in client.get(f"{url[:-5]}suivi").text
    refused = client.post(f"/gestion/contacts/segments/{isere.id}/suppression")
    assert refused.status_code == 409
    assert "Un envoi programmé va à ce segment." in refused.text


def test_an_unknown_segment_is_refused(isere, signed_in):
    issue = draft()
    db.session.commit()
    url = f"/gestion/lettres/numeros/{issue.id}/envoi"
    assert signed_in(awa()).post(url, data={"audience": "999999"}).status_code == 422
    assert issue.scheduled_at is None


def test_once_it_leaves_the_segment_may_go_and_its_name_stays(isere):
    issue = draft()
    audience.choose(issue, isere)
    leave(issue)
    db.session.delete(isere)
    db.session.flush()
    assert (issue.audience_id, issue.audience_name) == (None, "Isère")
