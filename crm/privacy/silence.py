"""Silence: who gave no sign of life since a day, over all the features, in one question.

A card of the directory is one person, with the rows tied to it and those that have one of its
addresses; an address that is on no card is one person too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm.contacts.details import Detail, DetailKind
from crm.contacts.people import Person
from crm.db import db, now
from crm.privacy.features import FEATURES
from crm.privacy.lapses import Lapse

_BLANK = (sa.BindParameter, sa.Cast)  # a sign’s card or address, when no row of its kind has one


@dataclass(frozen=True)
class Silent:
    """Someone silent: their card, or their address when they have none."""

    person_id: int | None
    email: str
    last_at: datetime


def count_silent(since: datetime) -> int:
    """How many people gave no sign since this moment, and were not found yet."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(_silent(since))) or 0


def silent(since: datetime, limit: int, offset: int = 0) -> list[Silent]:
    """Those people, the longest silent first."""
    found = _silent(since)
    rows = sa.select(found).order_by(found.c.last_at, found.c.person_id, found.c.email)
    return [Silent(*row) for row in db.session.execute(rows.limit(limit).offset(offset))]


def last_sign(person_id: int | None, email: str) -> tuple[datetime | None, str]:
    """The last sign of someone, and what it was: « demande ».

    Asked of each kind of sign by itself, by its card or by its address: among a million people, a
    database looks at a few rows.
    """
    found = sa.union_all(*_theirs(person_id, email)).subquery()
    row = db.session.execute(
        sa.select(found.c.at, found.c.said).order_by(found.c.at.desc()).limit(1)
    ).first()
    return (row[0], row[1]) if row else (None, "")


def _theirs(person_id: int | None, email: str) -> Iterator[sa.Select[Any]]:
    # A card’s address counts for the card; of an address that is on none, all that came from it.
    emails = _emails_of(person_id) if person_id else [email]
    for one, names_cards, has_addresses in _each_sign():
        sign = one.subquery()
        said = sa.select(sign.c.at, sign.c.said).where(sign.c.at.is_not(None))
        if person_id and names_cards:
            yield said.where(sign.c.person_id == person_id)
            said = said.where(sign.c.person_id.is_(None))
        if emails and has_addresses:
            yield said.where(sign.c.email.in_(emails))


def _emails_of(person_id: int) -> list[str]:
    theirs = Detail.person_id == person_id, Detail.kind == DetailKind.EMAIL
    return list(db.session.scalars(sa.select(Detail.key).where(*theirs)))


def every_address() -> sa.Select[Any]:
    """Each address of people that the software knows, once, on a card or not."""
    signs = _signs()
    on_cards = sa.select(Detail.key).where(Detail.kind == DetailKind.EMAIL)
    both = sa.union(sa.select(signs.c.email.label("email")), on_cards).subquery()
    return sa.select(both.c.email).where(both.c.email != "")


def _signs() -> sa.Subquery:
    """Every contact that came from somebody: (person_id, email, at, said)."""
    return sa.union_all(*(one for one, _, _ in _each_sign())).subquery()


def _each_sign() -> Iterator[tuple[sa.Select[Any], bool, bool]]:
    """The same, kind by kind, and whether it may name cards, and addresses: where it never does,
    a database would read every row for nothing."""
    every: Sequence[Any] = [sign for feature in FEATURES for sign in feature.signs()]
    moment = Lapse.found_at.type
    for one in every:
        columns = list(one.subquery().c)
        sign = sa.select(
            columns[0].label("person_id"), columns[1].label("email"),
            sa.type_coerce(columns[2], moment).label("at"), columns[3].label("said"),
        )  # fmt: skip
        person, email = list(one.selected_columns)[:2]
        yield sign, not isinstance(person, _BLANK), not isinstance(email, _BLANK)


def _resolved() -> sa.Select[Any]:
    """The same, each with the card its address is on, when it names none itself."""
    signs, detail = _signs(), Detail
    on_card = sa.and_(
        signs.c.person_id.is_(None), detail.kind == DetailKind.EMAIL,
        detail.key == signs.c.email, detail.person_id.is_not(None),
    )  # fmt: skip
    person = sa.func.coalesce(signs.c.person_id, detail.person_id)
    return sa.select(
        person.label("person_id"), signs.c.email.label("email"), signs.c.at.label("at"),
        signs.c.said.label("said"),
    ).select_from(signs.outerjoin(detail, on_card))  # fmt: skip


def _silent(since: datetime) -> sa.Subquery:
    known = _resolved().subquery()
    last = sa.func.max(known.c.at, type_=Lapse.found_at.type)
    cards = (
        sa.select(known.c.person_id, sa.literal("").label("email"), last.label("last_at"))
        .join(Person, Person.id == known.c.person_id)
        .where(Person.merged_into_id.is_(None))
        .group_by(known.c.person_id)
        .having(last < since)
    )
    nobody = sa.cast(sa.null(), sa.Integer).label("person_id")
    alone = (
        sa.select(nobody, known.c.email, last.label("last_at"))
        .where(known.c.person_id.is_(None), known.c.email != "")
        .group_by(known.c.email)
        .having(last < since)
    )
    both = sa.union_all(cards, alone).subquery()
    return sa.select(both).where(~_is_found(both)).subquery()


def _is_found(both: sa.Subquery) -> sa.ColumnElement[bool]:
    """Whether they are waited for already, or kept for now."""
    mine = sa.or_(
        Lapse.person_id == both.c.person_id,
        sa.and_(both.c.person_id.is_(None), Lapse.email == both.c.email),
    )
    kept = sa.or_(Lapse.kept_until.is_(None), Lapse.kept_until > now())
    is_open = Lapse.answered_at.is_(None), Lapse.erased_at.is_(None)
    return sa.exists().where(mine, *is_open, kept)
