"""Meanwhile: whether what a rehearsal read still stands, once the time to write has come.

A rehearsal lasts while others write; most of what they write is about nobody in the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa

from crm.contacts.files.bulk import among
from crm.contacts.files.cards import Card, load
from crm.contacts.files.directory import (
    NUMBERS,
    Directory,
    Named,
    facts_of,
    named,
    person_key,
)
from crm.contacts.files.drafts import Draft
from crm.contacts.files.thesaurus import Thesaurus
from crm.contacts.kinds import ContactKind
from crm.contacts.people import Role
from crm.contacts.search import tables
from crm.contacts.search.documents import contact_of
from crm.contacts.terms import Term
from crm.db import db


@dataclass(frozen=True)
class Moment:
    """What the directory was when a rehearsal began: each card that changes is written down in
    `search_changes`, until a generation of bitmaps takes it in."""

    generation: int | None
    changes: frozenset[int]
    terms: tuple[Any, ...]

    @classmethod
    def present(cls) -> Self:
        """This very moment: to be read before the rest."""
        known = db.session.scalars(sa.select(tables.changes.c.id))
        return cls(_generation(), frozenset(known), _terms())


def still_stands(then: Moment, drafts: Sequence[Draft], directory: Directory) -> bool:
    """Whether these rows would be understood today as they were then. Rather no than yes."""
    if _generation() != then.generation or _terms() != then.terms:
        return False
    its = tables.changes.c
    rows = db.session.execute(sa.select(its.id, its.document_id))
    changed = {contact_of(key) for one, key in rows if one not in then.changes}
    if any(one in directory.by_id for one in changed):
        return False
    ids = {kind: [one for of, one in changed if of is kind] for kind in ContactKind}
    if any((ContactKind.ORGANISATION, one) in directory.by_id for one in _employers(ids)):
        return False
    return not changed or not _concern(_cards(ids), drafts)


def _generation() -> int | None:
    number: int | None = db.session.scalar(sa.select(sa.func.max(tables.bitmaps.c.generation)))
    return number


def _terms() -> tuple[Any, ...]:
    its = Term
    columns = its.id, its.vocabulary, its.label, its.code, its.merged_into_id, its.closed_at
    return tuple(map(tuple, db.session.execute(sa.select(*columns).order_by(its.id))))


def _cards(ids: dict[ContactKind, list[int]]) -> list[Card]:
    thesaurus = Thesaurus.load()
    return [card for kind in ContactKind for card in load(kind, ids[kind], thesaurus).values()]


def _employers(ids: dict[ContactKind, list[int]]) -> Sequence[int]:
    """Where these people work: their colleagues may be in the file."""
    theirs = among(Role.person_id, ids[ContactKind.PERSON])
    return db.session.scalars(sa.select(Role.organisation_id).where(theirs)).all()


def _concern(cards: Sequence[Card], drafts: Sequence[Draft]) -> bool:
    """Whether some row may be about one of these cards."""
    said = {fact for draft in drafts for fact in _facts(draft)}
    if any(not said.isdisjoint(facts_of(card)) for card in cards):
        return True
    return bool(named(drafts, Directory(), _names(cards)))


def _facts(draft: Draft) -> Iterator[tuple[str, str]]:
    """What a row would find cards by, names of organisations apart."""
    for number in NUMBERS:
        yield number, draft.organisation.get(number, "")
    for kind, facts in (("organisation", draft.organisation), ("person", draft.person)):
        for email in facts.get("emails", ()):
            yield f"{kind} email", email
    if "last_name" in draft.person:
        yield "person", person_key(draft.person.get("first_name", ""), draft.person["last_name"])


def _names(cards: Sequence[Card]) -> Iterator[Named]:
    for card in cards:
        if card.kind is ContactKind.ORGANISATION and card.id is not None:
            for name in (card.name, card.values.get("acronym", ""), *card.names):
                if name:
                    yield card.id, name, "noms proches"
