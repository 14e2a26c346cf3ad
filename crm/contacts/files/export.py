"""Export: any list of contacts as a file, its columns chosen. Importing it back changes nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crm.contacts.files.bulk import among, batches
from crm.contacts.files.cards import Card, RoleCard, load, load_roles
from crm.contacts.files.columns import COLUMNS, ORGANISATION, PERSON, Column
from crm.contacts.files.thesaurus import Thesaurus
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.db import db
from crm.tables import Row, csv_lines, write_xlsx

Progress = Callable[[int, int], None]  # done, in all

# What a file may have of each kind of contact, in this order; all of it when nothing is chosen.
CHOICES: dict[ContactKind, list[Column]] = {
    ContactKind.ORGANISATION: [
        column for column in ORGANISATION if column.key != "organisation.category"
    ],
    ContactKind.PERSON: [
        *(column for column in PERSON if column.key != "person.full_name"),
        COLUMNS["organisation.id"],
        COLUMNS["organisation.name"],
    ],
}


class ExportError(ValueError):
    """Why a file cannot be made, in one French sentence."""


def columns_of(kind: ContactKind, keys: Sequence[str] = ()) -> list[Column]:
    """These columns, in the usual order; all of them when none is named. Raises ExportError."""
    known = CHOICES[kind]
    unknown = set(keys) - {column.key for column in known}
    if unknown:
        raise ExportError(f"Colonne inconnue\u00a0: {', '.join(sorted(unknown))[:200]}.")
    return [column for column in known if not keys or column.key in keys]


def rows(
    contacts: sa.Select[Any], columns: Sequence[Column], progress: Progress | None = None
) -> Iterator[Row]:
    """The row of each contact of this list, in its order, read some at a time.

    `contacts` selects organisations or people; a person comes with the role held today, if any.
    """
    kind = _kind(contacts)
    model: Any = Person if kind is ContactKind.PERSON else Organisation
    ids = list(db.session.scalars(contacts.with_only_columns(model.id, maintain_column_froms=True)))
    thesaurus = Thesaurus.load()
    done = 0
    for some in batches(ids):
        cards = load(kind, some, thesaurus)
        roles = _roles(cards, columns, thesaurus) if kind is ContactKind.PERSON else {}
        for one, card in cards.items():
            yield [_cell(card, roles.get(one), column) for column in columns]
        done += len(some)
        if progress is not None:
            progress(done, len(ids))


def as_csv(
    contacts: sa.Select[Any], columns: Sequence[Column], progress: Progress | None = None
) -> Iterator[bytes]:
    """The list as a CSV file, piece by piece."""
    headings = [column.label for column in columns]
    return csv_lines(headings, rows(contacts, columns, progress))


def as_xlsx(
    path: Path,
    contacts: sa.Select[Any],
    columns: Sequence[Column],
    progress: Progress | None = None,
) -> None:
    """The list as an XLSX file at this place."""
    write_xlsx(path, [column.label for column in columns], rows(contacts, columns, progress))


def everyone(kind: ContactKind) -> sa.Select[Any]:
    """Every contact of this kind but those merged into another, archived ones last."""
    if kind is ContactKind.PERSON:
        order: Iterable[Any] = (Person.last_name, Person.first_name, Person.id)
        people = sa.select(Person).where(Person.merged_into_id.is_(None))
        return people.order_by(Person.archived_at.is_not(None), *order)
    organisations = sa.select(Organisation).where(Organisation.merged_into_id.is_(None))
    return organisations.order_by(
        Organisation.archived_at.is_not(None), Organisation.name, Organisation.id
    )


def _kind(contacts: sa.Select[Any]) -> ContactKind:
    entity = contacts.column_descriptions[0]["entity"]
    return ContactKind.PERSON if entity is Person else ContactKind.ORGANISATION


def _roles(
    cards: dict[int, Card], columns: Sequence[Column], thesaurus: Thesaurus
) -> dict[int, RoleCard]:
    """The first function each of these people holds today."""
    if all(column.owner == "person" for column in columns):
        return {}
    places: set[int] = set()
    for some in batches(list(cards)):
        held = sa.select(Role.organisation_id).where(among(Role.person_id, some))
        places |= set(db.session.scalars(held.where(Role.ended_on.is_(None))))
    organisations = load(ContactKind.ORGANISATION, sorted(places), thesaurus)
    held_by = load_roles(Role.person_id, cards, cards, organisations)
    return {one: held[0] for one, held in held_by.items() if held[0].ended_on is None}


def _cell(card: Card, role: RoleCard | None, column: Column) -> str | int:
    if column.owner == "role":
        value = getattr(role, column.name) if role else None
    elif column.owner == card.kind.value:
        value = card.value(column)
    else:
        value = role.organisation.value(column) if role else None
    return value if isinstance(value, int) else column.cell(value)
