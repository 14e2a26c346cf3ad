"""What rows are owed: prepared while others write, and given a few at a time.

Somebody registered, or asked for something: that is kept first, and quickly. The mail they are
owed, their cards and journals come after, from a worker that never keeps the database for long.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from crm.db import db, reading
from crm.jobs import gently
from crm.mail import wake

log = logging.getLogger(__name__)

T = TypeVar("T")

AT_ONCE = 200
_IN_A_COMMIT = 10  # others write meanwhile: the lock is never kept for long


@dataclass(frozen=True)
class Due(Generic[T]):
    """How rows are given what they are owed.

    `waiting` selects the ids of the rows, the first to be served at the head. `prepared` finds and
    draws what a row of `model` is owed, if anything still, and writes nothing. `hand_in` writes
    down what was prepared for some, unless another worker has, or the row no longer stands so.
    `sorry` is logged, with the id, when a row cannot be served: it will be tried again.
    """

    model: type[Any]
    waiting: Callable[[], sa.Select[int]]
    prepared: Callable[[Any], T | None]
    hand_in: Callable[[Sequence[T]], None]
    sorry: str


def give(due: Due[Any]) -> bool:
    """Give what is owed to the first `AT_ONCE` rows, and say whether more may be waiting.

    Commits as it goes: what was given is not given again.
    """
    db.session.commit()
    with reading():
        ids = list(db.session.scalars(due.waiting().limit(AT_ONCE)))
        db.session.rollback()
    groups = gently(range(0, len(ids), _IN_A_COMMIT))
    done = sum(_served(due, ids[first : first + _IN_A_COMMIT]) for first in groups)
    if done:
        wake()
    return done == AT_ONCE


def _served(due: Due[T], ids: Sequence[int]) -> int:
    """Serve these rows, and say how many; when something goes wrong, one after the other."""
    try:
        due.hand_in(_prepared(due, ids))
        db.session.commit()
    except Exception:
        db.session.rollback()
        if len(ids) > 1:
            return sum(_served(due, [one]) for one in ids)
        log.exception(due.sorry, ids[0])
        return 0
    return len(ids)


def _prepared(due: Due[T], ids: Sequence[int]) -> list[T]:
    """What is owed to these rows, in no session yet: nothing is written here."""
    rows = sa.select(due.model).where(due.model.id.in_(ids)).order_by(due.model.id)
    with reading(), db.session.no_autoflush:
        found = [due.prepared(one) for one in db.session.scalars(rows)]
        db.session.rollback()
    return [one for one in found if one is not None]
