"""Handing messages over: to the first mail server that answers, or to a folder when none is set."""

import itertools
import os
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from crm.config import Settings
from crm.db import now
from crm.dialogue import TIMEOUT, Envelope, Server, ServerGone, TlsServer, reason
from crm.filters import local

REST = 60  # seconds during which a server that did not answer is tried after the others
PORTS = {"smtp": 25, "smtps": 465}

_resting: dict[str, float] = {}  # relays, and until when


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
        return Folder(settings.mail_folder)
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


def _try(url: str, timeout: float = TIMEOUT) -> Server:
    try:
        return _connect(url, timeout)
    except smtplib.SMTPAuthenticationError as error:
        raise ServerGone("le serveur d’envoi refuse le nom ou le mot de passe") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerGone(f"le serveur d’envoi ne répond pas ({reason(error)})") from error


def _connect(url: str, timeout: float) -> Server:
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


WRITTEN = "250 écrit dans "  # what a folder answers, before the name of the file


def forget_written(folder: Path, answers: Iterable[str]) -> None:
    """Delete the files of `folder` that messages became, by what was answered when they did."""
    for answer in answers:
        if answer.startswith(WRITTEN):
            name = Path(answer.removeprefix(WRITTEN)).name
            (folder / name).unlink(missing_ok=True)


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
        return f"{WRITTEN}{name}"

    def hang_up(self) -> None:
        """Nothing is open."""


def mail_file_name(recipient: str, at: datetime, count: int) -> str:
    """« 20260303-140512-00042-17-awa@example.org.eml »: sorted by name, sorted by time."""
    safe = re.sub(r"[^A-Za-z0-9@._+-]", "_", recipient)[:80].lstrip(".")
    return f"{local(at):%Y%m%d-%H%M%S}-{count % 100000:05}-{os.getpid()}-{safe}.eml"
