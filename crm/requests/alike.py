"""Alike: past requests about the same thing, and who works there or on that already."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, selectinload

from crm.contacts.organisations import Organisation, organisation_terms
from crm.contacts.people import Person, Role, person_terms
from crm.db import db
from crm.requests import words
from crm.requests.requests import SupportRequest

MOST = 6
_LOOKED_AT = 300  # contacts that a term gives at most: the best of them are kept


@dataclass(frozen=True)
class Neighbour:
    """A contact that is there already, and why it is shown."""

    card: Organisation | Person
    why: str  # « Sénégal, eau et assainissement »


def similar(request: SupportRequest) -> list[SupportRequest]:
    """The requests most like this one: rare words in common, the same country, the same sector."""
    scores = words.sharing(words.subjects_of(request)[:40], request.id)
    best = sorted(scores, key=lambda one: (-scores[one], -one))[:100]
    if not best:
        return []
    found = db.session.scalars(
        sa.select(SupportRequest)
        .where(
            SupportRequest.id.in_(best),
            SupportRequest.suspected_at.is_(None),
            SupportRequest.erased_at.is_(None),
        )
        .options(defer(SupportRequest.need), joinedload(SupportRequest.assignee))
    )
    ranked = sorted(found, key=lambda one: -_likeness(request, one, scores[one.id]))
    return ranked[:MOST]


def _likeness(request: SupportRequest, other: SupportRequest, shared: float) -> float:
    same = sum(
        getattr(request, name) is not None and getattr(request, name) == getattr(other, name)
        for name in ("country_id", "sector_id", "theme_id")
    )
    kind = 0.2 if request.kind is other.kind else 0.0
    return shared * (1 + 0.5 * int(same) + kind)


def neighbours(request: SupportRequest) -> list[Neighbour]:
    """Organisations, then people, with the same country or sector; those with both come first."""
    terms = [term for term in (request.country, request.sector) if term is not None]
    labels = {term.id: term.label for term in terms}
    if not labels:
        return []
    return [*_organisations(request, labels), *_people(request, labels)]


def _organisations(request: SupportRequest, labels: dict[int, str]) -> list[Neighbour]:
    has = _having(organisation_terms.c.organisation_id, organisation_terms.c.term_id, labels)
    has.pop(request.organisation_id or 0, None)
    best = sorted(has, key=lambda one: (-len(has[one]), one))[: MOST * 4]
    found = db.session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(best), Organisation.archived_at.is_(None),
               Organisation.merged_into_id.is_(None))
        .options(selectinload(Organisation.roles).joinedload(Role.person))
    )  # fmt: skip
    near = sorted(
        found, key=lambda one: (-len(has[one.id]), one.department != request.department, one.name)
    )
    return [Neighbour(one, _why(has[one.id], labels)) for one in near[:MOST]]


def _people(request: SupportRequest, labels: dict[int, str]) -> list[Neighbour]:
    has = _having(person_terms.c.person_id, person_terms.c.term_id, labels)
    has.pop(request.person_id or 0, None)
    best = sorted(has, key=lambda one: (-len(has[one]), one))[: MOST * 4]
    found = db.session.scalars(
        sa.select(Person).where(
            Person.id.in_(best), Person.archived_at.is_(None), Person.merged_into_id.is_(None)
        )
    )
    near = sorted(found, key=lambda one: (-len(has[one.id]), one.last_name))
    return [Neighbour(one, _why(has[one.id], labels)) for one in near[:MOST]]


def _having(
    contact_id: sa.ColumnElement[int], term_id: sa.ColumnElement[int], labels: dict[int, str]
) -> dict[int, set[int]]:
    """Which of these terms contacts have; those with several are among them."""
    found: dict[int, set[int]] = {}
    for term in labels:
        rows = sa.select(contact_id).where(term_id == term).order_by(contact_id).limit(_LOOKED_AT)
        for one in db.session.scalars(rows):
            found.setdefault(one, set()).add(term)
    if len(labels) > 1:
        both = sa.select(contact_id).where(term_id.in_(labels)).group_by(contact_id)
        both = both.having(sa.func.count() > 1).order_by(contact_id).limit(_LOOKED_AT)
        for one in db.session.scalars(both):
            found[one] = set(labels)
    return found


def _why(terms: set[int], labels: dict[int, str]) -> str:
    return ", ".join(label for term, label in labels.items() if term in terms)
