"""Files of contacts for the tests, and short ways to import them."""

import io

import openpyxl
import sqlalchemy as sa

from crm.config import ROOT
from crm.contacts.details import Detail
from crm.contacts.files import undo
from crm.contacts.files.apply import apply
from crm.contacts.files.imports import Import
from crm.contacts.files.mappings import mapping_for
from crm.contacts.files.put_back import Undone
from crm.contacts.files.rehearse import Progress, Rehearsal, rehearse
from crm.contacts.files.spreadsheets import read_table
from crm.contacts.organisations import (
    Organisation,
    OrganisationLink,
    OtherName,
    organisation_terms,
)
from crm.contacts.people import Person, Role, person_terms
from crm.contacts.terms import Term
from crm.db import db


def undo_now(record: Import, progress: Progress | None = None) -> Undone:
    """Put back what `record` did, here and now."""
    undo.ask(record)
    db.session.commit()
    return undo.carry_out(record.id, progress)


def structures() -> bytes:
    """The 185 structures of the study of 2012."""
    return (ROOT / "tests/data/structures-2012.csv").read_bytes()


def rehearsed(content: bytes, fields=None, decisions=None, **options) -> Rehearsal:
    table = read_table(content)
    return rehearse(table, fields or mapping_for(table.headings), decisions, **options)


def imported(content: bytes, fields=None, decisions=None, by=None, **options) -> Import:
    rehearsal = rehearsed(content, fields, decisions, **options)
    return apply(rehearsal, Import(name="fichier.csv"), by=by)


def xlsx(*rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def base() -> dict[str, list]:
    """All that the cards say, to compare before and after; the moments of change apart."""
    models = (Organisation, Person, OtherName, OrganisationLink, Detail, Role, Term)
    tables = [model.__table__ for model in models] + [organisation_terms, person_terms]
    return {
        table.name: [
            tuple(row)
            for row in db.session.execute(
                sa.select(*(c for c in table.columns if c.name != "updated_at")).order_by(
                    *table.primary_key
                )
            )
        ]
        for table in tables
    }
