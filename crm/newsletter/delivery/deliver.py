"""Delivering: what is due is handed over by a few workers, each with a connection of its own.

This module commits as it goes, the one exception to the rule of the house: what has left must be
known to have left, whatever happens next (see crm.newsletter.delivery.claims).
"""

import logging
import threading
from collections.abc import Iterator, Set
from datetime import timedelta

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.holds import is_held
from crm.identity import Identity
from crm.jobs import every
from crm.newsletter.content import Content
from crm.newsletter.counting.lead import counted, measured
from crm.newsletter.deliveries import PENDING, Delivery
from crm.newsletter.delivery.lateness import question
from crm.newsletter.delivery.ledger import Clock, Ledger
from crm.newsletter.delivery.message import Message, Messages, Sender
from crm.newsletter.delivery.schedule import start
from crm.newsletter.delivery.watch import Progress, watch
from crm.newsletter.delivery.worker import Worker
from crm.newsletter.issues import Issue
from crm.newsletter.render import render
from crm.newsletter.returns.refusals import count_refusals
from crm.newsletter.variants import by_content, conditions_of

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
    asked = question(issue, clock())
    if asked or (issue.cancelled_at is None and ledger.gate.closed_until()):
        db.session.commit()
        if asked:
            ledger.tell(asked.words)
        return asked.words if asked else ""
    start(issue, clock())
    db.session.commit()
    ledger.take_back()
    trouble = ""
    if ledger.is_wanted() and ledger.due():
        try:
            trouble = _run(ledger, messages_of(issue, settings), settings, progress)
        except Exception:  # one issue that cannot be made must not keep the others from leaving
            db.session.rollback()
            log.exception("le numéro %s ne part pas", issue_id)
            trouble = "une erreur l’arrête\u00a0: elle est décrite dans le journal du serveur"
        ledger.tell(trouble)
    if ledger.close():
        log.info("numéro %s\u00a0: envoi terminé", issue_id)
    return trouble


def message_of(issue: Issue, settings: Settings) -> Message:
    """What those get who meet no condition of `issue`. Ends the session's transaction."""
    return messages_of(issue, settings)[0]


def messages_of(issue: Issue, settings: Settings) -> Messages:
    """The messages of `issue`, each distinct one rendered and encoded once. Ends the transaction.

    One for each combination of conditions that somebody still waits with.
    """
    contents = by_content(whole := Content.of(issue), _bits_of(issue, whole))
    reading = measured(issue)
    made = {id(one): _message(issue, one, settings, reading) for one in contents.values()}
    db.session.commit()  # on SQLite, the workers could not write meanwhile
    return {its_bits: made[id(one)] for its_bits, one in contents.items()}


def _message(issue: Issue, content: Content, settings: Settings, reading: Set[int]) -> Message:
    identity = Identity.current()
    sender = Sender.of(settings, issue.publication.sender_name, identity.short_name)
    letter = render(content, identity, settings.base_url)
    letter = counted(letter, issue, content, settings.base_url)
    return Message(letter, content, sender, settings, issue.started_at or now(), measured=reading)


def _bits_of(issue: Issue, content: Content) -> set[int]:
    """The combinations of conditions met by those who have still to be written to."""
    if not conditions_of(content):
        return {0}
    waiting = Delivery.issue_id == issue.id, Delivery.state.in_(PENDING)
    return {0, *db.session.scalars(sa.select(Delivery.bits).where(*waiting).distinct())}


def _run(ledger: Ledger, messages: Messages, settings: Settings, progress: Progress | None) -> str:
    """Let the workers empty what is due, and return what kept them from it."""
    stop = threading.Event()
    count = ledger.gate.courtesy.connections
    group = IN_FLIGHT // count
    workers = [Worker(ledger, messages, settings, stop, group) for _ in range(count)]
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
