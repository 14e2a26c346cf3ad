"""Many rows, some thousands in each statement."""

import itertools
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from crm.db import db

_STEP = 20_000


def insert(table: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Write these rows, which may be drawn one by one; `table` is a model or a table."""
    drawn = iter(rows)
    while some := list(itertools.islice(drawn, _STEP)):
        db.session.execute(sa.insert(table), some)
