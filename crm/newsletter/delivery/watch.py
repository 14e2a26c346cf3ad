"""Watching over a run: how far it is, and whether it is still wanted."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from crm.db import begin_writing
from crm.newsletter.delivery.ledger import Ledger
from crm.newsletter.delivery.progress import beat
from crm.newsletter.delivery.worker import Worker

log = logging.getLogger(__name__)

Progress = Callable[[int], None]

LOOK = 0.5  # seconds between two looks at what was decided meanwhile
PULSE = 5.0  # seconds between two notes of how far it is


def watch(
    workers: Sequence[Worker], ledger: Ledger, stop: threading.Event, progress: Progress | None
) -> None:
    """Wait for the workers, and stop them when the issue is paused, or when quiet hours begin."""
    told = noted = 0
    looked = pulsed = time.monotonic()
    alive = True
    while alive:
        for worker in workers:
            worker.join(0.1 / len(workers))
        alive = any(worker.is_alive() for worker in workers)
        settled = sum(worker.settled for worker in workers)
        if progress and settled > told:
            progress(settled - told)
            told = settled
        if alive and time.monotonic() > looked + LOOK:
            looked = time.monotonic()
            _look(workers, ledger, stop)
        if settled > noted and (not alive or time.monotonic() > pulsed + PULSE):
            pulsed = time.monotonic()
            noted += _note(ledger, settled - noted)


def _look(workers: Sequence[Worker], ledger: Ledger, stop: threading.Event) -> None:
    try:
        ledger.gate.refresh()
        if not ledger.is_wanted() or ledger.gate.closed_until():
            stop.set()
        ledger.tell(next((worker.notice for worker in workers if worker.notice), ""))
    except sa.exc.DBAPIError as error:  # the workers have their own patience with the database
        log.warning("la base ne répond pas (%s)", type(error.orig).__name__)


def _note(ledger: Ledger, count: int) -> int:
    """Add so many recipients to the present minute. Returns how many were."""
    begin_writing()
    try:
        with ledger.line, ledger.engine.begin() as connection:
            beat(connection, ledger.issue_id, ledger.clock(), count)
    except sa.exc.DBAPIError as error:
        log.warning("la base ne répond pas (%s)", type(error.orig).__name__)
        return 0
    return count
