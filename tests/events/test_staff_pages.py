"""Events as the team prepares and follows them."""

import csv
import io
from datetime import time

import factories
import gatherings
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from pages import Page

from crm.contacts.details import Detail
from crm.contacts.people import Person
from crm.db import db
from crm.events import plan, register
from crm.events.events import Event
from crm.events.kinds import Channel, EventKind, Owed, Part, QuestionKind, State
from crm.events.questions import Question, keep
from crm.events.registrations import Registration
from crm.events.schedule import Day

ROOT = "/gestion/evenements"


@pytest.fixture
def awa(app, signed_in):
    return signed_in(factories.awa())


def typed(**values):
    """The form of an event as somebody fills it in."""
    return {
        "title": "Rencontre sur l’eau", "kind": "meeting", "jour0_date": "2027-03-03",
        "jour0_debut": "14:00", "jour0_fin": "17:00", "takes_registrations": "y",
        "partenaire0_nom": "Eau et Vie", "partenaire0_role": "host", "most_together": "4",
    } | values  # fmt: skip


def only():
    return db.session.scalars(sa.select(Event)).one()


def everyone(event):
    mine = sa.select(Registration).where(Registration.event_id == event.id)
    return db.session.scalars(mine.order_by(Registration.id)).all()


def test_an_event_is_prepared_then_published(awa, visitor):
    asked = {"question0_texte": "Déjeunez-vous ?", "question0_genre": "choice",
             "question0_choix": "Oui\nNon", "question0_obligatoire": "y"}  # fmt: skip
    answer = awa.post(f"{ROOT}/nouveau", data=typed(capacity="30", **asked))
    event = only()
    assert answer.location == f"{ROOT}/{event.id}"
    assert (event.slug, event.kind, event.capacity) == (
        "rencontre-sur-l-eau", EventKind.MEETING, 30
    )  # fmt: skip
    assert [(one.name, one.part) for one in event.partners] == [("Eau et Vie", Part.HOST)]
    assert event.held[0].local_hours == (time(14), time(17))
    assert event.questions[0]["choices"] == ["Oui", "Non"]
    assert visitor.get(f"/agenda/{event.slug}").status_code == 404
    awa.post(f"{ROOT}/{event.id}/publication")
    assert visitor.get(f"/agenda/{event.slug}").status_code == 200


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"title": ""}, "Ce champ est à remplir"),
        ({"jour0_fin": "13:00"}, "la fin est avant le début"),
        ({"jour0_date": "2027-03-28", "jour0_debut": "02:30"}, "n’existe pas"),
        ({"online_url": "javascript:alert(1)"}, "Une adresse commence par https"),
        ({"capacity": "0"}, "Entre 1 et"),
        ({"opens_at": "2027-03-02T10:00", "closes_at": "2027-03-01T10:00"}, "avant l’ouverture"),
        (
            {"question0_texte": "Repas ?", "question0_genre": "choice", "question0_choix": "Oui"},
            "donnez au moins deux réponses",
        ),
    ],
)
def test_a_mistake_is_said_and_nothing_is_kept(awa, values, said):
    answer = awa.post(f"{ROOT}/nouveau", data=typed(**values))
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.scalar(sa.select(sa.func.count(Event.id))) == 0


def test_two_events_of_one_name_have_an_address_each(app):
    slugs = [plan.make({"title": "Café des relais !"}).slug for _ in range(3)]
    assert slugs == ["cafe-des-relais", "cafe-des-relais-2", "cafe-des-relais-3"]
    assert plan.make({"title": "Widget"}).slug == "widget-2"
    assert plan.make({"title": "«»"}).slug == "evenement"


def test_an_event_that_moves_tells_those_who_registered(awa):
    event = gatherings.event(title="Rencontre sur l’eau")
    one = gatherings.registration(event)
    assert (
        "1\u00a0personne inscrite est prévenue" in awa.get(f"{ROOT}/{event.id}/modification").text
    )
    awa.post(f"{ROOT}/{event.id}/modification", data=typed(text="Autre texte"))
    assert (one.owed, event.text) == (Owed.MOVED, "Autre texte")
    assert event.news.startswith("la date")


def test_a_change_nobody_has_to_know_tells_nobody(awa):
    awa.post(f"{ROOT}/nouveau", data=typed())
    event = only()
    one = gatherings.registration(event)
    awa.post(f"{ROOT}/{event.id}/modification", data=typed(text="Autre texte", project="Projet"))
    assert (one.owed, event.project, event.held[0].sequence) == (None, "Projet", 0)


def test_a_copy_has_all_but_its_dates_and_its_people(awa):
    event = gatherings.event(title="Formation", capacity=12, text="Bonjour")
    gatherings.partner(event, "Eau et Vie", part=Part.SPEAKER)
    gatherings.registration(event)
    answer = awa.post(f"{ROOT}/{event.id}/copie")
    copy = db.session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    assert answer.location == f"{ROOT}/{copy.id}/modification"
    assert (copy.title, copy.capacity, copy.taken, copy.is_published, copy.held) == (
        "Formation", 12, 0, False, []
    )  # fmt: skip
    assert [(one.name, one.part) for one in copy.partners] == [("Eau et Vie", Part.SPEAKER)]
    assert copy.uid != event.uid


def test_calling_off_asks_first_then_tells(awa):
    event = gatherings.event()
    one = gatherings.registration(event)
    assert "1\u00a0personne inscrite sera prévenue" in awa.get(f"{ROOT}/{event.id}/annulation").text
    assert not event.is_cancelled
    awa.post(f"{ROOT}/{event.id}/annulation", data={"why": "Salle fermée"})
    assert (event.is_cancelled, event.cancelled_why, one.owed) == (True, "Salle fermée", Owed.OFF)
    awa.post(f"{ROOT}/{event.id}/retablissement")
    assert (event.is_cancelled, one.owed) == (False, Owed.MOVED)


def test_the_team_registers_somebody(awa):
    event = gatherings.event(capacity=1)
    gatherings.registration(event)
    data = {"last_name": "Traoré", "first_name": "Ali", "email": "ali@example.org"}
    awa.post(f"{ROOT}/{event.id}/inscriptions/nouvelle", data=data)
    awa.post(f"{ROOT}/{event.id}/inscriptions/nouvelle",
             data={"last_name": "Roy", "at_once": "y"})  # fmt: skip
    _, ali, roy = everyone(event)
    assert (ali.state, ali.channel, ali.owed) == (State.WAITING, Channel.STAFF, Owed.STATE)
    assert (roy.state, roy.email, roy.owed) == (State.CONFIRMED, "", None)
    assert (event.taken, event.waiting) == (2, 1)
    awa.post(f"{ROOT}/{event.id}/inscriptions/nouvelle", data=data)
    assert "Ali Traoré a déjà une inscription" in awa.get(f"{ROOT}/{event.id}/inscriptions").text
    assert len(everyone(event)) == 3


def test_a_group_takes_its_places_together(awa):
    event = gatherings.event(capacity=30)
    names = "Ali Traoré, ali@example.org\nZoé Petit\n"
    data = {"group_name": "Classe de première", "seats": "25", "last_name": "Roy",
            "email": "roy@example.org", "names": names}  # fmt: skip
    awa.post(f"{ROOT}/{event.id}/inscriptions/groupe", data=data)
    found = [(one.who, one.email, one.seats, one.group_name) for one in everyone(event)]
    assert found == [
        ("Roy", "roy@example.org", 23, "Classe de première"),
        ("Ali Traoré", "ali@example.org", 1, "Classe de première"),
        ("Zoé Petit", "", 1, "Classe de première"),
    ]
    assert event.taken == 25


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seats": "2", "names": "Un\nDeux\nTrois"}, "2\u00a0places"),
        ({"seats": "9", "names": "Ali, ali@x"}, "Cette adresse n’est pas complète"),
        ({"seats": "9", "names": "A, a@example.org\nB, a@example.org"}, "donnée deux fois"),
        ({"seats": "0"}, "Entre 1 et 500"),
    ],
)
def test_a_group_that_does_not_add_up_is_refused(awa, values, said):
    event = gatherings.event()
    data = {"group_name": "Classe", "last_name": "Roy"} | values
    answer = awa.post(f"{ROOT}/{event.id}/inscriptions/groupe", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert everyone(event) == []


@pytest.mark.parametrize(
    ("before", "gesture", "after"),
    [
        (State.WAITING, "confirmer", State.CONFIRMED),
        (State.CONFIRMED, "desister", State.CANCELLED),
        (State.SUSPECT, "humain", State.CONFIRMED),
    ],
)
def test_the_team_decides_of_a_registration(awa, before, gesture, after):
    event = gatherings.event()
    one = gatherings.registration(event, before)
    awa.post(f"{ROOT}/{event.id}/inscriptions/{one.id}/etat", data={"geste": gesture})
    assert (one.state, one.owed) == (after, Owed.STATE)
    assert event.taken == (after is State.CONFIRMED)


def test_a_robot_s_registration_is_thrown_away_and_no_other(awa):
    event = gatherings.event()
    robot, one = gatherings.registration(event, State.SUSPECT), gatherings.registration(event)
    for each in (robot, one):
        awa.post(f"{ROOT}/{event.id}/inscriptions/{each.id}/etat", data={"geste": "robot"})
    assert everyone(event) == [one]


def test_somebody_who_registered_gets_a_card_once(awa):
    event = gatherings.event(title="Rencontre")
    one = gatherings.registration(event, last_name="Traoré", organisation_name="Eau et Vie")
    for _ in range(2):
        awa.post(f"{ROOT}/{event.id}/inscriptions/{one.id}/etat", data={"geste": "fiche"})
    person = db.session.scalars(sa.select(Person)).one()
    assert (person.last_name, [role.organisation.name for role in person.roles]) == (
        "Traoré", ["Eau et Vie"]
    )  # fmt: skip
    assert db.session.scalar(sa.select(Detail.value)) == one.email


def test_the_list_leaves_as_a_file(awa):
    asked = keep([Question("repas", "Déjeunez-vous ?", QuestionKind.LINE)])
    event = gatherings.event(title="Rencontre", questions=asked)
    gatherings.registration(event, last_name="=cmd()", answers={"repas": "Oui"})
    gatherings.registration(event, State.CANCELLED)
    page = awa.get(f"{ROOT}/{event.id}/inscriptions.csv")
    rows = list(csv.DictReader(io.StringIO(page.data.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Nom"], row["Déjeunez-vous ?"], row["Places"]) for row in rows] == [
        ("'=cmd()", "Oui", "1")
    ]
    book = load_workbook(io.BytesIO(awa.get(f"{ROOT}/{event.id}/inscriptions.xlsx").data))
    assert book.active.max_row == 2
    assert awa.get(f"{ROOT}/{event.id}/inscriptions.exe").status_code == 404


def test_the_list_of_events_is_narrowed(awa):
    gatherings.event(title="Eau", department="69")
    gatherings.event(Day(gatherings.in_days(-9)), title="Sols")
    gatherings.event(title="Air", published_at=None)

    def shown(query=""):
        text = Page(awa.get(f"{ROOT}/{query}").text).text
        return [one for one in ("Eau", "Sols", "Air") if f"{one}Rencontre" in text]

    assert shown() == ["Eau", "Air"]
    assert shown("?etat=passes") == ["Sols"]
    assert shown("?etat=brouillons") == ["Air"]
    assert shown("?etat=sans-effectif") == ["Sols"]
    assert shown("?etat=tous&q=sol") == ["Sols"]
    assert shown("?departement=69") == ["Eau"]
    assert shown("?etat=inconnu&annee=x&mission=9x") == ["Eau", "Air"]


def test_documents_are_added_and_taken_away(awa):
    event = gatherings.event()
    sent = {"fichier": (io.BytesIO(b"%PDF"), "../../diapos.pdf"), "pour": "everyone"}
    awa.post(f"{ROOT}/{event.id}/documents", data=sent, content_type="multipart/form-data")
    kept = event.documents[0]
    assert (kept.name, kept.size) == ("diapos.pdf", 4)
    awa.post(f"{ROOT}/{event.id}/documents", data={}, content_type="multipart/form-data")
    assert len(event.documents) == 1
    awa.post(f"{ROOT}/{event.id}/documents/{kept.id}/suppression")
    db.session.refresh(event)
    assert event.documents == []


def test_the_snippets_name_what_they_frame(awa):
    page = awa.get(f"{ROOT}/integrer").text
    assert "/agenda/widget?nombre=5&amp;amp;cadre=1" in page
    assert "CRM_EMBED_ORIGINS" in page


def test_somebody_already_registered_is_known_by_name(app):
    event = gatherings.event()
    gatherings.registration(event, email="ali@example.org")
    again = register.register(event, {"email": "ALI@example.org ", "last_name": "Autre"})
    assert again.is_again


def test_the_text_is_shown_as_it_will_be_read_and_nothing_is_kept(awa, signed_in):
    words = "**Venez**\n\n- un\n\n<script>alert(1)</script> [x](javascript:alert)"
    shown = awa.post(f"{ROOT}/nouveau", data=typed(text=words, apercu="1", title="")).text
    preview = shown.split("data-read>")[1].split("</div>")[0]
    assert "<strong>Venez</strong>" in preview
    assert "<li>un</li>" in preview
    assert "<script" not in preview
    assert "href=" not in preview
    assert "à corriger" not in shown
    assert 'value="Eau et Vie"' in shown
    assert db.session.query(Event).count() == 0
    fragment = awa.post(f"{ROOT}/apercu", data={"text": words})
    assert fragment.text.strip() == preview.strip()
    event = gatherings.event(title="Avant")
    awa.post(f"{ROOT}/{event.id}/modification", data=typed(title="Après", apercu="1"))
    assert only().title == "Avant"
    thanks = {"subject": "Merci", "text": "**Merci**", "apercu": "1"}
    page = awa.post(f"{ROOT}/{event.id}/remerciements/", data=thanks)
    assert (page.status_code, "<strong>Merci</strong>" in page.text) == (200, True)
    assert signed_in(factories.luc()).post(f"{ROOT}/apercu", data={}).status_code == 403
