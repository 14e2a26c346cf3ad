"""Reading the mail that comes back: IMAP, a Maildir, a folder of files, an mbox, standard input.

A message is put away once what it says has been committed, never before: a reader that dies finds
it again, so readers must recognise what they have already taken.
"""

import mailbox
import shutil
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxLoginError

TIMEOUT = 60  # seconds a server may stay silent
LIMIT = 30 * 1024 * 1024  # bytes of one message; what comes after is not read
SCHEMES = ("imap", "imaps")


class Unavailable(Exception):
    """The mailbox cannot be read; why, in French."""


@dataclass(frozen=True)
class Received:
    """One message as it came, and where it lies in its mailbox."""

    key: str
    raw: bytes


class Mailbox(Protocol):
    """Where messages wait."""

    def unread(self) -> Iterator[Received]:
        """The messages not put away yet, the oldest first, one at a time. Raises Unavailable."""
        ...

    def put_away(self, received: Received) -> None:
        """Say that it needs no more reading. Call it after the commit. Raises Unavailable."""
        ...


@contextmanager
def opened(place: str) -> Iterator[Mailbox]:
    """The mailbox at `place`, for as long as the block lasts. Raises Unavailable.

    `place` is `imaps://user:password@host/folder` (or `imap://…?starttls=1`), a Maildir, a folder
    with one file per message (an MH folder too), an mbox or a single message, or `-` for standard
    input. With `?move=Name`, an IMAP message is moved to that folder rather than marked as read:
    then whatever lies in the first folder is to be read, even what somebody has looked at.
    Folders of files, mbox files and standard input are only read: each time, from the beginning.
    """
    if urlsplit(place).scheme in SCHEMES:
        box = _log_in(place)
        try:
            yield box
        finally:
            box.leave()
    elif place == "-":
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "courrier")
            with file.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
            yield File(file)
    else:
        yield _on_disk(Path(place))


def _on_disk(path: Path) -> Mailbox:
    if (path / "cur").is_dir() and (path / "new").is_dir():
        return Maildir(path)
    if path.is_dir():
        return Folder(path)
    if path.exists():
        return File(path)
    raise Unavailable(f"il n’y a rien à cet endroit\u00a0: {path}")


@contextmanager
def _errors_in_french() -> Iterator[None]:
    try:
        yield
    except (ImapToolsError, IMAP4.error) as error:
        raise Unavailable(f"la boîte aux lettres refuse\u00a0: {_words(error)}") from error
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise Unavailable(f"la boîte aux lettres ne répond pas ({words})") from error


def _words(error: Exception) -> str:
    """The server's words, without what was asked: a command may hold a password."""
    told = getattr(error, "command_result", (None, [str(error)]))[1]
    said = told[0] if told else ""
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))[:200]


class File:
    """An mbox, or a single message. Only read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def unread(self) -> Iterator[Received]:
        with _errors_in_french():
            with self.path.open("rb") as file:
                is_mbox = file.read(5) == b"From "
            yield from self._each() if is_mbox else _read(self.path)

    def _each(self) -> Iterator[Received]:
        box = mailbox.mbox(self.path, create=False)
        try:
            for key in box.iterkeys():
                with box.get_file(key) as message:
                    yield Received(str(key), message.read(LIMIT))
        finally:
            box.close()

    def put_away(self, received: Received) -> None:
        """Somebody's file stays as it is."""


class Folder:
    """A folder with one file per message. Only read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def unread(self) -> Iterator[Received]:
        with _errors_in_french():
            files = (file for file in self.path.iterdir() if file.name[0] != "." and file.is_file())
            for file in sorted(files, key=_in_order):
                yield from _read(file)

    def put_away(self, received: Received) -> None:
        """Somebody's files stay as they are."""


class Maildir:
    """A Maildir: what was read moves to `cur`, with the letter S that says so."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def unread(self) -> Iterator[Received]:
        with _errors_in_french():
            files = [*(self.path / "new").iterdir(), *(self.path / "cur").iterdir()]
            for file in sorted(files, key=_in_order):
                if "S" not in file.name.partition(":2,")[2]:
                    yield from _read(file)

    def put_away(self, received: Received) -> None:
        base = received.key.partition(":2,")[0]
        with _errors_in_french():
            file = next(filter(Path.exists, self._places(received.key)), None) or self._find(base)
            if file is not None:
                flags = {*file.name.partition(":2,")[2], "S"}
                file.rename(self.path / "cur" / f"{base}:2,{''.join(sorted(flags))}")

    def _places(self, name: str) -> Iterator[Path]:
        yield from (self.path / part / name for part in ("new", "cur"))

    def _find(self, base: str) -> Path | None:
        """Where another program moved it meanwhile."""
        files = (file for part in ("new", "cur") for file in (self.path / part).iterdir())
        return next((file for file in files if file.name.partition(":2,")[0] == base), None)


def _read(file: Path) -> Iterator[Received]:
    with suppress(FileNotFoundError), file.open("rb") as message:  # moved or deleted meanwhile
        yield Received(file.name, message.read(LIMIT))


def _in_order(file: Path) -> tuple[int, str]:
    """Numbered files by number, the others by name, which in a Maildir begins with the time."""
    return (int(file.name) if file.name.isdecimal() else 0, file.name)


class Imap:
    """A folder on an IMAP server (RFC 3501, RFC 9051)."""

    def __init__(self, box: BaseMailBox, folder: str, move: str) -> None:
        self.box, self.move = box, move
        box.folder.set(folder)
        if move and not box.folder.exists(move):
            box.folder.create(move)

    def unread(self) -> Iterator[Received]:
        with _errors_in_french():
            wanted = "UNDELETED" if self.move else "UNSEEN UNDELETED"
            for uid in self.box.uids(wanted, charset=None):
                # PEEK: to read is not to mark. The number of bytes is a limit, not a wish.
                answer = self.box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LIMIT}>)")[1]
                yield from (Received(uid, part[1]) for part in answer if isinstance(part, tuple))

    def put_away(self, received: Received) -> None:
        with _errors_in_french():
            if self.move:
                self.box.move(received.key, self.move)
            else:
                self.box.flag(received.key, MailMessageFlags.SEEN, True)

    def leave(self) -> None:
        """End politely; never raises."""
        with suppress(ImapToolsError, IMAP4.error, OSError):
            self.box.logout()


def _log_in(place: str) -> Imap:
    parts, options = urlsplit(place), parse_qs(urlsplit(place).query)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    with _errors_in_french():
        box = _connect(place)
        try:
            _authenticate(box, user, password)
            # What a server can do is only said in full once it knows who asks: MOVE, for one.
            box.client.capabilities = tuple(box.client.capability()[1][0].decode().upper().split())
            folder = unquote(parts.path.strip("/")) or "INBOX"
            return Imap(box, folder, options.get("move", [""])[0])
        except BaseException:
            box.client.shutdown()
            raise


def _authenticate(box: BaseMailBox, user: str, password: str) -> None:
    try:
        (box.login if (user + password).isascii() else box.login_utf8)(user, password, None)
    except (MailboxLoginError, IMAP4.error) as error:
        raise Unavailable("la boîte aux lettres refuse le nom ou le mot de passe") from error


def _connect(place: str) -> BaseMailBox:
    parts, options = urlsplit(place), parse_qs(urlsplit(place).query)
    host, tls = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "imaps":
        return MailBox(host, parts.port or 993, timeout=TIMEOUT, ssl_context=tls)
    if options.get("starttls", ["0"])[0] in ("1", "true"):
        return MailBoxStartTls(host, parts.port or 143, timeout=TIMEOUT, ssl_context=tls)
    return MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT)
