"""A network to search: the 185 structures of a study of 2012, and fictional contacts."""

import csv
from pathlib import Path

import sqlalchemy as sa

from crm.contacts.details import Detail, DetailKind
from crm.contacts.names import full_name, split_name
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Person, Role
from crm.contacts.terms import Term, Vocabulary
from crm.db import db

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def install() -> None:
    """Put the network into the database; nothing is indexed."""
    db.session.add_all(_structure(row) for row in rows("structures-2012.csv"))
    types = {term.code: term for term in db.session.scalars(Term.of(Vocabulary.ACTOR_TYPE))}
    organisations = {
        row["name"]: _organisation(row, types[row["type"]])
        for row in rows("search_organisations.csv")
    }
    db.session.add_all(organisations.values())
    db.session.add_all(_person(row, organisations) for row in rows("search_people.csv"))
    db.session.flush()


def named(name: str) -> Organisation:
    return db.session.scalars(sa.select(Organisation).where(Organisation.name == name)).first()


def _structure(row: dict[str, str]) -> Organisation:
    name, acronym = split_name(row["Nom"])
    return Organisation(name=full_name(row["Type"], name), acronym=acronym)


def _organisation(row: dict[str, str], actor_type: Term) -> Organisation:
    return Organisation(
        name=row["name"],
        acronym=row["acronym"],
        actor_type=actor_type,
        commune=row["commune"],
        department=row["department"],
        siren=row["siren"] or None,
        other_names=[OtherName(name=row["former_names"], is_former=True)]
        if row["former_names"]
        else [],
        details=_details(row),
    )


def _person(row: dict[str, str], organisations: dict[str, Organisation]) -> Person:
    person = Person(
        first_name=row["first_name"],
        last_name=row["last_name"],
        commune=row["commune"],
        department=row["department"],
        details=_details(row),
    )
    if row["organisation"]:
        person.roles = [Role(title=row["title"], organisation=organisations[row["organisation"]])]
    for mail in filter(None, [row["old_emails"]]):
        person.details.append(Detail.make(DetailKind.EMAIL, mail))
        person.close_detail(person.details[-1])
    return person


def _details(row: dict[str, str]) -> list[Detail]:
    mails = [Detail.make(DetailKind.EMAIL, row["emails"])] if row["emails"] else []
    phones = [Detail.make(DetailKind.PHONE, row["phones"])] if row["phones"] else []
    return [*mails, *phones]
