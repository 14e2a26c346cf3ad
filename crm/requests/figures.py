"""Figures: how many requests and short answers a period had, each number with its rows."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from crm.contacts.departments import DEPARTMENTS
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.filters import day
from crm.periods import Period, midnight
from crm.requests.answers import Answer
from crm.requests.kinds import Channel, Outcome, Public, RequestKind
from crm.requests.requests import SupportRequest
from crm.requests.slots import Appointment

REQUEST, ANSWER = "demande", "reponse"
NOTHING = "-"  # the value, in an address, of what was not said
_DAY = 24 * 3600
# The first answer came in less than so many days; then later, and not yet.
_DELAYS = ((1, "moins d’un jour"), (3, "1 à 3 jours"), (8, "3 à 8 jours"), (15, "8 à 15 jours"))
_LATER, _NONE = "15", "aucune"


class Seconds(sa.sql.functions.GenericFunction[float]):
    """Seconds from the second moment to the first."""

    name = "seconds_between"
    type = sa.Float()
    inherit_cache = True


@compiles(Seconds, "sqlite")
def _seconds_on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    until, since = (compiler.process(one, **kw) for one in element.clauses)
    return f"((julianday({until}) - julianday({since})) * 86400.0)"


@compiles(Seconds, "postgresql")
def _seconds_on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    until, since = (compiler.process(one, **kw) for one in element.clauses)
    return f"EXTRACT(EPOCH FROM ({until} - {since}))"


def _rows() -> sa.Subquery:
    """Requests that no robot wrote, and short answers, side by side."""
    it = SupportRequest
    nothing = sa.cast(sa.null(), sa.String)
    words = {name: sa.cast(getattr(it, name), sa.String) for name in
             ("kind", "channel", "public", "outcome")}  # fmt: skip
    requests = sa.select(
        sa.literal(REQUEST).label("source"), it.id.label("id"), it.created_at.label("at"),
        it.answered_at.label("answered_at"), words["kind"].label("kind"),
        words["channel"].label("channel"), words["public"].label("public"),
        words["outcome"].label("outcome"), it.theme_id.label("theme_id"),
        it.department.label("department"),
    ).where(it.suspected_at.is_(None))  # fmt: skip
    answers = sa.select(
        sa.literal(ANSWER), Answer.id, Answer.at, Answer.at, nothing,
        sa.cast(Answer.channel, sa.String), sa.cast(Answer.public, sa.String), nothing,
        Answer.theme_id, Answer.department,
    )  # fmt: skip
    return sa.union_all(requests, answers).subquery("lignes")


ROWS = _rows()
C = ROWS.c


@dataclass(frozen=True)
class Dimension:
    """One way of sharing the rows out. `labels` gives the words of each value, in their order."""

    key: str
    title: str
    column: Callable[[Period], Any]
    labels: Callable[[Period], Mapping[str, str]]
    of_requests: bool = False  # short answers have no such thing
    keeps_order: bool = False  # its values follow each other, most frequent or not


def _months(period: Period) -> Any:
    """The month of each row, in France whatever the database's zone."""
    bounds = [(C.at < midnight(month), str(place)) for place, month in
              enumerate(period.months()[1:])]  # fmt: skip
    last = str(len(bounds))
    return sa.case(*bounds, else_=last) if bounds else sa.literal(last)


def _delay(_period: Period) -> Any:
    seconds = sa.func.seconds_between(C.answered_at, C.at)
    steps = [(seconds < days * _DAY, f"{days}j") for days, _ in _DELAYS]
    return sa.case((C.answered_at.is_(None), _NONE), *steps, else_=_LATER)


def _enum(kind: Any) -> Callable[[Period], dict[str, str]]:
    return lambda _period: {one.value: one.label for one in kind}


def _themes(_period: Period) -> dict[str, str]:
    every = sa.select(Term).where(Term.vocabulary == Vocabulary.THEME).order_by(Term.position)
    return {str(term.id): term.label for term in db.session.scalars(every)}


DIMENSIONS = (
    Dimension("mois", "Par mois", _months,
              lambda period: {str(place): day(month, "MMMM y") for place, month in
                              enumerate(period.months())}, keeps_order=True),
    Dimension("genre", "Par genre de demande", lambda _: C.kind, _enum(RequestKind), True),
    Dimension("moyen", "Par moyen de contact", lambda _: C.channel, _enum(Channel)),
    Dimension("theme", "Par thème", lambda _: sa.cast(C.theme_id, sa.String), _themes),
    Dimension("departement", "Par département", lambda _: C.department,
              lambda _: {code: f"{code} – {name}" for code, name in DEPARTMENTS.items()}),
    Dimension("public", "Par public", lambda _: C.public, _enum(Public)),
    Dimension("delai", "Délai de la première réponse", _delay,
              lambda _: {**{f"{days}j": words for days, words in _DELAYS},
                         _LATER: "plus de 15 jours", _NONE: "pas encore"}, True, True),
    Dimension("suite", "Ce que les demandes ont donné", lambda _: C.outcome, _enum(Outcome), True),
)  # fmt: skip
BY_KEY = {one.key: one for one in DIMENSIONS}


@dataclass(frozen=True)
class Figure:
    """A number of the yearly report: a rule one can read, rows one can open."""

    key: str
    title: str
    noun: tuple[str, str]
    rule: str
    where: Callable[[], Sequence[sa.ColumnElement[bool]]]


def _informed() -> list[sa.ColumnElement[bool]]:
    asked = sa.and_(C.kind == RequestKind.INFORMATION.value, C.answered_at.is_not(None))
    return [sa.or_(C.source == ANSWER, asked)]


def _accompanied(*kinds: RequestKind) -> Callable[[], list[sa.ColumnElement[bool]]]:
    def where() -> list[sa.ColumnElement[bool]]:
        held = sa.select(Appointment.request_id).where(
            Appointment.cancelled_at.is_(None), Appointment.ends_at < now()
        )
        elsewhere = [Outcome.OUT_OF_SCOPE.value, Outcome.DUPLICATE.value]
        return [
            C.source == REQUEST,
            C.kind.in_([kind.value for kind in kinds]),
            sa.or_(C.answered_at.is_not(None), C.id.in_(held)),
            sa.or_(C.outcome.is_(None), C.outcome.not_in(elsewhere)),
        ]

    return where


_DEALT = (
    "dont quelqu’un de l’équipe s’est occupé\u00a0: une réponse envoyée, ou un rendez-vous tenu. "
    "Celles qui étaient hors de nos missions, ou déjà traitées ailleurs, ne comptent pas."
)
FIGURES = (
    Figure(
        "informations", "Demandes d’information traitées",
        ("demande d’information traitée", "demandes d’information traitées"),
        "Chaque réponse brève notée, plus chaque demande du genre «\u00a0Information\u00a0» reçue "
        "dans la période et à laquelle une personne de l’équipe a répondu. Une réponse donnée à "
        "plusieurs personnes à la fois compte pour une.",
        _informed,
    ),
    Figure(
        "accompagnements", "Accompagnements personnalisés",
        ("accompagnement personnalisé", "accompagnements personnalisés"),
        "Les demandes reçues dans la période, des genres «\u00a0Projet international\u00a0», "
        f"«\u00a0Financement\u00a0» et «\u00a0Recherche de partenaire\u00a0», {_DEALT}",
        _accompanied(RequestKind.PROJECT, RequestKind.FUNDING, RequestKind.PARTNER),
    ),
    Figure(
        "ecsi", "Accompagnements ECSI et jeunesse",
        ("accompagnement ECSI ou jeunesse", "accompagnements ECSI et jeunesse"),
        "Les demandes reçues dans la période, du genre «\u00a0Projet ECSI ou jeunesse\u00a0», "
        f"{_DEALT}",
        _accompanied(RequestKind.YOUTH),
    ),
)  # fmt: skip
FIGURE_BY_KEY = {one.key: one for one in FIGURES}


@dataclass(frozen=True)
class Count:
    """One value of a dimension: its words, and how many rows have it."""

    value: str
    label: str
    number: int


def within(period: Period) -> list[sa.ColumnElement[bool]]:
    since, until = period.bounds()
    return [C.at >= since, C.at < until]


def total(period: Period, *where: sa.ColumnElement[bool]) -> int:
    found = sa.select(sa.func.count()).select_from(ROWS).where(*within(period), *where)
    return db.session.scalar(found) or 0


def tables(period: Period) -> list[tuple[Dimension, list[Count]]]:
    """Every dimension with its values; the rows are read once, whatever the dimensions."""
    columns = [C.source, *(one.column(period).label(f"par_{one.key}") for one in DIMENSIONS)]
    rows = db.session.execute(sa.select(*columns).where(*within(period))).all()
    asked = [row for row in rows if row[0] == REQUEST]
    return [
        (one, _counts(one, period, Counter(row[place] for row in (asked if one.of_requests else
                                                                  rows))))
        for place, one in enumerate(DIMENSIONS, 1)
    ]  # fmt: skip


def _counts(dimension: Dimension, period: Period, found: Mapping[Any, int]) -> list[Count]:
    """The values in their order; what was not said comes last. Months without any are there too."""
    numbers: Counter[str] = Counter()
    for value, number in found.items():
        numbers[value or NOTHING] += number
    labels = dimension.labels(period)
    kept = [Count(value, label, numbers.pop(value, 0)) for value, label in labels.items()
            if value in numbers or dimension.key == "mois"]  # fmt: skip
    if not dimension.keeps_order:
        kept.sort(key=lambda one: -one.number)
    kept += [Count(value, value, number) for value, number in numbers.items() if value != NOTHING]
    unsaid = "pas encore close" if dimension.key == "suite" else "non précisé"
    return [*kept, *([Count(NOTHING, unsaid, numbers[NOTHING])] if NOTHING in numbers else [])]


def having(dimension: Dimension, value: str, period: Period) -> list[sa.ColumnElement[bool]]:
    """The rows that a number of `tables` counted."""
    column = dimension.column(period)
    where = [C.source == REQUEST] if dimension.of_requests else []
    said = sa.or_(column.is_(None), column == "") if value == NOTHING else column == value
    return [*where, said]


def median_delay(period: Period) -> float | None:
    """Days between a request and its first answer, for half of those answered; None for none."""
    answered = [*within(period), C.source == REQUEST, C.answered_at.is_not(None)]
    number = total(period, *answered[2:])
    if not number:
        return None
    seconds = sa.func.seconds_between(C.answered_at, C.at).label("seconds")
    inner = sa.select(seconds).where(*answered).order_by(seconds).offset(number // 2).limit(1)
    found = db.session.scalar(inner)
    return None if found is None else max(float(found), 0) / _DAY
