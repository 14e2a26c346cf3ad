"""Lines: the requests and short answers that a number counted, as a list shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.db import db
from crm.periods import Period
from crm.requests.answers import Answer
from crm.requests.figures import ANSWER, REQUEST, C, within
from crm.requests.requests import SupportRequest


@dataclass(frozen=True)
class Line:
    """One row as a list shows it."""

    source: str
    id: int
    at: datetime
    title: str
    reference: str
    kind: str
    channel: str
    theme: str
    department: str
    public: str
    outcome: str
    officer: str


def lines(
    period: Period, where: Sequence[sa.ColumnElement[bool]], *, offset: int = 0, limit: int = 50
) -> list[Line]:
    """These rows of the period, the last one first."""
    found = db.session.execute(
        sa.select(C.source, C.id).where(*within(period), *where)
        .order_by(C.at.desc(), C.source, C.id.desc()).offset(offset).limit(limit)
    ).all()  # fmt: skip
    requests = _load(SupportRequest, [row.id for row in found if row.source == REQUEST])
    answers = _load(Answer, [row.id for row in found if row.source == ANSWER])
    return [
        _of_request(requests[row.id]) if row.source == REQUEST else _of_answer(answers[row.id])
        for row in found
    ]


def _load(model: Any, ids: list[int]) -> dict[int, Any]:
    rows = db.session.scalars(
        sa.select(model).where(model.id.in_(ids)).options(selectinload(model.theme))
    )
    return {row.id: row for row in rows}


def _of_request(one: SupportRequest) -> Line:
    return Line(
        REQUEST, one.id, one.created_at, one.title, one.reference, one.kind.label,
        one.channel.label, one.theme.label if one.theme else "", one.department,
        one.public.label if one.public else "", one.outcome.label if one.outcome else "",
        one.assignee.display_name if one.assignee else "",
    )  # fmt: skip


def _of_answer(one: Answer) -> Line:
    theme = one.theme.label if one.theme else ""
    return Line(
        ANSWER, one.id, one.at, one.note or theme or "Réponse brève", "", "Réponse brève",
        one.channel.label, theme, one.department, one.public.label if one.public else "", "",
        one.user.display_name,
    )  # fmt: skip


def every_line(period: Period, where: Sequence[sa.ColumnElement[bool]]) -> Iterator[Line]:
    """All of them, some at a time."""
    offset, step = 0, 1000
    while some := lines(period, where, offset=offset, limit=step):
        yield from some
        offset += step
