"""Handing one message over: to an SMTP server, or to a folder when there is none."""

import itertools
import os
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from crm.config import Settings
from crm.db import now
from crm.filters import local

Reply = tuple[int, bytes]
Envelope = tuple[str, str]  # whom refusals come back to, and the recipient

# Seconds a server may think before it answers a command, and before it says what it did with a
# message: hanging up too early there is how people receive a letter twice (RFC 5321 §4.5.3.2.6).
TIMEOUT = 60
FINAL_TIMEOUT = 300
GOODBYE_TIMEOUT = 2
LONGEST_LINE = 8192  # bytes of an answer
REST = 60  # seconds during which a server that did not answer is tried after the others
PORTS = {"smtp": 25, "smtps": 465}

_resting: dict[str, float] = {}  # relays, and until when


class Refused(Exception):
    """The server said no to one message: for good, or for now.

    `of_sender`: it did so before it knew the recipient, of whom that says nothing.
    """

    def __init__(self, words: str, *, for_good: bool, of_sender: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.for_good = for_good
        self.of_sender = of_sender


class ServerGone(Exception):
    """The server does not answer, or no longer.

    `in_doubt`: the message had been handed over whole and no answer came back.
    """

    def __init__(self, words: str, *, in_doubt: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.in_doubt = in_doubt


class Connection(Protocol):
    """What messages are handed over to."""

    relay: str  # its host and port; empty for a folder
    instead_of: str  # what the server one would rather have spoken to said, if it is another

    @property
    def expects(self) -> bool:
        """Whether a message was announced: the next one, and no other word, must be its own."""
        ...

    def hand_over(
        self, sender: str, recipient: str, message: bytes, then: Envelope | None = None
    ) -> str:
        """Hand over one message, in wire form, and return the server's words.

        `then` is the envelope of the message that comes next, if it is known: it may be announced
        already, and must then be the next one. Raises Refused for this message alone, ServerGone
        when the connection is over.
        """
        ...

    def hang_up(self) -> None:
        """End politely; never raises."""
        ...


def wire(message: EmailMessage | bytes) -> bytes:
    """A message as it travels: CRLF, lines that begin with a dot doubled (RFC 5321 §4.5.2)."""
    raw = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP_POLICY)
    raw = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    return re.sub(rb"(?m)^\.", b"..", raw if raw.endswith(b"\r\n") else raw + b"\r\n")


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection for as long as the block lasts. Raises ServerGone when there is none."""
    connection = connect(settings)
    try:
        yield connection
    finally:
        connection.hang_up()


def connect(settings: Settings) -> Connection:
    """A new connection to the first server of CRM_SMTP_URL that answers, or to `mail/`.

    Raises ServerGone, with what the first one said, when none does.
    """
    if not settings.relays:
        return Folder(settings.instance / "mail")
    first: ServerGone | None = None
    for url in sorted(settings.relays, key=_is_resting):
        try:
            server = _try(url)
        except ServerGone as gone:
            first = first or gone
            rest(relay_name(url))
        else:
            server.instead_of = first.words if first else ""
            return server
    assert first is not None
    raise first


def relay_name(url: str) -> str:
    """« smtp.example.org:587 »: a mail server, without the password to it."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or PORTS[parts.scheme]}"


def rest(relay: str) -> None:
    """Prefer the other servers for a while: this one does not answer."""
    _resting[relay] = time.monotonic() + REST


def _is_resting(url: str) -> bool:
    return _resting.get(relay_name(url), 0) > time.monotonic()


def greet(url: str, timeout: float) -> None:
    """Connect, sign in and leave, within a few times `timeout` seconds. Raises ServerGone."""
    _try(url, timeout).hang_up()


def _try(url: str, timeout: float = TIMEOUT) -> "Server":
    try:
        return _connect(url, timeout)
    except smtplib.SMTPAuthenticationError as error:
        raise ServerGone("le serveur d’envoi refuse le nom ou le mot de passe") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerGone(f"le serveur d’envoi ne répond pas ({_reason(error)})") from error


def _connect(url: str, timeout: float) -> "Server":
    parts, options = urlsplit(url), parse_qs(urlsplit(url).query)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        server: Server = TlsServer(host, parts.port or 465, timeout=timeout, context=_tls())
    else:
        server = Server(host, parts.port or 25, timeout=timeout)
    server.relay = relay_name(url)
    try:
        if options.get("starttls", ["0"])[0] in ("1", "true"):
            server.starttls(context=_tls())
        server.ehlo_or_helo_if_needed()
        # A message ends with a short packet, which must not wait for the one before it to be seen.
        server.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


@cache
def _tls() -> ssl.SSLContext:
    """Made when it is needed: reading the authorities of this machine takes a while."""
    return ssl.create_default_context()


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words((error.smtp_code, _as_bytes(error.smtp_error)))
    return type(error).__name__ if not isinstance(error, OSError) else (error.strerror or "délai")


def _as_bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _words(reply: Reply) -> str:
    code, said = reply
    return f"{code} {' '.join(said.decode('utf-8', 'replace').split())}"[:500]


class Server(smtplib.SMTP):
    """An SMTP server, spoken to in as few writes as it allows (RFC 2920).

    Where it does, the end of a message, and MAIL, RCPT and DATA for the next one, go together.
    """

    relay, instead_of = "", ""
    # What it has been told of the next message, its answers not read yet.
    _announced: Envelope | None = None

    _came = b""  # what it said that was not read yet

    @property
    def link(self) -> socket.socket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("la connexion est fermée")
        return self.sock

    def hand_over(
        self, sender: str, recipient: str, message: bytes, then: Envelope | None = None
    ) -> str:
        try:
            self._begin((sender, recipient))
            # Cut in here, the message has no end: the server cannot have taken it.
            self.link.sendall(message + b".\r\n" + self._next(then))
        except OSError as error:
            self.close()
            raise ServerGone(f"la connexion s’est interrompue ({_reason(error)})") from error
        return _accepted(self._outcome())

    @property
    def expects(self) -> bool:
        return self._announced is not None

    def hang_up(self) -> None:
        with suppress(OSError):
            self.link.settimeout(GOODBYE_TIMEOUT)
            if not self._announced:  # else it waits for a message, and would take QUIT for its text
                self.quit()
        self.close()

    def _begin(self, envelope: Envelope) -> None:
        """MAIL, RCPT and DATA. Returns when the server waits for the message."""
        announced, self._announced = self._announced, None
        if announced:
            assert announced == envelope
            self._settle([self._reply() for _ in range(3)])
        elif self.has_extn("pipelining"):
            commands = self._envelope(envelope)
            self.link.sendall(b"".join(commands))
            self._settle([self._reply() for _ in commands])
        else:
            self._settle(list(self._one_by_one(self._envelope(envelope))))

    def _next(self, then: Envelope | None) -> bytes:
        """The commands that announce the next message, where they may follow this one."""
        if then is None or not "".join(then).isascii() or not self.has_extn("pipelining"):
            return b""
        self._announced = then
        return b"".join(self._envelope(then))

    def _envelope(self, envelope: Envelope) -> list[bytes]:
        (sender, recipient), option = envelope, ""
        if not (sender + recipient).isascii():
            if not self.has_extn("smtputf8"):
                raise Refused(
                    "le serveur d’envoi ne prend pas les adresses accentuées", for_good=True
                )
            option = " SMTPUTF8"
        body = " BODY=8BITMIME" if self.has_extn("8bitmime") else ""
        lines = (f"MAIL FROM:<{sender}>{body}{option}", f"RCPT TO:<{recipient}>", "DATA")
        return [f"{line}\r\n".encode() for line in lines]

    def _one_by_one(self, commands: list[bytes]) -> Iterator[Reply]:
        for command in commands:
            self.link.sendall(command)
            reply = self._reply()
            yield reply
            if reply[0] >= 400:
                return

    def getreply(self) -> Reply:
        """The next answer (RFC 5321 §4.2), out of all that came: several often come together."""
        said = []
        while True:
            line = self._line()
            said.append(line[4:].strip())
            if not line[:3].isdigit():
                return -1, b"\n".join(said)
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(said)

    def _line(self) -> bytes:
        while (end := self._came.find(b"\n")) < 0:
            if len(self._came) > LONGEST_LINE:
                self.close()
                raise smtplib.SMTPResponseException(500, "ligne trop longue")
            try:
                more = self.link.recv(65536)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(_reason(error)) from error
            if not more:
                self.close()
                raise smtplib.SMTPServerDisconnected("la connexion est fermée")
            self._came += more
        line, self._came = self._came[: end + 1], self._came[end + 1 :]
        return line

    def starttls(self, *, context: ssl.SSLContext | None = None) -> Reply:  # type: ignore[override]
        reply = super().starttls(context=context)
        self._came = b""  # said before the conversation was private: by anybody (RFC 3207 §6)
        return reply

    def _reply(self) -> Reply:
        """The answer to a command. Raises ServerGone when it ends the conversation."""
        reply = self.getreply()
        if reply[0] == 421 or not 200 <= reply[0] < 600:
            raise ServerGone(_words(reply))
        return reply

    def _settle(self, replies: list[Reply]) -> None:
        """Raises Refused when one of the commands of an envelope was refused."""
        refused = next((place for place, (code, _) in enumerate(replies) if code >= 400), None)
        if refused is not None:
            self._give_up(replies[-1])
            # A sender that is refused says nothing of the recipient: it will be tried again.
            raise _refusal(replies[refused], of_sender=refused == 0)
        if replies[-1][0] != 354:
            raise ServerGone(f"réponse incompréhensible\u00a0: {_words(replies[-1])}")

    def _give_up(self, last: Reply) -> None:
        """Bring the server back to where the next message can begin."""
        if last[0] == 354:  # it waits for a message that nobody would get: an empty one (RFC 2920)
            self.link.sendall(b".\r\n")
            self._reply()
        self.link.sendall(b"RSET\r\n")
        self._reply()

    def _outcome(self) -> Reply:
        """What the server did with a message that it received whole."""
        try:
            self.link.settimeout(FINAL_TIMEOUT)
            reply = self.getreply()
            self.link.settimeout(TIMEOUT)
        except OSError as error:
            self.close()
            words = f"la connexion s’est interrompue à la fin du message ({_reason(error)})"
            raise ServerGone(words, in_doubt=True) from error
        if not 200 <= reply[0] < 600 or 300 <= reply[0] < 400:
            self.close()
            raise ServerGone(f"réponse incompréhensible\u00a0: {_words(reply)}", in_doubt=True)
        return reply


class TlsServer(Server, smtplib.SMTP_SSL):
    """An SMTP server spoken to over TLS from the first byte (RFC 8314)."""


def _refusal(reply: Reply, *, of_sender: bool = False) -> Refused:
    for_good = reply[0] >= 500 and not of_sender
    return Refused(_words(reply), for_good=for_good, of_sender=of_sender)


def _accepted(reply: Reply) -> str:
    """The server's words, once the message is in its hands."""
    if reply[0] == 421:  # it says itself that it did not take it
        raise ServerGone(_words(reply))
    if reply[0] >= 400:
        raise _refusal(reply)
    return _words(reply)


class Folder:
    """A folder where each message becomes a file, so that nothing leaves a newcomer's laptop."""

    relay, instead_of = "", ""
    expects = False
    _count = itertools.count()

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def hand_over(
        self, sender: str, recipient: str, message: bytes, then: Envelope | None = None
    ) -> str:
        text = re.sub(rb"(?m)^\.\.", b".", message).replace(b"\r\n", b"\n")
        name = mail_file_name(recipient, now(), next(self._count))
        temporary = self.path / f".{name}"
        temporary.write_bytes(text)
        os.replace(temporary, self.path / name)
        return f"250 écrit dans {name}"

    def hang_up(self) -> None:
        """Nothing is open."""


def mail_file_name(recipient: str, at: datetime, count: int) -> str:
    """« 20260303-140512-00042-17-awa@example.org.eml »: sorted by name, sorted by time."""
    safe = re.sub(r"[^A-Za-z0-9@._+-]", "_", recipient)[:80].lstrip(".")
    return f"{local(at):%Y%m%d-%H%M%S}-{count % 100000:05}-{os.getpid()}-{safe}.eml"
