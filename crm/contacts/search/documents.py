"""Documents: what the search knows of each organisation and each person, read from their cards."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.details import Detail, DetailKind
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Person, Role
from crm.contacts.search.facets import FACETS, Rows
from crm.contacts.search.words import (
    LONGEST,
    STOP,
    canonical,
    email_words,
    initials,
    known_words,
    phone_words,
    run_together,
    site_words,
    words_of,
)
from crm.contacts.terms import Term
from crm.db import db

# Says which contacts to read: takes the column of their id, returns a condition.
Within = Callable[[Any], sa.ColumnElement[bool]]


@dataclass(frozen=True)
class Document:
    """One contact as the search sees it: what it shows, what it compares, what it counts."""

    key: int
    title: str
    detail: str
    names: str  # folded names, the main one first, separated by « | »
    words: str  # folded words of everything else
    mails: str
    sort_name: str
    sort_commune: str
    updated: int  # seconds since 1970
    facets: str  # « type:association departement:38 … »
    archived: bool
    titles: frozenset[str]  # the whole names, whatever the order of their words
    spellings: frozenset[str]  # the words that a mistake is corrected into


def key_of(kind: ContactKind, contact_id: int) -> int:
    """One number for both kinds: even for organisations, odd for people."""
    return contact_id * 2 + (kind is ContactKind.PERSON)


def contact_of(key: int) -> tuple[ContactKind, int]:
    return (ContactKind.PERSON if key % 2 else ContactKind.ORGANISATION), key // 2


def documents(kind: ContactKind, within: Within) -> list[Document]:
    """The documents of the contacts of this kind that are `within`."""
    return _organisations(within) if kind is ContactKind.ORGANISATION else _people(within)


def _organisations(within: Within) -> list[Document]:
    its = Organisation
    rows = db.session.execute(
        sa.select(
            its.id, its.name, its.acronym, its.siren, its.siret, its.rna, its.postcode,
            its.commune, its.department, its.website, its.competences, its.archived_at,
            its.updated_at, Term.label.label("type"),
        ).outerjoin(its.actor_type).where(within(its.id), its.merged_into_id.is_(None))
    ).all()  # fmt: skip
    others = _grouped(sa.select(OtherName.organisation_id, OtherName.name), within)
    details = _grouped(_details(Detail.organisation_id), within)
    facets = _facets(ContactKind.ORGANISATION, within)
    return [_organisation(row, others[row.id], details[row.id], facets[row.id]) for row in rows]


def _organisation(row: Any, others: list[Any], details: list[Any], facets: list[Any]) -> Document:
    names = [row.name, row.acronym, *(other.name for other in others)]
    place = _place(row.commune, row.department)
    numbers = [row.siren, row.siret, row.rna, row.postcode, row.department]
    return _document(
        ContactKind.ORGANISATION,
        row,
        title=f"{row.name} ({row.acronym})" if row.acronym else row.name,
        detail=_line([row.type, place], " · "),
        names=[name for name in names if name],
        said=[row.commune, DEPARTMENTS.get(row.department, "")],
        coded=[row.type or "", row.competences[:500], *(number or "" for number in numbers)],
        details=details,
        sort_name=row.name,
        sort_commune=row.commune,
        facets=facets,
        extra=[*(word for name in names for word in initials(name)), *_site(row.website)],
    )


def _people(within: Within) -> list[Document]:
    his = Person
    rows = db.session.execute(
        sa.select(
            his.id, his.first_name, his.last_name, his.commune, his.department,
            his.archived_at, his.updated_at,
        ).where(within(his.id), his.merged_into_id.is_(None))
    ).all()  # fmt: skip
    roles = _grouped(
        sa.select(
            Role.person_id, Role.title, Organisation.name, Organisation.acronym,
            Organisation.commune, Organisation.department,
        )
        .join(Role.organisation)
        .where(Role.ended_on.is_(None))
        .order_by(Role.person_id, Role.id),
        within,
    )  # fmt: skip
    details = _grouped(_details(Detail.person_id), within)
    facets = _facets(ContactKind.PERSON, within)
    return [_person(row, roles[row.id], details[row.id], facets[row.id]) for row in rows]


def _person(row: Any, roles: list[Any], details: list[Any], facets: list[Any]) -> Document:
    name = f"{row.first_name} {row.last_name}".strip()
    commune = row.commune or next((role.commune for role in roles if role.commune), "")
    work = _line([roles[0].title, roles[0].name], ", ") if roles else ""
    places = {row.commune, DEPARTMENTS.get(row.department, "")}
    places |= {text for role in roles for text in (role.commune, role.name, role.acronym)}
    places |= {DEPARTMENTS.get(role.department, "") for role in roles}
    return _document(
        ContactKind.PERSON,
        row,
        title=name,
        detail=work or _place(row.commune, row.department),
        names=[name],
        said=sorted(places),
        coded=[row.department, *(role.title for role in roles)],
        details=details,
        sort_name=f"{row.last_name} {row.first_name}",
        sort_commune=commune,
        facets=facets,
    )


def _document(
    kind: ContactKind,
    row: Any,
    *,
    title: str,
    detail: str,
    names: list[str],
    said: list[str],
    coded: list[str],
    details: list[Any],
    sort_name: str,
    sort_commune: str,
    facets: list[Any],
    extra: Iterable[str] = (),
) -> Document:
    mails = [item.key for item in details if item.kind is DetailKind.EMAIL]
    phones = [item.key for item in details if item.kind is DetailKind.PHONE]
    folded = [fold(name) for name in names]
    together = [word for name in names for word in run_together(name)]
    around = {word for text in said for word in known_words(text)}
    hosts = {word for mail in mails for word in email_words(mail.partition("@")[2])}
    spoken = around.union(together, hosts, *(words_of(name) for name in folded))
    words = around.union(*(words_of(text) for text in coded if text)) - STOP
    words |= {*extra, *(word for mail in mails for word in email_words(mail))}
    words |= {word for phone in phones for word in phone_words(phone)}
    values = {f"fiche:{kind.value}", *(f"{facet}:{value}" for facet, value in facets if value)}
    whole = {canonical(name)[:200] for name in names}
    return Document(
        key=key_of(kind, row.id),
        title=title,
        detail=detail,
        names="|".join(dict.fromkeys(_cut(text) for text in (*folded, *together) if text)),
        words=" ".join(sorted(words)),
        mails=" ".join(mails),
        sort_name=fold(sort_name)[:200],
        sort_commune=fold(sort_commune)[:100],
        updated=_seconds(row.updated_at),
        facets=" ".join(sorted(values)),
        archived=row.archived_at is not None,
        titles=frozenset({text for text in whole if text} | set(together)),
        spellings=frozenset(word for word in spoken if len(word) > 2 and word.isalpha()),
    )


def _cut(text: str) -> str:
    return " ".join(word[:LONGEST] for word in text.split())


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _place(commune: str, department: str) -> str:
    """« Grenoble (38) »."""
    return f"{commune} ({department})" if commune and department else commune or department


def _line(parts: list[str | None], link: str) -> str:
    return link.join(part for part in parts if part)


def _site(address: str) -> list[str]:
    try:
        return site_words(urlsplit(address).hostname or "")
    except ValueError:  # « http://[ »: whatever was typed in the card
        return []


def _details(owner: Any) -> Rows:
    return sa.select(owner, Detail.kind, Detail.key).order_by(owner, Detail.id)


def _grouped(statement: Rows, within: Within) -> defaultdict[int, list[Any]]:
    """The rows of `statement`, by the contact that its first column says."""
    owner = statement.selected_columns[0]
    rows: defaultdict[int, list[Any]] = defaultdict(list)
    for row in db.session.execute(statement.where(within(owner))):
        rows[row[0]].append(row)
    return rows


def _facets(kind: ContactKind, within: Within) -> defaultdict[int, list[tuple[str, str]]]:
    values: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for contact_id, value, code in db.session.execute(sa.union_all(*_pairs(kind, within))):
        values[contact_id].append((code, value))
    return values


def _pairs(kind: ContactKind, within: Within) -> Iterator[Rows]:
    """What every facet says of the contacts, in one statement."""
    for facet in FACETS.values():
        for statement in facet.pairs(kind):
            owner = statement.selected_columns[0]
            yield statement.add_columns(sa.literal(facet.code)).where(within(owner))
