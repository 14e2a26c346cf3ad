"""A request's card: each gesture, what it changes, and what it says to whom."""

import asking
import factories
import pytest
import sqlalchemy as sa
from asking import asked, mails

from crm.contacts.details import DetailKind
from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.contacts.terms import Vocabulary
from crm.db import db, now
from crm.requests.converse import hear
from crm.requests.kinds import Outcome, State
from crm.requests.messages import Direction, Message, ModelAnswer
from crm.requests.work import Look, minutes_of


@pytest.fixture
def benoit(app):
    return factories.benoit()


@pytest.fixture
def client(signed_in, benoit):
    return signed_in(benoit)


@pytest.fixture
def made(app):
    found = asked(organisation_name="Puits sans frontières")
    db.session.commit()
    return found


def post(client, made, path, **data):
    answer = client.post(f"/gestion/demandes/{made.id}/{path}", data=data)
    db.session.expire_all()
    return answer


def people() -> list[Person]:
    return list(db.session.scalars(sa.select(Person)))


def test_giving_a_request_makes_its_requester_a_card_once(client, made, benoit):
    again = asked()
    db.session.commit()
    nadia = factories.nadia()
    post(client, made, "attribution", assignee=benoit.id, second=nadia.id)
    post(client, again, "attribution", assignee=benoit.id)
    assert (made.state, made.assignee, made.second) == (State.ASSIGNED, benoit, nadia)
    [person] = people()
    assert (person.name, person.email, made.person, again.person) == (
        "Chloé Martin", "chloe@example.org", person, person,
    )  # fmt: skip
    texts = [entry.text for entry in db.session.scalars(Entry.of(person))]
    assert f"{made.reference}\u00a0: {made.title}" in texts


def test_a_reader_is_given_nothing(client, made):
    assert post(client, made, "attribution", assignee=factories.luc().id).status_code == 400
    assert post(client, made, "attribution").status_code == 400
    assert made.assignee is None


def test_answering_takes_the_request_and_sends_the_words(client, made, benoit):
    post(client, made, "messages", text="Voici.", geste="reponse", minutes="25", last="0")
    assert (made.state, made.assignee, made.answered_at is not None) == (
        State.ONGOING, benoit, True,
    )  # fmt: skip
    [mail] = mails("chloe@example.org")
    assert "Voici." in mail.message.decode()
    assert minutes_of(made) == 25


def test_an_answer_that_asks_waits(client, made):
    post(client, made, "messages", text="Quel budget ?", geste="reponse", expects_reply="y")
    assert made.state is State.WAITING


def test_a_note_stays_inside(client, made):
    post(client, made, "messages", text="À surveiller.", geste="note")
    [kept] = db.session.scalars(sa.select(Message))
    assert (kept.direction, made.state, mails()) == (Direction.NOTE, State.NEW, [])


def test_an_answer_written_while_a_message_came_is_shown_again(client, made):
    hear(made, "J’ai oublié de dire…")
    db.session.commit()
    answer = post(client, made, "messages", text="Voici.", geste="reponse", last="0")
    assert answer.status_code == 409
    assert "Voici." in answer.text
    assert "J’ai oublié de dire" in answer.text
    assert mails("chloe@example.org") == []
    last = db.session.scalar(sa.select(sa.func.max(Message.id)))
    assert post(client, made, "messages", text="Voici.", last=str(last)).status_code == 302


def test_an_empty_answer_is_refused(client, made):
    assert post(client, made, "messages", text="  ").status_code == 422


def test_closing_says_what_it_led_to_and_opens_again(client, made, benoit):
    person = factories.save(Person(last_name="Martin"))
    made.person = person
    db.session.commit()
    post(client, made, "cloture", outcome="accompanied", note="Dossier déposé", prevenir="1")
    post(client, made, "cloture", outcome="answered")
    assert (made.outcome, made.outcome_note, made.closed_by) == (
        Outcome.ACCOMPANIED, "Dossier déposé", benoit,
    )  # fmt: skip
    assert [mail.subject for mail in mails()] == [f"Votre demande {made.reference} est close"]
    assert db.session.scalars(Entry.of(person)).first().text.endswith("Projet accompagné")
    post(client, made, "reouverture")
    assert (made.state, made.outcome, made.closed_at) == (State.NEW, None, None)
    assert post(client, made, "cloture", outcome="n’existe pas").status_code == 400


def test_waiting_and_going_on(client, made):
    post(client, made, "etat", etat="en-attente")
    assert made.state is State.WAITING
    post(client, made, "etat", etat="en-cours")
    assert made.state is State.ONGOING


@pytest.mark.parametrize("minutes", ["0", "-5", "x", "1441", ""])
def test_time_is_a_number_of_minutes(client, made, minutes):
    assert post(client, made, "temps", minutes=minutes).status_code == 400
    assert minutes_of(made) == 0


def test_an_organisation_is_found_or_made_never_twice(client, made):
    known = factories.save(Organisation(name="Puits Sans Frontières", acronym="PSF"))
    index(known)
    post(client, made, "organisation", geste="creer")
    assert made.organisation == known
    post(client, made, "organisation", geste="delier")
    assert made.organisation is None
    post(client, made, "organisation", fiche=known.id)
    assert made.organisation == known
    assert post(client, made, "organisation", fiche="987654").status_code == 400
    assert db.session.scalar(sa.select(sa.func.count(Organisation.id))) == 1


def test_a_person_is_made_with_a_role_where_they_work(client, made):
    post(client, made, "organisation", geste="creer")
    post(client, made, "personne", geste="creer")
    post(client, made, "personne", geste="creer")
    [person] = people()
    assert [role.organisation for role in person.current_roles] == [made.organisation]
    assert person.current(DetailKind.EMAIL)[0].value == "chloe@example.org"


def test_nobody_without_a_name_gets_a_card(client, made):
    made.first_name = made.last_name = ""
    db.session.commit()
    assert post(client, made, "personne", geste="creer").status_code == 409
    assert people() == []


def test_completing_a_request_changes_what_finds_it(client, made):
    water = asking.term(Vocabulary.SECTOR, "eau")
    answer = post(
        client, made, "modification", kind="information", subject="Annuaire", need="Une liste.",
        last_name="Martin", email="chloe@example.org", sector=str(water.id), priority="2",
    )  # fmt: skip
    assert answer.status_code == 302
    assert (made.subject, made.sector, made.priority) == ("Annuaire", water, 2)
    assert made.reference in client.get("/gestion/demandes/?q=annuaire").text
    assert made.reference not in client.get("/gestion/demandes/?q=village").text


def test_who_looks_at_the_same_card_is_shown(client, made, benoit, signed_in):
    nadia = signed_in(factories.nadia())
    assert nadia.post(f"/gestion/demandes/{made.id}/presence").json == []
    assert client.post(f"/gestion/demandes/{made.id}/presence").json == ["Nadia Roche"]
    assert "Nadia Roche" in client.get(f"/gestion/demandes/{made.id}").text
    db.session.execute(sa.update(Look).values(at=now() - factories.timedelta(minutes=5)))
    assert client.post(f"/gestion/demandes/{made.id}/presence").json == []


def test_model_answers_are_written_used_and_put_away(client, made):
    client.post("/gestion/demandes/reponses-types/nouvelle",
                data={"title": "Accueil", "text": "Bonjour {prénom}, {référence}."})  # fmt: skip
    [model] = db.session.scalars(sa.select(ModelAnswer))
    address = f"/gestion/demandes/{made.id}"
    filled = f"Bonjour Chloé, {made.reference}."
    assert client.get(f"{address}/reponses-types/{model.id}").json == {"text": filled}
    assert filled in client.get(f"{address}?modele={model.id}").text
    again = {"title": "Accueil", "text": "Autre."}
    assert client.post("/gestion/demandes/reponses-types/nouvelle", data=again).status_code == 422
    client.post(f"/gestion/demandes/reponses-types/{model.id}/retrait")
    assert client.post("/gestion/demandes/reponses-types/nouvelle", data=again).status_code == 302
    titles = [one.title for one in db.session.scalars(ModelAnswer.listed())]
    assert titles == ["Accueil"]


def test_a_reader_sees_the_card_and_no_form(signed_in, made):
    page = signed_in(factories.luc()).get(f"/gestion/demandes/{made.id}").text
    assert made.need in page
    assert "Clore cette demande" not in page
    assert "data-answer" not in page


def test_the_snippet_names_our_address(client, setting):
    setting(base_url="https://crm.example.org", embed_origins=("https://reseau.example.org",))
    page = client.get("/gestion/demandes/integrer").text
    assert "https://crm.example.org/demandes/nouvelle?cadre=1" in page
    assert "https://reseau.example.org" in page
