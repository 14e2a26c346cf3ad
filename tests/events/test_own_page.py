"""The page of a registration: what it shows, and what its owner decides."""

from datetime import time, timedelta

import gatherings
import pytest

from crm.acts import Act, Did
from crm.db import db, now
from crm.events import links, plan, register
from crm.events.documents import Document
from crm.events.kinds import Owed, Shown, State
from crm.events.schedule import Day

LINK = "https://visio.example.org/secret"


@pytest.fixture
def place(app):
    """Chloé has the only place; two others wait."""
    event = gatherings.event(capacity=1, is_online=True, online_url=LINK)
    names = ("chloe", "ali", "zoe")
    people = [
        register.register(
            event, {"first_name": one, "last_name": "Roy", "email": f"{one}@example.org"}
        ).registration
        for one in names
    ]
    db.session.flush()
    return event, people


def page_of(one):
    return f"/inscriptions/{links.page_token(one)}"


def test_the_page_gives_the_link_to_those_who_have_a_place(place, visitor):
    _, people = place
    shown = visitor.get(page_of(people[0]))
    assert LINK in shown.text
    assert "Votre place est réservée" in shown.text
    assert shown.headers["X-Robots-Tag"] == "noindex"
    assert shown.headers["Cache-Control"] == "no-store"
    assert LINK not in visitor.get(page_of(people[1])).text


def test_somebody_else_s_link_opens_nothing(place, visitor):
    _, people = place
    token = links.page_token(people[0])
    for wrong in (token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), "x" * 30):
        answer = visitor.get(f"/inscriptions/{wrong}")
        assert answer.status_code == 404
        assert "Ce lien personnel est incomplet" in answer.text
    people[0].link_version += 1
    assert visitor.get(f"/inscriptions/{token}").status_code == 404


def test_a_place_is_given_up_then_offered_then_accepted(place, visitor):
    event, people = place
    asked = visitor.get(f"{page_of(people[0])}/desistement")
    assert asked.status_code == 200
    assert people[0].state is State.CONFIRMED  # asking changes nothing
    visitor.post(f"{page_of(people[0])}/desistement")
    assert [one.state for one in people] == [State.CANCELLED, State.OFFERED, State.WAITING]
    assert "J’accepte cette place" in visitor.get(page_of(people[1])).text
    visitor.post(f"{page_of(people[1])}/acceptation")
    assert [one.state for one in people] == [State.CANCELLED, State.CONFIRMED, State.WAITING]
    assert (event.taken, event.waiting) == (1, 1)


def test_an_offer_accepted_too_late_is_said_and_changes_nothing(place, visitor):
    _, people = place
    register.give_up(people[0])
    people[1].offer_ends_at = now() - timedelta(minutes=1)
    late = visitor.post(f"{page_of(people[1])}/acceptation")
    assert late.status_code == 409
    assert "Le délai pour accepter cette place est passé" in late.text
    assert people[1].state is State.OFFERED


def test_an_offer_may_be_declined_for_the_next_one(place, visitor):
    _, people = place
    register.give_up(people[0])
    visitor.post(f"{page_of(people[1])}/desistement")
    assert [one.state for one in people] == [State.CANCELLED, State.CANCELLED, State.OFFERED]


def test_who_left_may_come_back(place, visitor):
    _, people = place
    register.give_up(people[0])
    visitor.post(f"{page_of(people[0])}/retour")
    assert people[0].state is State.WAITING
    assert people[0].first_name == "chloe"


def test_what_was_said_is_changed(place, visitor):
    _, people = place
    typed = {"first_name": "Chloé", "last_name": "Roy", "email": "chloe@example.org",
             "phone": "06 12 34 56 78", "news": "y"}  # fmt: skip
    assert visitor.post(f"{page_of(people[0])}/modification", data=typed).status_code == 303
    assert (people[0].phone, people[0].news_at is not None) == ("06 12 34 56 78", True)
    assert people[0].owed is Owed.STATE  # its first mail


def test_an_address_that_is_another_s_is_refused(place, visitor):
    _, people = place
    typed = {"first_name": "Chloé", "last_name": "Roy", "email": "ALI@example.org"}
    answer = visitor.post(f"{page_of(people[0])}/modification", data=typed)
    assert answer.status_code == 422
    assert "Cette adresse a déjà une inscription" in answer.text
    assert people[0].email == "chloe@example.org"


def test_documents_are_for_those_who_have_a_place(place, visitor):
    event, people = place
    event.documents.append(Document(name="diapos.pdf", size=4, content=b"%PDF"))
    event.documents.append(
        Document(name="programme.pdf", size=4, content=b"%PDF", shown=Shown.EVERYONE)
    )
    db.session.flush()
    slides, programme = event.documents
    assert visitor.get(f"{page_of(people[0])}/documents/{slides.id}").data == b"%PDF"
    assert visitor.get(f"{page_of(people[1])}/documents/{slides.id}").status_code == 404
    assert visitor.get(f"/agenda/{event.slug}/documents/{slides.id}").status_code == 404
    assert visitor.get(f"/agenda/{event.slug}/documents/{programme.id}").data == b"%PDF"


def test_an_event_called_off_says_so_on_the_page(place, visitor):
    event, people = place
    plan.cancel(event, "La salle est fermée")
    shown = visitor.get(page_of(people[0])).text
    assert "Cet événement est annulé" in shown
    assert "La salle est fermée" in shown
    assert LINK not in shown


def test_what_is_kept_is_shown_taken_away_and_erased(place, visitor):
    event, people = place
    page = page_of(people[0])
    assert "chloe@example.org" in visitor.get(f"{page}/mes-donnees").text
    assert visitor.get(f"{page}/mes-donnees?format=json").json["courriel"] == "chloe@example.org"
    visitor.get(f"{page}/effacement")
    assert people[0].email == "chloe@example.org"
    assert visitor.post(f"{page}/effacement").status_code == 200
    assert (people[0].email, people[0].last_name) == ("", "")
    assert visitor.get(page).status_code == 404
    assert people[1].state is State.OFFERED
    assert event.taken == 1
    [act] = db.session.scalars(Act.latest())
    assert (act.kind, act.about_id, act.user_id) == (Did.ERASED, event.id, None)


def test_a_calendar_file_is_for_those_who_have_a_place(place, visitor):
    _, people = place
    assert b"BEGIN:VEVENT" in visitor.get(f"{page_of(people[0])}/agenda.ics").data
    assert visitor.get(f"{page_of(people[1])}/agenda.ics").status_code == 404


def test_a_past_event_still_opens_with_its_documents(app, visitor):
    event = gatherings.event(Day(gatherings.in_days(-3), time(9), time(12)))
    one = gatherings.registration(event)
    event.replay_url = "https://video.example.org/1"
    shown = visitor.get(page_of(one)).text
    assert "Vous étiez inscrit·e" in shown
    assert "Revoir l’événement" in shown
    assert "Me désister" not in shown
