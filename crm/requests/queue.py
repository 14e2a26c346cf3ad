"""The queue: which requests, in which order, and how many there are of each."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from crm.contacts.departments import DEPARTMENTS
from crm.db import db, now
from crm.requests import words
from crm.requests.kinds import RequestKind, State
from crm.requests.requests import SupportRequest
from crm.requests.rules import Rules
from crm.text import normal_email, one_line
from crm.users import User

_REFERENCE = re.compile(r"D-\d{4}-\d{4,}", re.IGNORECASE)
MINE, NOBODY = "moi", "personne"


class View(StrEnum):
    """What part of the requests one looks at, as the address writes it."""

    OPEN = ""
    NEW = "nouvelles"
    ASSIGNED = "attribuees"
    ONGOING = "en-cours"
    WAITING = "en-attente"
    UNREAD = "a-lire"
    STUCK = "sans-nouvelles"
    CLOSED = "closes"

    @property
    def label(self) -> str:
        return _VIEWS[self]


_VIEWS = {
    View.OPEN: "À traiter",
    View.NEW: "Nouvelles",
    View.ASSIGNED: "Attribuées",
    View.ONGOING: "En cours",
    View.WAITING: "En attente du demandeur",
    View.UNREAD: "Réponses à lire",
    View.STUCK: "Sans nouvelles",
    View.CLOSED: "Closes",
}
_STATES = {State.NEW: View.NEW, State.ASSIGNED: View.ASSIGNED, State.ONGOING: View.ONGOING,
           State.WAITING: View.WAITING, State.CLOSED: View.CLOSED}  # fmt: skip
_BY_VIEW = {view: state for state, view in _STATES.items()}


class Sort(StrEnum):
    FIRST = ""
    NEWEST = "recentes"
    DUE = "echeance"
    SILENT = "silence"

    @property
    def label(self) -> str:
        return {"": "À traiter d’abord", "recentes": "Plus récentes", "echeance": "Échéance",
                "silence": "Plus longtemps sans nouvelles"}[self]  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """One way of looking at the queue, that an address can hold."""

    view: View = View.OPEN
    who: str = ""  # « moi », « personne », or an officer's number
    kind: RequestKind | None = None
    department: str = ""
    words: str = ""
    sort: Sort = Sort.FIRST

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Self:
        """The filters of an address; what means nothing there is left out."""
        who, department = args.get("qui", ""), args.get("departement", "")
        view, kind, sort = args.get("etat", ""), args.get("genre", ""), args.get("tri", "")
        return cls(
            view=View(view) if view in set(View) else View.OPEN,
            who=who if who in (MINE, NOBODY) or (who.isascii() and who.isdecimal()) else "",
            kind=RequestKind(kind) if kind in set(RequestKind) else None,
            department=department if department in DEPARTMENTS else "",
            words=one_line(args.get("q"))[:200],
            sort=Sort(sort) if sort in set(Sort) else Sort.FIRST,
        )

    def args(self, **changes: object) -> dict[str, str]:
        """The address of the same view, with these changes; blanks are left out."""
        new = replace(self, **changes)  # type: ignore[arg-type]
        told = {"etat": new.view.value, "qui": new.who, "genre": new.kind.value if new.kind else "",
                "departement": new.department, "q": new.words, "tri": new.sort.value}  # fmt: skip
        return {name: value for name, value in told.items() if value}

    def query(self, user: User) -> sa.Select[SupportRequest]:
        """The requests to show, in order, with all that a row of the list says."""
        query = sa.select(SupportRequest).where(*self._where(user)).order_by(*self._order())
        long = (SupportRequest.need, SupportRequest.consent_text, SupportRequest.outcome_note)
        return query.options(
            *(defer(column) for column in long),
            joinedload(SupportRequest.assignee),
            joinedload(SupportRequest.country),
        )

    def _where(self, user: User) -> list[sa.ColumnElement[bool]]:
        it = SupportRequest
        where = [it.suspected_at.is_(None), *_in_view(self.view)]
        if self.who == NOBODY:
            where.append(it.assignee_id.is_(None))
        elif self.who:
            where.append(self._is_of(user.id if self.who == MINE else int(self.who)))
        if self.kind is not None:
            where.append(it.kind == self.kind)
        if self.department:
            where.append(it.department == self.department)
        return [*where, *_saying(self.words)]

    def _is_of(self, officer: int) -> sa.ColumnElement[bool]:
        it = SupportRequest
        if self.view is View.CLOSED:
            return sa.or_(it.assignee_id == officer, it.second_id == officer)
        # Written so that it is asked of the few that are open, not of all they ever had.
        return sa.literal(officer).in_([it.assignee_id, it.second_id])

    def _order(self) -> list[Any]:
        it = SupportRequest
        orders: dict[Sort, list[Any]] = {
            Sort.NEWEST: [it.id.desc()],
            Sort.DUE: [it.due_on.is_(None), it.due_on, it.id],
            Sort.SILENT: [it.news_at, it.id],
            Sort.FIRST: [it.priority, it.created_at, it.id],
        }
        if self.view is View.CLOSED and self.sort is Sort.FIRST:
            return [it.closed_at.desc(), it.id.desc()]
        return orders[self.sort]


def _saying(text: str) -> list[sa.ColumnElement[bool]]:
    """A reference or an address means itself; anything else, words that a request has."""
    it = SupportRequest
    if _REFERENCE.fullmatch(text):
        return [it.reference == text.upper()]
    if "@" in text and (address := normal_email(text)):
        return [it.email == address]
    return words.saying(text)


def _in_view(view: View) -> list[sa.ColumnElement[bool]]:
    it = SupportRequest
    if view is View.CLOSED:
        return [it.closed_at.is_not(None)]
    narrower = {View.UNREAD: it.unread_at.is_not(None), View.STUCK: _is_stuck()}
    if view in _BY_VIEW:
        narrower[view] = it.state == _BY_VIEW[view]
    return [it.closed_at.is_(None), *([narrower[view]] if view in narrower else [])]


def _is_stuck() -> sa.ColumnElement[bool]:
    """Without news for longer than the network wishes."""
    it = SupportRequest
    return sa.and_(it.state != State.NEW, it.news_at < now() - Rules.current().patience)


def count(view: View) -> int:
    """How many requests a view has, without other filters."""
    where = (SupportRequest.suspected_at.is_(None), *_in_view(view))
    return db.session.scalar(sa.select(sa.func.count()).where(*where)) or 0


@dataclass(frozen=True)
class Overview:
    """How many requests each view has, and each officer; None for what nobody has yet."""

    counts: dict[View, int]
    loads: dict[int | None, int]  # those they are in charge of
    whose: dict[int | None, int]  # those, and where they are the second: what their list shows
    unread: dict[int | None, int]  # of their list, those with an answer to read
    new_since: datetime | None  # when the oldest of the new ones came


def overview() -> Overview:
    """Everything the queue counts, read in one go over what is open."""
    it = SupportRequest
    rows = db.session.execute(
        sa.select(it.state, it.assignee_id, it.second_id, sa.func.count(),
                  _number(it.unread_at.is_not(None)), _number(_is_stuck()),
                  sa.func.min(it.created_at, type_=it.created_at.type))
        .where(it.suspected_at.is_(None), it.closed_at.is_(None))
        .group_by(it.state, it.assignee_id, it.second_id)
    )  # fmt: skip
    counts = dict.fromkeys(View, 0) | {View.CLOSED: count(View.CLOSED)}
    loads: Counter[int | None] = Counter()
    whose: Counter[int | None] = Counter()
    unread: Counter[int | None] = Counter()
    new: list[datetime] = []
    for state, first, second, number, answered, stuck, oldest in rows:
        for view, more in ((View.OPEN, number), (_STATES[state], number), (View.UNREAD, answered),
                           (View.STUCK, stuck)):  # fmt: skip
            counts[view] += int(more)
        loads[first] += number
        for officer in {first, second or first}:
            whose[officer] += number
            unread[officer] += int(answered)
        new += [oldest] if state is State.NEW else []
    return Overview(counts, loads, whose, unread, min(new, default=None))


def _number(said: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((said, 1), else_=0))


def loads() -> dict[int | None, int]:
    """How many open requests each officer has; None for those that nobody has yet."""
    return overview().loads


def count_suspects() -> int:
    box = sa.select(sa.func.count(SupportRequest.id))
    return db.session.scalar(box.where(SupportRequest.suspected_at.is_not(None))) or 0


def officers() -> list[User]:
    """Those who may be given a request, by name."""
    return [user for user in db.session.scalars(User.everyone()) if user.is_active and user.answers]
