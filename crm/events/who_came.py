"""Who came: people and structures known by name, each counted once, whatever the events."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.contacts.organisations import Organisation
from crm.contacts.terms import Term
from crm.db import db
from crm.events.afterwards import EventRules
from crm.events.events import Event
from crm.events.figures import within
from crm.events.registrations import ATTENDED, Registration
from crm.periods import Period

# In the words of the index (see crm.events.registrations).
ATTENDED_HERE = sa.text(f"registrations.{ATTENDED.text}")
_UNKNOWN = "type non précisé"


@dataclass(frozen=True)
class People:
    """Those who came and are known by name, each counted once."""

    people: int = 0
    nameless: int = 0  # places of groups, and rows without an address: they may be anybody
    structures: int = 0
    by_type: dict[str, int] = field(default_factory=dict)  # type of actor → structures
    inside: int = 0
    outside: int = 0
    untyped: int = 0

    @property
    def share_outside(self) -> float | None:
        """From 0 to 1, among the structures whose type is known; None when there are none."""
        known = self.inside + self.outside
        return self.outside / known if known else None


def people(period: Period) -> People:
    """Who came, by name, in the period: each person and each structure once."""
    it = Registration
    came: list[Any] = [ATTENDED_HERE, *within(period)]
    joined = sa.join(it, Event, Event.id == it.event_id)
    unknown = sa.case((it.person_id.is_(None) & (it.email != ""), it.email))
    nobody = sa.case((it.person_id.is_(None) & (it.email == ""), it.seats), else_=it.seats - 1)
    row = db.session.execute(
        sa.select(
            sa.func.count(sa.distinct(it.person_id)), sa.func.count(sa.distinct(unknown)),
            sa.func.coalesce(sa.func.sum(nobody), 0),
        ).select_from(joined).where(*came)
    ).one()  # fmt: skip
    names = sa.select(it.organisation_name).distinct().select_from(joined)
    typed = {
        fold(name) for name in db.session.scalars(
            names.where(*came, it.organisation_id.is_(None), it.organisation_name != "")
        )
    }  # fmt: skip
    by_type = _structures(joined, came)
    inside = set(EventRules.current().inside)
    kept = {code: number for (code, _), number in by_type.items() if code}
    return People(
        people=row[0] + row[1],
        nameless=row[2],
        structures=sum(by_type.values()) + len(typed),
        by_type={label or _UNKNOWN: number for (_, label), number in by_type.items()},
        inside=sum(number for code, number in kept.items() if code in inside),
        outside=sum(number for code, number in kept.items() if code not in inside),
        untyped=sum(number for (code, _), number in by_type.items() if not code) + len(typed),
    )


def _structures(joined: Any, came: Sequence[Any]) -> Counter[tuple[str, str]]:
    """How many structures of each type of actor came, by its code and its words."""
    it = Registration
    some = sa.select(it.organisation_id).distinct().select_from(joined)
    once = some.where(*came, it.organisation_id.is_not(None)).subquery()
    rows = db.session.execute(
        sa.select(Term.code, Term.label, sa.func.count())
        .select_from(once)
        .join(Organisation, Organisation.id == once.c.organisation_id)
        .outerjoin(Term, Term.id == Organisation.actor_type_id)
        .group_by(Term.code, Term.label)
        .order_by(sa.func.count().desc(), Term.label)
    ).all()
    return Counter({(code or "", label or ""): number for code, label, number in rows})


def rows(period: Period, what: str = "") -> sa.Select[Registration]:
    """The registrations that `people` counted: all, or those of structures outside the sector."""
    it = Registration
    query = (
        sa.select(it)
        .join(Event, Event.id == it.event_id)
        .outerjoin(Organisation, Organisation.id == it.organisation_id)
        .outerjoin(Term, Term.id == Organisation.actor_type_id)
        .where(ATTENDED_HERE, *within(period))
    )
    if what == "hors-secteur":
        query = query.where(Term.code.is_not(None), Term.code.not_in(EventRules.current().inside))
    if what in ("structures", "hors-secteur"):
        named = sa.or_(it.organisation_id.is_not(None), it.organisation_name != "")
        name = sa.func.coalesce(Organisation.name, it.organisation_name)
        return query.where(named).order_by(sa.func.lower(name), it.last_name, it.id)
    return query.order_by(it.last_name, it.first_name, it.email, it.id)
