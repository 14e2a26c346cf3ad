"""Delivering: what is due is handed over by a few workers, each with a connection of its own.

This module commits as it goes, the one exception to the rule of the house: what has left must be
known to have left, whatever happens next (see crm.newsletter.delivery.claims).
"""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.holds import is_held
from crm.identity import Identity
from crm.jobs import every
from crm.newsletter.content import Content
from crm.newsletter.counting.lead import counted, measured
from crm.newsletter.delivery.ledger import Clock, Ledger
from crm.newsletter.delivery.message import Message, Sender
from crm.newsletter.delivery.schedule import start
from crm.newsletter.delivery.watch import Progress, watch
from crm.newsletter.delivery.worker import Worker
from crm.newsletter.issues import Issue
from crm.newsletter.render import render
from crm.newsletter.returns.refusals import count_refusals

log = logging.getLogger(__name__)

IN_FLIGHT = 16  # recipients that the death of this process leaves in doubt, at the most


_alone = threading.Lock()


@every(minutes=1)
def send_due() -> None:
    """Send what is due. Enqueue it after a commit to have it done at once."""
    deliver_due(Settings.current())


def deliver_due(
    settings: Settings, *, clock: Clock | None = None, progress: Progress | None = None
) -> str:
    """Hand over everything that may leave now, and say in French what stood in the way.

    `progress` is told, from time to time, how many more recipients are settled. Another call in the
    same process returns at once: 16 recipients in flight are the most a process may have.
    """
    if not _alone.acquire(blocking=False):
        return "un envoi est déjà en cours"
    try:
        if is_held():
            return "une sauvegarde a été restaurée, et les envois attendent votre feu vert"
        clock = clock or database_clock()
        troubles = [_deliver(issue_id, settings, clock, progress) for issue_id in _due(clock)]
        count_refusals(clock())
        return " ; ".join(filter(None, troubles))
    finally:
        _alone.release()


def database_clock() -> Clock:
    """The database's own time: machines whose clocks disagree must agree on what is overdue."""
    skew = timedelta()
    if db.engine.dialect.name == "postgresql":
        told = db.session.scalar(sa.select(sa.func.clock_timestamp()))
        skew = told - now() if told else skew
    return lambda: now() + skew


def _due(clock: Clock) -> Iterator[int]:
    """The issues to see to, each once, those whose hour comes meanwhile included."""
    seen: set[int] = set()
    while True:
        issues = db.session.scalars(Issue.due(clock()).with_only_columns(Issue.id))
        left = [issue_id for issue_id in issues if issue_id not in seen]
        db.session.commit()
        if not left:
            return
        seen.add(left[0])
        yield left[0]


def _deliver(issue_id: int, settings: Settings, clock: Clock, progress: Progress | None) -> str:
    issue = db.session.get_one(Issue, issue_id)
    ledger = Ledger(db.engine, issue_id, clock)
    ledger.gate.refresh()
    if issue.cancelled_at is None and ledger.gate.closed_until():
        db.session.commit()
        return ""
    start(issue, clock())
    db.session.commit()
    ledger.take_back()
    trouble = ""
    if ledger.is_wanted() and ledger.due():
        try:
            trouble = _run(ledger, message_of(issue, settings), settings, progress)
        except Exception:  # one issue that cannot be made must not keep the others from leaving
            db.session.rollback()
            log.exception("le numéro %s ne part pas", issue_id)
            trouble = "une erreur l’arrête\u00a0: elle est décrite dans le journal du serveur"
        ledger.tell(trouble)
    if ledger.close():
        log.info("numéro %s\u00a0: envoi terminé", issue_id)
    return trouble


def message_of(issue: Issue, settings: Settings) -> Message:
    """The message of `issue`, rendered and encoded once. Ends the session's transaction."""
    identity = Identity.current()
    content = Content.of(issue)
    sender = Sender.of(settings, issue.publication.sender_name, identity.short_name)
    letter = counted(
        render(content, identity, settings.base_url), issue, content, settings.base_url
    )
    message = Message(
        letter, content, sender, settings, issue.started_at or now(), measured=measured(issue)
    )
    db.session.commit()  # on SQLite, the workers could not write meanwhile
    return message


def _run(ledger: Ledger, message: Message, settings: Settings, progress: Progress | None) -> str:
    """Let the workers empty what is due, and return what kept them from it."""
    stop = threading.Event()
    count = ledger.gate.courtesy.connections
    group = IN_FLIGHT // count
    workers = [Worker(ledger, message, settings, stop, group) for _ in range(count)]
    try:
        for worker in workers:
            worker.start()
        watch(workers, ledger, stop, progress)
    finally:  # interrupted: what is being said is finished, what is not begun is handed back
        stop.set()
        for worker in workers:
            worker.join()
    return _outcome(workers, ledger)


def _outcome(workers: list[Worker], ledger: Ledger) -> str:
    for worker in workers:
        if worker.error is not None:
            raise worker.error
    troubles = [worker.trouble for worker in workers if worker.trouble]
    return troubles[0] if troubles and ledger.is_wanted() and ledger.due() else ""
