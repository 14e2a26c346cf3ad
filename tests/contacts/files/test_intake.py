"""Intake: a file from its arrival to its end, whatever happens to the worker."""

import pytest
import sqlalchemy as sa
from contact_files import structures
from factories import benoit

from crm import jobs
from crm.contacts.files import intake
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.mappings import MappingError
from crm.contacts.files.rehearse import Outcome
from crm.contacts.files.spreadsheets import TableError
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
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


def test_an_import_whose_worker_died_is_found_again(app):
    record = received()
    intake.ask(record)
    db.session.commit()
    assert f"{intake.__name__}.resume" in jobs.run_due()
    assert count() == 185
    assert db.session.scalar(sa.select(Import.stage)) is Stage.APPLIED


def test_a_page_sees_how_far_it_has_come(app):
    record = received()
    intake.ask(record)
    seen = []
    intake.carry_out(record, lambda done, total: seen.append(done))
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
