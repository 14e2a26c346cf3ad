"""The public form: usable by anybody, kept once, closed when it must be."""

from datetime import time, timedelta

import asking
import gatherings
import pytest
import sqlalchemy as sa
from pages import Page

from crm import spam
from crm.contacts.details import DetailKind
from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.db import db, now
from crm.events import links, plan
from crm.events.events import Series
from crm.events.kinds import QuestionKind, State
from crm.events.questions import Question, keep
from crm.events.registrations import Registration
from crm.events.schedule import Day
from crm.events.tell import tell_owed
from crm.mail import Mail


def filled(**values):
    """The form as a person fills it in, who took a minute."""
    return {
        "first_name": "Chloé", "last_name": "Martin", "email": "chloe@example.org",
        "drawn": spam.stamp(now() - timedelta(minutes=1)), "altcha": asking.solved(),
    } | values  # fmt: skip


def post(visitor, event, **values):
    return visitor.post(f"/agenda/{event.slug}/inscription", data=filled(**values))


def everyone(event):
    mine = sa.select(Registration).where(Registration.event_id == event.id)
    return db.session.scalars(mine.order_by(Registration.id)).all()


def test_somebody_registers_and_is_told(app, visitor):
    event = gatherings.event(title="Rencontre sur l’eau")
    answer = post(visitor, event, organisation_name="Eau et Vie", access_needs="Sous-titres")
    assert answer.status_code == 303
    page = Page(visitor.get(answer.location).text)
    assert "Votreplaceestréservée" in page.text
    assert "c…@example.org" in page.text
    assert "chloe@example.org" not in page.text
    one = everyone(event)[0]
    assert (one.state, one.organisation_name, one.access_needs) == (
        State.CONFIRMED, "Eau et Vie", "Sous-titres"
    )  # fmt: skip
    assert "organiser l’événement" in one.consent_text
    assert one.news_at is None
    tell_owed()
    mail = db.session.scalars(sa.select(Mail)).one()
    assert (mail.recipient, mail.subject) == (
        "chloe@example.org", "Votre inscription : Rencontre sur l’eau"
    )  # fmt: skip
    assert links.page_url(one).encode() in mail.message.replace(b"=\n", b"")


def test_agreeing_to_be_told_of_the_next_ones_is_apart(app, visitor):
    event = gatherings.event()
    post(visitor, event, news="y")
    one = everyone(event)[0]
    assert one.news_at is not None
    assert "prochains événements" in one.news_text


def test_registering_twice_keeps_one_row_and_says_so_kindly(app, visitor):
    event = gatherings.event()
    post(visitor, event)
    tell_owed()
    again = post(visitor, event, email="CHLOE@example.org", first_name="Zoé")
    page = visitor.get(again.location).text
    assert "Cette adresse est déjà inscrite" in page
    assert [one.first_name for one in everyone(event)] == ["Chloé"]
    everyone(event)[0].told_at = now() - timedelta(hours=1)
    post(visitor, event)
    tell_owed()
    assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"opens_at": now() + timedelta(days=1)}, "Les inscriptions ouvriront"),
        ({"closes_at": now() - timedelta(days=1)}, "Les inscriptions sont closes"),
        ({"takes_registrations": False}, "sans inscription"),
        ({"cancelled_at": now()}, "Cet événement est annulé"),
        ({"registration_url": "https://ailleurs.example.org/"}, "sur le site d’un partenaire"),
    ],
)
def test_a_form_that_is_closed_says_why_and_keeps_nothing(app, visitor, values, said):
    event = gatherings.event(**values)
    answer = post(visitor, event)
    assert answer.status_code == 409
    assert said in answer.text
    assert everyone(event) == []


def test_an_event_that_is_over_takes_nobody(app, visitor):
    event = gatherings.event(Day(gatherings.in_days(-3), time(9), time(12)))
    assert "Cet événement est passé" in post(visitor, event).text


def test_an_event_that_is_not_public_is_nowhere(app, visitor):
    event = gatherings.event(published_at=None)
    for path in ("", "/inscription", ".ics"):
        assert visitor.get(f"/agenda/{event.slug}{path}").status_code == 404


def test_the_last_place_then_the_waiting_list(app, visitor):
    event = gatherings.event(capacity=1)
    post(visitor, event)
    answer = post(visitor, event, email="ali@example.org")
    assert "Vous êtes en liste d’attente" in visitor.get(answer.location).text
    assert [one.state for one in everyone(event)] == [State.CONFIRMED, State.WAITING]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"email": "chloe@gmial.com"}, "Vouliez-vous dire chloe@gmail.com"),
        ({"email": "chloe@"}, "Cette adresse n’est pas complète"),
        ({"last_name": " "}, "Ce champ est à remplir"),
        ({"phone": "12"}, "Ce numéro n’est pas complet"),
        ({"autre1_prenom": "Ali"}, "Indiquez au moins son nom"),
        ({"autre1_nom": "Traoré", "autre1_courriel": "chloe@example.org"}, "déjà donnée"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_is_kept(app, visitor, values, said):
    event = gatherings.event()
    answer = post(visitor, event, **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert everyone(event) == []


def test_questions_are_asked_and_answers_kept(app, visitor):
    asked = [
        Question("repas", "Déjeunez-vous ?", QuestionKind.CHOICE, ["Oui", "Non"], True),
        Question("ateliers", "Vos ateliers", QuestionKind.SEVERAL, ["Eau", "Sols", "Air"]),
        Question("train", "Je viens en train", QuestionKind.YES),
    ]
    event = gatherings.event(questions=keep(asked))
    assert "Choisissez une réponse." in post(visitor, event).text
    post(visitor, event, q_repas="Oui", q_ateliers=["Eau", "Air"], q_train="y")
    assert everyone(event)[0].answers == {"repas": "Oui", "ateliers": ["Eau", "Air"], "train": True}


def test_people_who_come_along_have_a_row_each(app, visitor):
    event = gatherings.event(capacity=3)
    post(visitor, event, organisation_name="Eau et Vie", autre1_nom="Traoré", autre1_prenom="Ali",
         autre2_nom="Roy", autre2_courriel="zoe@example.org")  # fmt: skip
    found = [(one.who, one.email, one.organisation_name) for one in everyone(event)]
    assert found == [
        ("Chloé Martin", "chloe@example.org", "Eau et Vie"), ("Ali Traoré", "", "Eau et Vie"),
        ("Roy", "zoe@example.org", "Eau et Vie"),
    ]  # fmt: skip
    assert event.taken == 3
    tell_owed()
    to = db.session.scalars(sa.select(Mail.recipient).order_by(Mail.recipient)).all()
    assert to == ["chloe@example.org", "zoe@example.org"]


def test_a_series_is_registered_for_at_once(app, visitor):
    series = Series(title="Cinq séances")
    first, second = gatherings.event(series=series), gatherings.event(series=series)
    page = visitor.get(f"/agenda/{first.slug}/inscription").text
    assert second.title in page
    post(visitor, first, also=[str(second.id)])
    assert [len(everyone(one)) for one in (first, second)] == [1, 1]


def test_what_a_robot_posts_is_set_apart_until_somebody_has_looked(app, visitor):
    event = gatherings.event(capacity=1)
    answer = post(visitor, event, nickname="robot")
    assert "à vérifier" in visitor.get(answer.location).text
    assert everyone(event)[0].state is State.SUSPECT
    tell_owed()
    assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 0
    assert event.taken == 0


def test_who_is_known_is_found_and_their_journal_says_it(app, visitor, cards_of_chloe):
    person, organisation = cards_of_chloe
    event = gatherings.event(title="Rencontre sur l’eau")
    post(visitor, event, organisation_name="eau et vie")
    tell_owed()
    one = everyone(event)[0]
    assert (one.person, one.organisation) == (person, organisation)
    lines = db.session.scalars(Entry.of(person)).all()
    assert lines[0].text.startswith("Inscription : Rencontre sur l’eau")
    assert lines[0].link == f"/gestion/evenements/{event.id}"
    tell_owed()
    assert len(db.session.scalars(Entry.of(person)).all()) == len(lines)


@pytest.fixture
def cards_of_chloe(app):
    organisation = Organisation(name="Eau et Vie", public_at=now())
    person = Person(first_name="Chloé", last_name="Martin")
    db.session.add_all([organisation, person])
    person.use_details(DetailKind.EMAIL, ["chloe@example.org"])
    person.hold(organisation)
    db.session.flush()
    index(organisation)
    index(person)
    return person, organisation


def test_moving_an_event_tells_everyone_and_their_calendar(app, visitor):
    event = gatherings.event()
    post(visitor, event)
    tell_owed()
    uid = event.held[0].uid
    news = plan.amend(event, {}, [Day(gatherings.in_days(12), time(9), time(11))])
    assert [one.startswith("la date : ") for one in news] == [True]
    tell_owed()
    mail = db.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    assert mail.subject.startswith("Changement")
    calendar = gatherings.calendar_of(mail)
    assert uid in calendar
    assert "SEQUENCE:1" in calendar
    assert "METHOD:REQUEST" in calendar


def test_calling_an_event_off_tells_everyone_and_their_calendar(app, visitor):
    event = gatherings.event()
    post(visitor, event)
    tell_owed()
    assert plan.cancel(event, "La salle est inondée") == 1
    tell_owed()
    mail = db.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    assert mail.subject.startswith("Annulé")
    calendar = gatherings.calendar_of(mail)
    assert "METHOD:CANCEL" in calendar
    assert "STATUS:CANCELLED" in calendar
    assert plan.cancel(event) == 0
