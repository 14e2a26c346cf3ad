"""A second pair of eyes: asked for, given by somebody else, and only for what was read."""

import pytest
from factories import awa, benoit, item, nadia, resaclic, subscriber
from sending import draft

from crm.db import db, now
from crm.filters import today
from crm.newsletter import review
from crm.newsletter.arrange import take
from crm.newsletter.delivery import schedule
from crm.newsletter.issues import Section


@pytest.fixture
def number(app):
    """A draft by Awa, of a letter that wants to be read again."""
    subscriber()
    resaclic().needs_review = True
    issue = draft(composed_by=awa(), planned_on=today(), sections=[
        Section(title="R", kinds=["news"], position=1)])  # fmt: skip
    db.session.commit()
    return issue


def test_without_review_it_does_not_leave(number):
    with pytest.raises(schedule.Refused, match="demande une relecture"):
        schedule.schedule(number, now())
    review.ask(number, number.composed_by)
    with pytest.raises(schedule.Refused, match="attend d’être relu"):
        schedule.schedule(number, now(), in_spite_of_doubts=True)


def test_read_by_somebody_else_it_leaves(number):
    review.ask(number, number.composed_by)
    with pytest.raises(review.NotYours):
        review.approve(number, number.composed_by)
    review.approve(number, benoit())
    assert review.lacks(number) == ""
    schedule.schedule(number, now())
    assert number.scheduled_at is not None


def test_whoever_asked_does_not_review_either(number):
    other = nadia()
    review.ask(number, other)
    with pytest.raises(review.NotYours):
        review.approve(number, other)


def test_what_changed_since_has_to_be_read_again(number):
    review.ask(number, number.composed_by)
    review.approve(number, benoit())
    take(item(), number.sections[0])
    db.session.flush()
    with pytest.raises(schedule.Refused, match="a changé depuis sa relecture"):
        schedule.schedule(number, now())


def test_sent_back_with_a_word_it_waits_for_its_author(number):
    review.ask(number, number.composed_by)
    review.send_back(number, benoit(), "Le titre promet trop.")
    assert (number.review_note, review.is_reviewed(number)) == ("Le titre promet trop.", False)
    assert db.session.scalars(review.waiting()).all() == []
    review.ask(number, number.composed_by)
    assert (number.review_note, db.session.scalars(review.waiting()).all()) == ("", [number])


def test_a_letter_that_asks_for_none_leaves_as_before(number):
    number.publication.needs_review = False
    assert review.lacks(number) == ""


def test_the_pages_from_asking_to_sending(number, signed_in):
    author, reader = signed_in(number.composed_by), signed_in(benoit())
    url = f"/gestion/lettres/numeros/{number.id}/relecture"
    assert "demande une relecture" in author.get(f"/gestion/lettres/numeros/{number.id}/envoi").text
    author.post(f"{url}/demande")
    assert "attend d’être relu" in author.get(url).text
    assert "Relire RESA’CLIC" in reader.get("/gestion/").text
    assert "Relire RESA’CLIC" not in author.get("/gestion/").text
    assert author.post(f"{url}/avis", data={"avis": "bon"}).status_code == 409
    assert reader.post(f"{url}/avis", data={"avis": "reprendre"}).status_code == 422
    reader.post(f"{url}/avis", data={"avis": "reprendre", "note": "Deux fautes."})
    assert "Deux fautes." in author.get(url).text
    author.post(f"{url}/demande")
    reader.post(f"{url}/avis", data={"avis": "bon"})
    assert "Relu par Benoît Faure" in author.get(url).text
