"""The first page of the team: what to do, and what comes soon."""

import re
from datetime import time, timedelta
from html import unescape

import factories
import gatherings
import pytest
from asking import asked
from booked import in_some_days, request
from gatherings import in_days

from crm.db import db, now
from crm.events.schedule import Day
from crm.requests import book
from crm.soon import soon


@pytest.fixture
def benoit(app):
    return factories.benoit()


def titles(user):
    return [one.title for one in soon(user)]


def arranged(officer, days, **values):
    return book.arrange(request(**values), officer, in_some_days(days), 45, by=officer)


def section(client, name):
    """The words of one part of the page."""
    text = client.get("/gestion/").text
    [found] = re.findall(rf'<section aria-labelledby="{name}">(.*?)</section>', text, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found)).split())


def test_one_s_appointments_and_everybody_s_events_come_in_order(benoit):
    gatherings.event(Day(in_days(2), time(9), time(12)), title="Atelier", taken=16, capacity=60)
    gatherings.event(Day(in_days(5)), title="Forum")
    arranged(benoit, 3, first_name="Awa", last_name="Diop")
    arranged(factories.nadia(), 4)
    assert titles(benoit) == ["Atelier", "Rendez-vous avec Awa Diop", "Forum"]
    first, second, third = soon(benoit)
    assert (first.hour, first.day, first.said) == (
        "9\u00a0h", in_days(2), "16\u00a0places prises sur 60",
    )  # fmt: skip
    assert second.said.startswith("par téléphone, D-")
    assert (third.hour, third.said) == ("", "0\u00a0place prise")


def test_each_day_of_an_event_has_its_line(benoit):
    gatherings.event(Day(in_days(1)), Day(in_days(8)), Day(in_days(20)), title="Formation")
    assert [one.day for one in soon(benoit)] == [in_days(1), in_days(8)]


def test_what_is_over_cancelled_or_far_is_not_soon(benoit):
    gatherings.event(Day(in_days(-1)), title="Hier")
    gatherings.event(Day(in_days(15)), title="Dans quinze jours")
    gatherings.event(Day(in_days(1)), title="Annulé", cancelled_at=now())
    book.cancel(arranged(benoit, 2))
    assert titles(benoit) == []
    gatherings.event(Day(in_days(14)), title="Dans quatorze jours")
    assert titles(benoit) == ["Dans quatorze jours"]


def test_the_page_says_which_day_and_opens_what_it_names(benoit, signed_in):
    event = gatherings.event(Day(in_days(1), time(9), time(12)), title="<b>Atelier")
    db.session.commit()
    client = signed_in(benoit)
    assert section(client, "bientot").startswith("Bientôt Demain 9 h, <b>Atelier")
    assert f'href="/gestion/evenements/{event.id}">&lt;b&gt;Atelier' in client.get("/gestion/").text


def test_an_empty_house_says_so(benoit, signed_in):
    assert "Rien ne presse" in section(signed_in(benoit), "a-faire")
    assert "Ni rendez-vous ni événement" in section(signed_in(benoit), "bientot")


def test_each_number_of_requests_is_said_once_and_opens_its_list(benoit, signed_in):
    awa = factories.awa()
    new, one, other = asked(), asked(), asked()
    new.created_at -= timedelta(days=1)
    one.assign(benoit)
    other.assign(awa, benoit)
    one.unread_at = other.unread_at = now()
    db.session.commit()
    client = signed_in(benoit)
    told = section(client, "a-faire")
    assert "Lire 2 réponses de demandeurs dont 2 pour vous" in told
    assert "Confier 1 demande nouvelle la plus ancienne est arrivée hier à" in told
    assert "Suivre 2 demandes dont vous avez la charge" in told
    for number, words in ((2, "Lire"), (1, "Confier"), (2, "Suivre")):
        [address] = re.findall(rf'href="([^"]*)">{words} ', client.get("/gestion/").text)
        assert f"<caption>{number}\u00a0demande" in client.get(unescape(address)).text
