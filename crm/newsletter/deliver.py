"""Delivering: what is due is handed over by a few workers, each with a connection of its own.

This module commits as it goes, the one exception to the rule of the house: what has left must be
known to have left, whatever happens next (see crm.newsletter.claims).
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.identity import Identity
from crm.jobs import every
from crm.newsletter.claims import Claims, Result, Row
from crm.newsletter.content import Content
from crm.newsletter.deliveries import State
from crm.newsletter.issues import Issue
from crm.newsletter.ledger import Clock, Ledger
from crm.newsletter.message import Message, Sender, Unwritable, envelope_address
from crm.newsletter.processes import worker_name
from crm.newsletter.render import render
from crm.newsletter.schedule import start
from crm.smtp import Connection, Envelope, Refused, ServerGone, connect

log = logging.getLogger(__name__)

WORKERS = 2  # with groups of 8: at most 16 recipients in flight in one process
# Seconds before each new connection to a server that hangs up, or does not answer; then the run
# ends, and the clock begins another one.
BACKOFF = (1, 2, 4, 8, 15)

Progress = Callable[[int], None]
Letter = tuple[Row, Envelope, bytes]  # a row, its envelope, its message

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
        clock = clock or database_clock()
        return " ; ".join(
            filter(
                None, [_deliver(issue_id, settings, clock, progress) for issue_id in _due(clock)]
            )
        )
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
    start(issue, clock())
    db.session.commit()
    ledger = Ledger(db.engine, issue_id, clock)
    ledger.take_back()
    trouble = ""
    if ledger.due():
        try:
            trouble = _run(ledger, message_of(issue, settings), settings, progress)
        except Exception:  # one issue that cannot be made must not keep the others from leaving
            db.session.rollback()
            log.exception("le numéro %s ne part pas", issue_id)
            trouble = "une erreur l’arrête : elle est décrite dans le journal du serveur"
        ledger.tell(trouble)
    if ledger.finish():
        log.info("numéro %s : envoi terminé", issue_id)
    return trouble


def message_of(issue: Issue, settings: Settings) -> Message:
    """The message of `issue`, rendered and encoded once. Ends the session's transaction."""
    identity = Identity.current()
    content = Content.of(issue)
    sender = Sender.of(settings, issue.publication.sender_name, identity.short_name)
    letter = render(content, identity, settings.base_url)
    message = Message(letter, content, sender, settings, issue.started_at or now())
    db.session.commit()  # on SQLite, the workers could not write meanwhile
    return message


def _run(ledger: Ledger, message: Message, settings: Settings, progress: Progress | None) -> str:
    """Let the workers empty what is due, and return what kept them from it."""
    stop = threading.Event()
    workers = [Worker(ledger, message, settings, stop) for _ in range(WORKERS)]
    try:
        for worker in workers:
            worker.start()
        _watch(workers, progress)
    finally:  # interrupted: what is being said is finished, what is not begun is handed back
        stop.set()
        for worker in workers:
            worker.join()
    return _outcome(workers, ledger)


def _watch(workers: "list[Worker]", progress: Progress | None) -> None:
    """Wait for the workers, telling how far they are."""
    told, alive = 0, True
    while alive:
        for worker in workers:
            worker.join(0.1)
        alive = any(worker.is_alive() for worker in workers)
        settled = sum(worker.settled for worker in workers)
        if progress and settled > told:
            progress(settled - told)
            told = settled


def _outcome(workers: "list[Worker]", ledger: Ledger) -> str:
    for worker in workers:
        if worker.error is not None:
            raise worker.error
    troubles = [worker.trouble for worker in workers if worker.trouble]
    return troubles[0] if troubles and ledger.due() else ""


class Worker(threading.Thread):
    """Takes rows, hands them over, settles them, until nothing is due or the server is away."""

    def __init__(
        self, ledger: Ledger, message: Message, settings: Settings, stop: threading.Event
    ) -> None:
        super().__init__(name="envoi")
        self.ledger, self.message, self.settings, self.stop = ledger, message, settings, stop
        self.connection: Connection | None = None
        self.failures = 0
        self.settled = 0
        self.trouble = ""
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with worker_name() as name:
                self._work(Claims(self.ledger, name))
        except Exception as error:  # raised again where the workers are waited for
            self.error = error
            self.stop.set()
        finally:
            self._hang_up()

    def _work(self, claims: Claims) -> None:
        results: list[Result] = []
        try:
            while self._is_connected():
                rows = claims.turn(results)
                results = []
                self.settled = claims.settled
                if not rows and not self.ledger.take_back():
                    break
                for result in self._hand_over(rows, claims):
                    results.append(result)
                if self.connection is None:  # a new one may take long: what is known is written
                    claims.settle(results)
                    results = []
        finally:
            claims.settle(results)
            self.settled = claims.settled

    def _is_connected(self) -> bool:
        """Whether the server can be spoken to, after some patience."""
        while self.connection is None and self.failures <= len(BACKOFF):
            if self.failures:
                self.stop.wait(BACKOFF[self.failures - 1])
            if self.stop.is_set():
                break
            try:
                self.connection = connect(self.settings)
            except ServerGone as gone:
                self._count_failure(gone)
        return self.connection is not None and not self.stop.is_set()

    def _hand_over(self, rows: list[Row], claims: Claims) -> Iterator[Result]:
        """The results of the rows that could be tried; the others go back as they were."""
        letters: list[Letter] = []
        for row in rows:
            try:
                address = envelope_address(row.email)
                envelope = (self.message.envelope_sender(row), address)
                letters.append((row, envelope, self.message.to(row, address)))
            except Exception as error:  # this one alone is held
                yield Result(row, State.FAILED, _why_unwritable(row, error))
        followers = [*(envelope for _, envelope, _ in letters[1:]), None]
        for letter, then in zip(letters, followers, strict=True):
            if self.connection is None:
                return
            if self.stop.is_set() or not claims.may_begin:
                self._hang_up()
                return
            yield self._send(letter, then, self.connection)

    def _send(self, letter: Letter, then: Envelope | None, connection: Connection) -> Result:
        row, envelope, message = letter
        try:
            words = connection.hand_over(*envelope, message, then)
        except Refused as refused:
            self.failures = 0
            if refused.for_good:
                return Result(row, State.FAILED, refused.words)
            return self._put_off(row, refused.words)
        except ServerGone as gone:
            self._count_failure(gone)
            self._hang_up()
            return self._put_off(row, gone.words, in_doubt=gone.in_doubt)
        self.failures = 0
        return Result(row, State.SENT, words)

    def _put_off(self, row: Row, words: str, *, in_doubt: bool = False) -> Result:
        """Tried again later; given up, with the server's words, after the last delay."""
        delays = self.settings.retry_delays
        if row.attempts >= len(delays):
            return Result(row, State.FAILED, words, in_doubt=in_doubt)
        then = self.ledger.clock() + timedelta(seconds=delays[row.attempts])
        return Result(row, State.DEFERRED, words, then, in_doubt)

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.hang_up()
            self.connection = None

    def _count_failure(self, gone: ServerGone) -> None:
        self.failures += 1
        self.trouble = gone.words
        log.warning("%s", re.sub(r"\S+@\S+", "(adresse)", gone.words))


def _why_unwritable(row: Row, error: Exception) -> str:
    if isinstance(error, Unwritable):
        return str(error)
    log.error("envoi %s : %s à la composition", row.delivery_id, type(error).__name__)
    return "le message n’a pas pu être composé"
