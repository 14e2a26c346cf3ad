"""The events of the programme, brought among what a letter may relay."""

from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from factories import awa, feed, item
from gatherings import event, in_days

from crm.db import db, now
from crm.events.kinds import EventKind
from crm.events.links import event_url
from crm.events.schedule import Day, schedule
from crm.filters import today
from crm.newsletter import programme
from crm.newsletter.feeds.addresses import canonical_url
from crm.newsletter.items import Item, Kind


def items():
    return list(db.session.scalars(sa.select(Item).order_by(Item.id)))


def test_an_event_to_come_is_an_item(app):
    held = event(title="Forum du Drac", text="Un **forum** ouvert.", department="38")
    [made] = programme.bring(today())
    assert (made.kind, made.title, made.summary) == (Kind.EVENT, held.title, "Un forum ouvert.")
    assert (made.url, made.department) == (event_url(held), "38")
    assert (made.starts_on, made.ends_on) == (in_days(10), in_days(10))
    assert made.feed_id is None


@pytest.mark.parametrize(
    ("days", "is_brought"), [(0, True), (40, True), (41, False), (-1, False), (200, False)]
)
def test_those_of_the_next_forty_days_are(app, days, is_brought):
    on = (today().replace(day=1) + timedelta(days=40)).replace(day=5)  # two months are looked at
    event(Day(on + timedelta(days=days), time(14), time(17)))
    assert bool(programme.bring(on)) is is_brought


def test_a_draft_is_not_told(app):
    event(published_at=None)
    assert programme.bring(today()) == []


def test_brought_again_it_is_one_item_as_the_event_is_now(app):
    held = event()
    [first] = programme.bring(today())
    first.edit(summary="Écrit à la main.")
    first.seen_at = now() - timedelta(days=20)
    held.title = "Autrement dit"
    schedule(held, [Day(in_days(12), time(9), time(12))])
    db.session.flush()
    [again] = programme.bring(today())
    assert items() == [first]
    assert (again.title, again.starts_on) == ("Autrement dit", in_days(12))
    assert again.summary == "Écrit à la main.", "what was corrected by hand stays"
    assert again.seen_at > now() - timedelta(minutes=1), "it is proposed again until it is sent"


def test_a_training_closes_with_its_registrations(app):
    held = event(kind=EventKind.TRAINING, closes_at=now() + timedelta(days=5))
    [made] = programme.bring(today())
    assert (made.kind, made.starts_on, made.ends_on) == (Kind.TRAINING, in_days(10), in_days(5))
    held.closes_at = None
    programme.bring(today())
    assert made.ends_on == in_days(10)


def test_what_the_website_relays_already_is_the_same_item(app):
    held = event()
    url = f"{event_url(held)}?utm_source=site"
    theirs = item(Kind.EVENT, title="Dit par le site", url=url, canonical_url=canonical_url(url),
                  feed=feed(kind=Kind.EVENT))  # fmt: skip
    assert programme.bring(today()) == [theirs]
    assert items() == [theirs]
    assert theirs.title == "Dit par le site"


def test_one_that_is_called_off_is_no_longer_proposed(app):
    gone, kept = event(), event()
    first, second = programme.bring(today())
    gone.cancelled_at = now()
    db.session.flush()
    assert programme.bring(today()) == [second]
    assert (first.link_error, second.link_error) == (programme.OFF, "")
    gone.cancelled_at = None
    db.session.flush()
    programme.bring(today())
    assert first.link_error == "", "it is held after all"
    assert kept.title == second.title


def test_a_number_composed_has_them_and_one_may_ask_again(app, signed_in):
    first = event()
    client = signed_in(awa())
    page = client.get(client.post("/gestion/lettres/resaclic/numeros").location).text
    assert first.title in page
    later = event()
    db.session.commit()
    number = db.session.scalar(sa.text("SELECT id FROM issues"))
    url = f"/gestion/lettres/numeros/{number}"
    page = client.get(client.post(f"{url}/programme").location).text
    assert "2\u00a0événements du programme" in page.replace("&nbsp;", "\u00a0")
    assert later.title in page
