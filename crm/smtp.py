"""Handing one message over: to an SMTP server, or to a folder when there is none."""

import itertools
import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from crm.config import Settings
from crm.db import now
from crm.filters import local

TIMEOUT = (
    60  # seconds; a server may think that long before it answers (RFC 5321 §4.5.3.2 allows more)
)


class Refused(Exception):
    """The server said no to one message: for good, or for now."""

    def __init__(self, words: str, *, for_good: bool) -> None:
        super().__init__(words)
        self.words = words
        self.for_good = for_good


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

    def hand_over(self, sender: str, recipient: str, message: bytes) -> str:
        """Hand over one message, in wire form, and return the server's words.

        Raises Refused for this message alone, ServerGone when the connection is over.
        """
        ...

    def close(self) -> None: ...


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
        connection.close()


def connect(settings: Settings) -> Connection:
    """A new connection to the server of CRM_SMTP_URL, or to the folder `mail/`."""
    if settings.smtp_url is None:
        return Folder(settings.instance / "mail")
    try:
        return _connect(settings.smtp_url)
    except smtplib.SMTPAuthenticationError as error:
        raise ServerGone("le serveur d’envoi refuse le nom ou le mot de passe") from error
    except (OSError, smtplib.SMTPException) as error:
        raise ServerGone(f"le serveur d’envoi ne répond pas ({_reason(error)})") from error


def _connect(url: str) -> "Server":
    parts, options = urlsplit(url), parse_qs(urlsplit(url).query)
    host = parts.hostname or "localhost"
    tls = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: Server = TlsServer(host, parts.port or 465, timeout=TIMEOUT, context=tls)
    else:
        server = Server(host, parts.port or 25, timeout=TIMEOUT)
    try:
        if options.get("starttls", ["0"])[0] in ("1", "true"):
            server.starttls(context=tls)
        server.ehlo_or_helo_if_needed()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        smtplib.SMTP.close(server)
        raise
    return server


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words((error.smtp_code, _as_bytes(error.smtp_error)))
    return type(error).__name__ if not isinstance(error, OSError) else (error.strerror or "délai")


def _as_bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _words(reply: tuple[int, bytes]) -> str:
    code, said = reply
    return f"{code} {' '.join(said.decode('utf-8', 'replace').split())}"[:500]


class Server(smtplib.SMTP):
    """An SMTP server; envelope and DATA go in one write where it allows (RFC 2920)."""

    def hand_over(self, sender: str, recipient: str, message: bytes) -> str:
        try:
            self._announce(sender, recipient)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise ServerGone(f"la connexion s’est interrompue ({_reason(error)})") from error
        try:
            self.sock.sendall(message + b".\r\n")  # type: ignore[union-attr]
            reply = self.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise ServerGone(
                f"la connexion s’est interrompue à la fin du message ({_reason(error)})",
                in_doubt=True,
            ) from error
        return _accept(reply)

    def _announce(self, sender: str, recipient: str) -> None:
        """MAIL, RCPT and DATA; returns when the server waits for the message."""
        commands = self._envelope(sender, recipient)
        if self.has_extn("pipelining"):
            self.sock.sendall(b"".join(commands))  # type: ignore[union-attr]
            replies = [self.getreply() for _ in commands]
        else:
            replies = []
            for command in commands:
                self.sock.sendall(command)  # type: ignore[union-attr]
                replies.append(self.getreply())
                if replies[-1][0] >= 400:
                    break
        self._settle(replies)

    def _envelope(self, sender: str, recipient: str) -> list[bytes]:
        option = ""
        if not (sender + recipient).isascii():
            if not self.has_extn("smtputf8"):
                raise Refused(
                    "le serveur d’envoi ne prend pas les adresses accentuées", for_good=True
                )
            option = " SMTPUTF8"
        body = " BODY=8BITMIME" if self.has_extn("8bitmime") else ""
        lines = (f"MAIL FROM:<{sender}>{body}{option}", f"RCPT TO:<{recipient}>", "DATA")
        return [f"{line}\r\n".encode() for line in lines]

    def _settle(self, replies: list[tuple[int, bytes]]) -> None:
        refusal = next((reply for reply in replies if reply[0] >= 400), None)
        if refusal is None:
            return
        if replies[-1][0] == 354:  # it wants a message nobody will get: give it an empty one
            self.sock.sendall(b".\r\n")  # type: ignore[union-attr]
            self.getreply()
        if refusal[0] != 421:
            self.rset()
        _accept(refusal)

    def close(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self.quit()
        super().close()


class TlsServer(Server, smtplib.SMTP_SSL):
    """An SMTP server spoken to over TLS from the first byte (RFC 8314)."""


def _accept(reply: tuple[int, bytes]) -> str:
    code = reply[0]
    if code == 421:
        raise ServerGone(_words(reply))
    if code >= 400:
        raise Refused(_words(reply), for_good=code >= 500)
    return _words(reply)


class Folder:
    """A folder where each message becomes a file, so that nothing leaves a newcomer's laptop."""

    _count = itertools.count()

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    def hand_over(self, sender: str, recipient: str, message: bytes) -> str:
        text = re.sub(rb"(?m)^\.\.", b".", message).replace(b"\r\n", b"\n")
        name = mail_file_name(recipient, now(), next(self._count))
        temporary = self.path / f".{name}"
        temporary.write_bytes(text)
        os.replace(temporary, self.path / name)
        return f"250 écrit dans {name}"

    def close(self) -> None:
        """Nothing is open."""


def mail_file_name(recipient: str, at: datetime, count: int) -> str:
    """« 20260303-140512-00042-17-awa@example.org.eml »: sorted by name, sorted by time."""
    safe = re.sub(r"[^A-Za-z0-9@._+-]", "_", recipient)[:80].lstrip(".")
    return f"{local(at):%Y%m%d-%H%M%S}-{count % 100000:05}-{os.getpid()}-{safe}.eml"
