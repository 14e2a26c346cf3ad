"""The requester's page: opened by its link alone, and everything one may decide there."""

import asking
import factories
import pytest
import sqlalchemy as sa
from asking import mails
from pages import Page, squeezed

from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.db import db
from crm.requests import links
from crm.requests.converse import answer, note
from crm.requests.kinds import Outcome, State
from crm.requests.messages import Message, RequestFile
from crm.requests.requests import SupportRequest
from crm.requests.words import request_words


@pytest.fixture
def request_made(app):
    made = asking.asked()
    db.session.commit()
    return made


@pytest.fixture
def address(request_made):
    return f"/demandes/{links.page_token(request_made)}"


def test_the_page_says_where_things_stand(visitor, request_made, address):
    assert squeezed("Reçue, bientôt confiée à quelqu’un") in Page(visitor.get(address).text).text
    request_made.assign(factories.benoit())
    assert squeezed("Confiée à Benoît Faure") in Page(visitor.get(address).text).text
    request_made.wait()
    assert squeezed("Nous attendons votre réponse") in Page(visitor.get(address).text).text
    request_made.close(Outcome.ANSWERED)
    page = Page(visitor.get(address).text).text
    assert squeezed("Un message de votre part suffit à la rouvrir.") in page


def test_a_message_wakes_the_officer_and_opens_a_closed_request_again(
    visitor, request_made, address
):
    request_made.assign(factories.benoit())
    request_made.close(Outcome.ANSWERED)
    visitor.post(address, data={"text": "Encore une question.", "files": asking.upload(
        "plan.pdf", asking.PDF)}, content_type="multipart/form-data")  # fmt: skip
    db.session.expire_all()
    assert (request_made.state, request_made.outcome) == (State.ONGOING, None)
    assert request_made.unread_at is not None
    [said] = db.session.scalars(sa.select(Message))
    assert (said.text, [file.name for file in said.files]) == ("Encore une question.", ["plan.pdf"])
    [mail] = mails("benoit@example.org")
    assert mail.subject == f"{request_made.reference}\u00a0: Chloé Martin vous répond"


def test_notes_are_never_shown_nor_their_files(visitor, request_made, address):
    from crm.requests.files import check

    benoit = factories.benoit()
    answer(request_made, "Voici la réponse.", by=benoit)
    hidden = note(request_made, "Attention, dossier fragile.", by=benoit,
                  files=[check("interne.pdf", asking.PDF)])  # fmt: skip
    page = visitor.get(address).text
    assert "Voici la réponse." in page
    assert "fragile" not in page
    assert visitor.get(f"{address}/fichiers/{hidden.files[0].id}").status_code == 404
    data = visitor.get(f"{address}/mes-donnees?format=json").text
    assert "fragile" not in data
    assert "interne.pdf" not in data


def test_one_link_does_not_open_the_files_of_another(visitor, request_made, address):
    other = asking.asked()
    file = factories.save(RequestFile(request=other, name="a.pdf", media_type="application/pdf",
                                      size=1, content=b"x"))  # fmt: skip
    assert visitor.get(f"{address}/fichiers/{file.id}").status_code == 404


def test_my_request_is_settled(visitor, request_made, address):
    visitor.post(f"{address}/reglee")
    visitor.post(f"{address}/reglee")
    db.session.expire_all()
    assert (request_made.state, request_made.outcome) == (State.CLOSED, Outcome.ANSWERED)


def test_an_accompaniment_that_was_answered_is_one_when_settled(visitor, request_made, address):
    answer(request_made, "On se voit mardi.", by=factories.benoit())
    visitor.post(f"{address}/reglee")
    db.session.expire_all()
    assert request_made.outcome is Outcome.ACCOMPANIED


def test_withdrawing_is_asked_first(visitor, request_made, address):
    assert visitor.get(f"{address}/retrait").status_code == 200
    db.session.expire_all()
    assert not request_made.is_closed
    visitor.post(f"{address}/retrait")
    db.session.expire_all()
    assert request_made.outcome is Outcome.WITHDRAWN


def test_my_data_leave_with_me(visitor, request_made, address):
    answer(request_made, "Bonjour.", by=factories.benoit())
    kept = visitor.get(f"{address}/mes-donnees?format=json")
    assert kept.headers["Content-Disposition"] == (
        f'attachment; filename="{request_made.reference}.json"'
    )
    assert (kept.json["Courriel"], kept.json["Demande"]) == ("chloe@example.org", request_made.need)
    assert [message["texte"] for message in kept.json["Messages"]] == ["Bonjour."]
    assert request_made.need in visitor.get(f"{address}/mes-donnees").text


def test_erasing_leaves_nothing_personal_anywhere(visitor, request_made, address, signed_in):
    person = factories.save(Person(last_name="Martin", first_name="Chloé"))
    request_made.person = person
    from crm.requests.welcome import journal

    journal(request_made, person, f"{request_made.reference} : {request_made.title}")
    answer(request_made, "Chère Chloé, voici.", by=factories.benoit())
    visitor.post(address, data={"text": "Merci, Chloé M."})
    visitor.get(f"{address}/effacement")
    db.session.expire_all()
    assert not request_made.is_erased
    visitor.post(f"{address}/effacement")
    db.session.expire_all()
    assert request_made.is_erased
    left = " ".join(
        str(dict(row._mapping))
        for table in db.metadata.sorted_tables
        if table.name not in ("people", "users")
        for row in db.session.execute(sa.select(table))
    )
    for word in ("chloe@example.org", "Chloé", "village numéro"):
        assert word not in left
    assert request_made.kind.value == "project"
    assert visitor.get(address).status_code == 404
    count = sa.select(sa.func.count()).select_from(request_words)
    assert db.session.scalar(count) == 0


def test_what_was_erased_says_so_to_the_team(request_made, signed_in):
    from crm.requests.erase import erase

    erase(request_made)
    client = signed_in(factories.benoit())
    page = client.get(f"/gestion/demandes/{request_made.id}").text
    assert "à la demande de la personne" in page
    assert client.post(f"/gestion/demandes/{request_made.id}/reouverture").status_code == 409


@pytest.mark.parametrize("spoil", [
    lambda token: token[:-1], lambda token: token[: len(token) // 2], lambda token: "x" + token,
    lambda token: token.swapcase(), lambda token: token + "=",
])  # fmt: skip
def test_a_link_cut_short_or_altered_says_what_to_do(visitor, request_made, spoil):
    answer_ = visitor.get(f"/demandes/{spoil(links.page_token(request_made))}")
    assert answer_.status_code == 404
    assert (
        squeezed("Copiez-le en entier depuis le dernier courriel reçu") in Page(answer_.text).text
    )


@pytest.mark.parametrize("path", ["", "/reglee", "/retrait", "/effacement"])
def test_an_altered_link_changes_nothing(visitor, request_made, path):
    token = links.page_token(request_made)
    assert visitor.post(f"/demandes/{token[:-2]}AA{path}", data={"text": "x"}).status_code == 404
    db.session.expire_all()
    assert (request_made.state, db.session.scalars(sa.select(Message)).all()) == (State.NEW, [])


def test_a_renewed_link_closes_the_old_one(visitor, request_made, address, signed_in):
    client = signed_in(factories.benoit())
    client.post(f"/gestion/demandes/{request_made.id}/lien")
    assert visitor.get(address).status_code == 404
    [mail] = mails("chloe@example.org")
    assert visitor.get(asking.link_in(mail)).status_code == 200


def test_a_lost_link_is_sent_to_its_address_and_nothing_is_told(visitor, request_made):
    known = visitor.post("/demandes/lien", data={"email": "Chloe@example.org"})
    unknown = visitor.post("/demandes/lien", data={"email": "personne@example.org"})
    same = Page(known.text).text.replace("chloe", "personne")
    assert same == Page(unknown.text).text
    assert [mail.recipient for mail in mails()] == ["chloe@example.org"]
    assert visitor.get(asking.link_in(mails()[0])).status_code == 200


def test_the_request_of_a_known_person_is_tied_to_their_card(app):
    from crm.contacts.details import DetailKind

    person = factories.save(Person(last_name="Martin", first_name="Chloé"))
    person.use_details(DetailKind.EMAIL, ["chloe@example.org"])
    association = factories.save(Organisation(name="Puits sans frontières"))
    person.hold(association)
    db.session.flush()
    made = asking.asked()
    assert (made.person, made.organisation) == (person, association)
    from crm.contacts.journal import Entry

    texts = [entry.text for entry in db.session.scalars(Entry.of(person))]
    assert texts[0].startswith(made.reference)
    assert db.session.scalar(sa.select(sa.func.count(SupportRequest.id))) == 1
