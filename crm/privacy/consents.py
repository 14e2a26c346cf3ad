"""Consents: what people agreed to, with the proof of it, over all the features (RGPD art. 7 §1)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.filters import clock, local
from crm.privacy.features import FEATURES
from crm.privacy.lapses import Lapse


@dataclass(frozen=True)
class Agreed:
    """One consent: who, to what, how, in which words, and whether it still stands."""

    key: str
    email: str
    given_at: datetime
    confirmed_at: datetime | None
    withdrawn_at: datetime | None
    purpose: str
    source: str
    wording: str

    @property
    def state(self) -> str:
        if self.withdrawn_at:
            return "retiré"
        return "confirmé" if self.confirmed_at else "en attente"


def count(words: str = "") -> int:
    every = _register(words)
    return db.session.scalar(sa.select(sa.func.count()).select_from(every.subquery())) or 0


def agreed(words: str = "", limit: int = 50, offset: int = 0) -> list[Agreed]:
    """The consents whose address has these words, the last one first."""
    rows = db.session.execute(_register(words).limit(limit).offset(offset))
    return [Agreed(f"{row[0]}-{row[1]}", *row[2:]) for row in rows]


HEADINGS = ("adresse", "pour", "donné le", "confirmé le", "retiré le", "comment", "texte montré")


def table(words: str = "") -> Iterator[list[str]]:
    """The whole register, row by row, as texts for a file."""
    for row in db.session.execute(_register(words).execution_options(yield_per=1000)):
        one = Agreed(f"{row[0]}-{row[1]}", *row[2:])
        moments = (one.given_at, one.confirmed_at, one.withdrawn_at)
        yield [one.email, one.purpose, *map(_written, moments), one.source, one.wording]


def _written(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d} {clock(moment)}" if moment else ""


def _register(words: str) -> sa.Select[Any]:
    every: Iterable[Any] = [one for feature in FEATURES for one in feature.consents()]
    names = ("kind", "row_id", "email", "given", "confirmed", "withdrawn", "purpose", "source",
             "wording")  # fmt: skip
    moments = {"given", "confirmed", "withdrawn"}
    named = [
        sa.select(*(
            (sa.type_coerce(column, Lapse.found_at.type) if name in moments else column).label(name)
            for name, column in zip(names, one.subquery().c, strict=True)
        ))
        for one in every
    ]  # fmt: skip
    union = sa.union_all(*named).subquery()
    query = sa.select(union).order_by(union.c.given.desc(), union.c.kind, union.c.row_id.desc())
    for word in words.split()[:5]:
        query = query.where(union.c.email.icontains(word, autoescape=True))
    return query
