"""One worker of a delivery: a thread with a connection of its own to a mail server."""

import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

from crm.config import Settings
from crm.dialogue import Envelope, Refused, ServerGone
from crm.newsletter.deliveries import State
from crm.newsletter.delivery.claims import Claims, Result, Row
from crm.newsletter.delivery.ledger import Ledger
from crm.newsletter.delivery.message import Messages, Unwritable, envelope_address
from crm.newsletter.delivery.processes import worker_name
from crm.smtp import Connection, connect, rest

log = logging.getLogger(__name__)

# Seconds before each new connection to a server that hangs up, or does not answer; then the run
# ends, and the clock begins another one.
BACKOFF = (1, 2, 4, 8, 15)
PATIENCE = timedelta(seconds=60)  # a run waits for those who may leave so little later
QUICK = 0.1  # seconds: a server that answers so fast is told of the next message in advance

Letter = tuple[Row, Envelope, bytes]  # a row, its envelope, its message


class Worker(threading.Thread):
    """Takes rows, hands them over, settles them, until nothing is due or the server is away."""

    def __init__(
        self,
        ledger: Ledger,
        messages: Messages,
        settings: Settings,
        stop: threading.Event,
        group: int,
    ) -> None:
        super().__init__(name="envoi")
        self.ledger, self.messages, self.settings, self.stop = ledger, messages, settings, stop
        self.group = group
        self.connection: Connection | None = None
        self.failures = 0
        self.settled = 0
        self.is_quick = True
        self.trouble = ""  # what keeps it from going on
        self.notice = ""  # what it goes on in spite of
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with worker_name() as name:
                claims = Claims(self.ledger, name, self.group)
                try:
                    self._work(claims)
                finally:
                    claims.close()
        except Exception as error:  # raised again where the workers are waited for
            self.error = error
            self.stop.set()
        finally:
            self._hang_up()

    def _work(self, claims: Claims) -> None:
        results: list[Result] = []
        try:
            while self._is_connected(claims):
                rows = claims.turn(results)
                results = []
                self.settled = claims.settled
                if not rows and not self._goes_on(claims):
                    break
                for result in self._hand_over(rows, claims):
                    results.append(result)
                if self.connection is None:  # a new one may take long: what is known is written
                    claims.settle(results)
                    results = []
        finally:
            claims.settle(results)
            self.settled = claims.settled

    def _goes_on(self, claims: Claims) -> bool:
        """Whether there may be rows to take, now or after a little waiting."""
        opens_at = self.ledger.gate.opens_at.get(claims.relay)
        if opens_at is None and (claims.found or self.ledger.take_back()):
            return True
        if self.ledger.gate.is_free:
            return False
        then, now = opens_at or self.ledger.next_at(), self.ledger.clock()
        if then is None or then > now + PATIENCE:
            return False
        self.stop.wait(max(0.02, min(1.0, (then - now).total_seconds())))
        return True

    def _is_connected(self, claims: Claims) -> bool:
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
            else:
                claims.relay, self.notice = self.connection.relay, _instead(self.connection)
        return self.connection is not None and not self.stop.is_set()

    def _hand_over(self, rows: list[Row], claims: Claims) -> Iterator[Result]:
        """The results of the rows that could be tried; the others go back as they were."""
        letters: list[Letter] = []
        for row in rows:
            try:
                address = envelope_address(row.email)
                message = self.messages[row.bits]
                envelope = (message.envelope_sender(row), address)
                letters.append((row, envelope, message.to(row, address)))
            except Exception as error:  # this one alone is held
                yield Result(row, State.FAILED, _why_unwritable(row, error))
        followers = (envelope for _, envelope, _ in letters[1:])
        for letter in letters:
            if self.connection is None:
                return
            if self.stop.is_set() or not claims.is_fresh:
                if self.connection.expects:
                    self._hang_up()
                return
            then = next(followers, None)
            yield self._send(letter, then if self.is_quick else None, self.connection)

    def _send(self, letter: Letter, then: Envelope | None, connection: Connection) -> Result:
        row, envelope, message = letter
        begun = time.monotonic()
        try:
            words = connection.hand_over(*envelope, message, then)
        except Refused as refused:
            self.failures = 0
            if refused.for_good:
                return Result(row, State.FAILED, refused.words)
            self._note(connection, row, is_put_off=True, by_relay=refused.of_sender)
            return self._put_off(row, refused.words)
        except ServerGone as gone:
            if gone.words.startswith("421"):
                self._note(connection, row, is_put_off=True)
            self._count_failure(gone)
            rest(connection.relay)
            self._hang_up()
            return self._put_off(row, gone.words, in_doubt=gone.in_doubt)
        self.failures = 0
        self.is_quick = time.monotonic() < begun + QUICK
        self._note(connection, row, is_put_off=False)
        return Result(row, State.SENT, words)

    def _note(
        self, connection: Connection, row: Row, *, is_put_off: bool, by_relay: bool = False
    ) -> None:
        self.ledger.gate.note(connection.relay, row, is_put_off=is_put_off, by_relay=by_relay)

    def _put_off(self, row: Row, words: str, *, in_doubt: bool = False) -> Result:
        """Tried again later; given up, with the server's words, after the last delay."""
        delays = self.settings.retry_delays
        if row.attempts >= len(delays):
            return Result(row, State.FAILED, words, in_doubt=in_doubt, is_given_up=True)
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


def _instead(connection: Connection) -> str:
    """What the page says while another server than the usual one is spoken to."""
    if not connection.instead_of:
        return ""
    return f"{connection.instead_of}\u00a0; les messages passent par {connection.relay}"


def _why_unwritable(row: Row, error: Exception) -> str:
    if isinstance(error, Unwritable):
        return str(error)
    log.error("envoi %s\u00a0: %s à la composition", row.delivery_id, type(error).__name__)
    return "le message n’a pas pu être composé"
