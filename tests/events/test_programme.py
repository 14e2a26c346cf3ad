"""The public programme: list, month, filters, widget, structured data."""

import json
import re
from datetime import date, time

import gatherings
import pytest
from queries import cost

from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events import plan, programme
from crm.events.events import Series
from crm.events.kinds import Part
from crm.events.programme import Month
from crm.events.schedule import Day


def titles(page):
    return re.findall(r'<p class="what"><a [^>]*>([^<]*)</a>', page)


@pytest.fixture
def season(app):
    """Four events to come, one past, one that is not public."""
    theme = Term.find(Vocabulary.THEME, "financement")
    made = {
        "Eau": gatherings.event(Day(gatherings.in_days(3)), title="Eau", department="69"),
        "Sols": gatherings.event(Day(gatherings.in_days(2)), title="Sols", is_online=True),
        "Air": gatherings.event(Day(gatherings.in_days(5)), title="Air", themes=[theme]),
        "Feu": gatherings.event(Day(gatherings.in_days(-5)), title="Feu"),
        "Secret": gatherings.event(title="Secret", published_at=None),
    }
    db.session.flush()
    return made


def test_the_list_begins_with_the_next_one(season, visitor):
    assert titles(visitor.get("/agenda").text) == ["Sols", "Eau", "Air"]
    assert titles(visitor.get("/agenda?passes=1").text) == ["Feu"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("departement=69", ["Eau"]),
        ("lieu=en-ligne", ["Sols"]),
        ("theme=financement", ["Air"]),
        ("theme=financement&departement=69", []),
        ("theme=inconnu", []),
        ("departement=zz&mois=2027-13&passes=oui", ["Sols", "Eau", "Air"]),
    ],
)
def test_filters_narrow_and_nonsense_is_left_out(season, visitor, query, found):
    assert titles(visitor.get(f"/agenda?{query}").text) == found


def test_an_event_is_listed_until_its_last_day_is_over(app, visitor):
    gatherings.event(Day(gatherings.in_days(-1)), Day(gatherings.in_days(1)), title="Deux jours")
    assert titles(visitor.get("/agenda").text) == ["Deux jours"]


def test_a_month_shows_each_day_of_an_event(app, visitor):
    gatherings.event(Day(date(2027, 2, 27)), Day(date(2027, 3, 3), time(9), time(10)), title="Eau")
    february = visitor.get("/agenda?mois=2027-02").text
    assert re.findall(r"<h1>(.*?)</h1>", february) == ["Agenda, février 2027"]
    assert february.count(">Eau</a>") == 1
    march = visitor.get("/agenda?mois=2027-03").text
    assert re.findall(r'<span class="hour">(.*?)</span>', march) == ["9\u00a0h"]


def test_months_follow_each_other():
    assert str(Month(2026, 12).step(1)) == "2027-01"
    assert str(Month(2026, 1).step(-1)) == "2025-12"
    assert Month(2028, 2).last == date(2028, 2, 29)
    assert [Month.read(text) for text in ("2027-00", "27-01", "2027-1", "0000-01", "²027-01")] == [
        None
    ] * 5


def test_a_letter_finds_the_events_of_its_month(app):
    inside = gatherings.event(Day(date(2027, 3, 31)), Day(date(2027, 4, 2)))
    gatherings.event(Day(date(2027, 4, 1)), published_at=None)
    plan.cancel(gatherings.event(Day(date(2027, 4, 1))))
    assert list(programme.for_month(date(2027, 4, 15))) == [inside]
    assert list(programme.for_month(date(2027, 3, 1))) == [inside]
    assert list(programme.for_month(date(2027, 5, 1))) == []


def test_the_home_page_shows_the_next_ones(season, visitor):
    assert titles(visitor.get("/").text) == ["Sols", "Eau", "Air"]


def test_an_event_says_itself_to_search_engines(app, visitor):
    event = gatherings.event(
        Day(date(2027, 7, 6), time(14), time(17)), title="L’eau </script><b>", capacity=20,
        venue="Maison du port", commune="Lyon", postcode="69002", department="69", text="**Venez**",
    )  # fmt: skip
    gatherings.partner(event, "Eau et Vie", part=Part.ORGANISER)
    page = visitor.get(f"/agenda/{event.slug}").text
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["name"] == "L’eau </script><b>"
    assert data["startDate"] == "2027-07-06T14:00:00+02:00"
    assert data["endDate"] == "2027-07-06T17:00:00+02:00"
    assert data["eventStatus"] == "https://schema.org/EventScheduled"
    assert data["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert data["organizer"] == [{"@type": "Organization", "name": "Eau et Vie"}]
    assert data["location"][0]["address"]["addressLocality"] == "Lyon"
    assert (data["maximumAttendeeCapacity"], data["remainingAttendeeCapacity"]) == (20, 20)
    assert data["description"] == "Venez"


def test_the_other_events_of_a_series_are_shown(app, visitor):
    series = Series(title="Cinq séances", text="À suivre ou non.")
    first = gatherings.event(series=series, title="Séance un")
    gatherings.event(series=series, title="Séance deux")
    gatherings.event(series=series, title="Séance cachée", published_at=None)
    assert titles(visitor.get(f"/agenda/{first.slug}").text) == ["Séance deux"]


def test_only_listed_sites_may_frame_the_programme(season, visitor, setting):
    setting(embed_origins=("https://reseau.example.org",))
    for path in ("/agenda?cadre=1", "/agenda/widget?cadre=1", f"/agenda/{season['Eau'].slug}",
                 f"/agenda/{season['Eau'].slug}/inscription?cadre=1"):  # fmt: skip
        policy = visitor.get(path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'self' https://reseau.example.org" in policy, path
    page = visitor.get("/agenda/widget?cadre=1&nombre=2").text
    assert titles(page) == ["Sols", "Eau"]
    assert "public-header" not in page
    assert f"/agenda/{season['Sols'].slug}?cadre=1" in page


def test_a_text_that_users_wrote_stays_text(app, visitor):
    event = gatherings.event(title="<b>gras</b>", text="<script>alert(1)</script> **fort**")
    page = visitor.get(f"/agenda/{event.slug}").text
    assert "<b>gras</b>" not in page
    assert "<script>alert" not in page
    assert "<strong>fort</strong>" in page


def test_a_list_costs_the_same_number_of_queries(app, visitor):
    gatherings.event()
    few = cost(visitor, "/agenda")
    for _ in range(20):
        gatherings.event()
    assert cost(visitor, "/agenda") == few


def test_who_organises_comes_first_then_partners_by_their_part(visitor, app):
    event = gatherings.event(title="Forum")
    for name, part in (
        ("Semence", Part.PARTNER), ("Mairie de Bourg", Part.HOST),
        ("Tanwissi", Part.PARTNER), ("Le Pont", Part.ORGANISER),
    ):  # fmt: skip
        gatherings.partner(event, name, part=part)
    db.session.commit()
    page = visitor.get(f"/agenda/{event.slug}").text
    facts = re.findall(r"<dt>.*?</svg> ([^<]*)</dt><dd>([^<]*)</dd>", page)
    assert facts[-3:] == [
        ("Organisateur", "Le Pont"), ("Accueil", "Mairie de Bourg"),
        ("Partenaires", "Semence, Tanwissi"),
    ]  # fmt: skip
