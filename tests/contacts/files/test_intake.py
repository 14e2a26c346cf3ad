"""Intake: a file from its arrival to its end, whatever happens to the worker."""

import contextvars
from functools import partial

import pytest
import sqlalchemy as sa
from contact_files import structures
from factories import benoit

from crm import jobs
from crm.contacts.files import intake, learn
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.mappings import MappingError
from crm.contacts.files.rehearse import Outcome
from crm.contacts.files.spreadsheets import TableError
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.contacts.search.index import index
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.users import User


def count() -> int:
    return db.session.scalar(sa.select(sa.func.count(Organisation.id)))


def received(content: bytes | None = None) -> Import:
    by = User.find("benoit@example.org") or benoit()
    record = intake.receive("liste.csv", content or structures(), by=by)
    db.session.commit()
    return record


def test_a_file_waits_until_it_is_asked_for(app):
    record = received()
    intake.run(record.id)
    assert (record.stage, count()) == (Stage.DRAFT, 0)
    intake.ask(record)
    db.session.commit()
    intake.run(record.id)
    assert (record.stage, count(), record.content) == (Stage.APPLIED, 185, b"")
    assert record.totals == {
        "created": 185, "changed": 0, "unchanged": 0, "doubtful": 0, "refused": 0,
    }  # fmt: skip
    assert (intake.progress_of(record), record.user.name) == (100, "Benoît Faure")


def test_an_import_runs_once(app):
    record = received()
    intake.ask(record)
    db.session.commit()
    intake.run(record.id)
    intake.run(record.id)
    assert count() == 185


def test_an_import_whose_worker_died_is_found_again(app, monkeypatch):
    record = received()
    intake.ask(record)
    db.session.commit()
    name = f"{intake.__name__}.resume"
    monkeypatch.setattr(jobs, "_periods", {name: jobs._periods[name]})  # the others take long
    assert jobs.run_due() == [name]
    assert count() == 185
    assert db.session.scalar(sa.select(Import.stage)) is Stage.APPLIED


def test_a_page_sees_how_far_it_has_come(app):
    record = received()
    intake.ask(record)
    db.session.commit()
    seen = []
    intake.carry_out(record.id, lambda done, total: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 100
    jobs.tell(f"import-{record.id}", 42)
    record.stage = Stage.ASKED
    assert intake.progress_of(record) == 42


def test_columns_are_corrected_for_this_file_and_the_next(app):
    content = b"Qui;Quoi\nGret;Eau\n"
    record = received(content)
    with pytest.raises(MappingError):
        intake.rehearsal_of(record)
    intake.understand(record, {"Qui": "organisation.name", "Quoi": "organisation.sectors"})
    assert intake.rehearsal_of(record).totals[Outcome.CREATED] == 1
    assert received(content).fields == record.fields


def test_a_doubt_is_settled_and_reopened(app):
    db.session.add(Organisation(name="Électriciens sans frontières"))
    record = received(b"Nom\nElectriciens sans frontiere\n")
    assert intake.rehearsal_of(record).totals[Outcome.DOUBTFUL] == 1
    intake.decide(record, 2, ContactKind.ORGANISATION, "new")
    assert intake.rehearsal_of(record).totals[Outcome.CREATED] == 1
    intake.decide(record, 2, ContactKind.ORGANISATION, "")
    assert intake.rehearsal_of(record).totals[Outcome.DOUBTFUL] == 1


def test_what_is_no_table_is_not_kept(app):
    with pytest.raises(TableError):
        intake.receive("image.png", b"\x89PNG")
    assert db.session.scalar(sa.select(sa.func.count(Import.id))) == 0


def test_what_goes_wrong_is_said_and_changes_nothing(app):
    record = received()
    intake.ask(record)
    record.fields = {"Nom": "organisation.description"}
    db.session.commit()
    intake.run(record.id)
    assert (record.stage, count()) == (Stage.FAILED, 0)
    assert record.messages[0]["words"] == [
        "Aucune colonne ne donne le nom d’une structure ou d’une personne\u00a0: dites laquelle."
    ]


def test_an_unforeseen_error_stops_it_for_good(app, caplog):
    record = received()
    intake.ask(record)
    record.fields = {"Nom": 12}
    db.session.commit()
    intake.run(record.id)
    assert (record.stage, count()) == (Stage.FAILED, 0)
    assert "Rien n’a été changé." in record.messages[0]["words"][0]


@pytest.fixture
def meanwhile(app, monkeypatch):
    """Let this be done by somebody else the first time a file is rehearsed; how often it is."""
    work, told = intake.rehearsal_of, []

    def do(gesture):
        def rehearsal_of(*args):
            found = work(*args)
            told.append(found)
            if len(told) == 1:
                contextvars.Context().run(elsewhere, gesture)
            return found

        monkeypatch.setattr(intake, "rehearsal_of", rehearsal_of)
        return told

    def elsewhere(gesture):
        with app.app_context():
            gesture()
            db.session.commit()

    return do


def written(**values) -> None:
    """A card comes, by hand."""
    db.session.add(made := Organisation(**values))
    index(made)


def colleague() -> None:
    place = db.session.scalars(sa.select(Organisation)).one()
    db.session.add(person := Person(last_name="Ba", roles=[Role(organisation=place)]))
    index(person)


@pytest.mark.parametrize(
    "gesture",
    [
        partial(written, name="Cordée"),
        partial(written, name="Corde"),
        partial(written, name="Tout autre", acronym="CORDÉE"),
        partial(written, name="Tout autre", siren="552100554"),
        lambda: db.session.add(Term(vocabulary=Vocabulary.TAG, label="Ami", code="ami")),
        lambda: index(db.session.scalars(sa.select(Organisation)).one()),
        colleague,
    ],
    ids=["name", "like", "acronym", "number", "term", "itself", "colleague"],
)
def test_what_others_write_about_the_file_is_read_again(meanwhile, gesture):
    db.session.add(Organisation(name="Gret"))
    record = received("Nom;Siren\nCordée;552100554\nGret;\n".encode())
    intake.ask(record)
    db.session.commit()
    told = meanwhile(gesture)
    intake.run(record.id)
    assert (len(told), record.stage) == (2, Stage.APPLIED)


def test_what_others_write_about_nobody_in_the_file_is_no_reason(meanwhile):
    record = received("Nom\nCordée\n".encode())
    intake.ask(record)
    db.session.commit()
    told = meanwhile(partial(written, name="Électriciens sans frontières"))
    intake.run(record.id)
    assert (len(told), record.stage, count()) == (1, Stage.APPLIED, 2)


def test_a_worker_that_dies_before_the_search_knows_is_followed_by_another(app, monkeypatch):
    record = received()
    intake.ask(record)
    db.session.commit()
    with monkeypatch.context() as patch:
        patch.setattr(intake, "learn", lambda *args: None)
        intake.run(record.id)
    assert (record.stage, record.is_running, count()) == (Stage.WRITTEN, True, 185)
    intake.resume()
    assert (record.stage, count()) == (Stage.APPLIED, 185)
    assert suggest("electriciens sans", 1)


def test_a_search_that_cannot_learn_is_said(app, monkeypatch, caplog):
    record = received("Nom\nCordée\n".encode())
    intake.ask(record)
    db.session.commit()
    monkeypatch.setattr(learn, "index_many", lambda *args: 1 / 0)
    intake.run(record.id)
    assert (record.stage, count()) == (Stage.APPLIED, 1)
    assert "crm contacts reindex" in record.messages[0]["words"][0]
