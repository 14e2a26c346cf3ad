"""Commits in which nothing may be lost: tried again while the database is away, and, on SQLite,
written through to the disk only where a power cut could otherwise make us forget somebody.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

import sqlalchemy as sa

from crm.db import begin_writing, lightly
from crm.newsletter.delivery.ledger import Ledger

log = logging.getLogger(__name__)

Made = TypeVar("Made")

# Seconds between tries when the database is away: what was sent is kept in memory meanwhile, and
# nothing more is sent.
DATABASE_PATIENCE = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)


class Commits:
    """A connection to the database that one worker keeps, for many short transactions."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._connection: sa.Connection | None = None

    def run(self, change: Callable[[sa.Connection, bool], Made], *, on_disk: bool) -> Made:
        """Make one change, in one commit. It is told whether this is a new try.

        A commit that was cut off may have been made: a new try must not trust what was there.
        Raises what the database says, after the last try.

        `on_disk`: not only the death of this process but that of the machine leaves it made. On
        SQLite, what is written without it lasts too, from the next commit that has it.
        """
        begin_writing()
        for attempt, delay in enumerate((*DATABASE_PATIENCE, None)):
            try:
                with self._transaction(on_disk) as connection:
                    return change(connection, attempt > 0)
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
                if delay is None:
                    raise
                log.warning("la base ne répond pas (%s)", type(error.orig).__name__)
                time.sleep(delay)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self, on_disk: bool) -> Iterator[sa.Connection]:
        with self.ledger.line:
            try:
                if self._connection is None:
                    self._connection = self.ledger.engine.connect()
                with nullcontext() if on_disk else lightly(), self._connection.begin():
                    yield self._connection
            except sa.exc.DBAPIError:
                self._give_up()
                raise

    def _give_up(self) -> None:
        """Whatever state the connection is in, nobody uses it again."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
