"""A real IMAP server for the tests: Dovecot, as an ordinary user, on free ports of this machine."""

import contextlib
import getpass
import grp
import imaplib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from services import free_port

PASSWORD = "mot:de@passe/à"  # nothing that an address may hold as it is
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_failure_delay = 0
auth_username_format = %Lu
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@dataclass
class Account:
    """A mailbox of its own on the server, empty at first."""

    name: str
    plain: int
    tls: int

    def url(self, scheme: str = "imap", more: str = "") -> str:
        """What the application is told; `more` is a folder and options: `Erreurs?move=Traités`."""
        user, password = quote(self.name, safe=""), quote(PASSWORD, safe="")
        port = self.tls if scheme == "imaps" else self.plain
        return f"{scheme}://{user}:{password}@127.0.0.1:{port}/{more}"

    def deliver(self, *messages: bytes, folder: str = "INBOX") -> None:
        """Let messages arrive, unread."""
        with self._client() as client:
            for message in messages:
                assert client.append(folder, None, None, message)[0] == "OK"

    def look_at(self) -> None:
        """What somebody does who opens the mailbox and reads everything."""
        with self._client() as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS", r"(\Seen)")

    def count(self, criteria: str = "ALL", folder: str = "INBOX") -> int:
        """How many messages lie in a folder: `ALL`, `SEEN`, `UNSEEN`…"""
        with self._client() as client:
            assert client.select(f'"{folder}"', readonly=True)[0] == "OK"
            return len(client.search(None, criteria)[1][0].split())

    @contextlib.contextmanager
    def _client(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.plain) as client:
            client.authenticate("PLAIN", lambda _: f"\0{self.name}\0{PASSWORD}".encode())
            yield client


class Server:
    """Dovecot: any user exists, with the same password."""

    def __init__(self, plain: int, tls: int, certificate: Path) -> None:
        self.plain, self.tls, self.certificate = plain, tls, certificate

    def account(self) -> Account:
        return Account(f"b{secrets.token_hex(6)}@example.org", self.plain, self.tls)


@contextlib.contextmanager
def dovecot() -> Iterator[Server]:
    """The server, for as long as the block lasts."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        pytest.skip("Dovecot manque : apt install dovecot-imapd")
    folder = Path(tempfile.mkdtemp(prefix="maillage-imap-"))
    server = Server(free_port(), free_port(), folder / "certificate.pem")
    owner = _configure(folder, server)
    process = subprocess.Popen(
        [program, "-F", "-c", folder / "dovecot.conf"], stderr=subprocess.DEVNULL, **owner
    )
    try:
        _wait_for(server, folder)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, server: Server) -> dict:
    """Write what Dovecot needs; returns whom to start it as, an ordinary user."""
    # It refuses to hand out mailboxes as root.
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    entry = pwd.getpwnam(user)
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(
            folder=folder, user=user, group=grp.getgrgid(entry.pw_gid).gr_name, password=PASSWORD,
            plain=server.plain, tls=server.tls,
        )
    )  # fmt: skip
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", server.certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    if os.geteuid() != 0:
        return {}
    for file in (folder, *folder.iterdir()):
        os.chown(file, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _wait_for(server: Server, folder: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with contextlib.suppress(OSError), server.account()._client():
            return
        time.sleep(0.05)
    raise AssertionError(f"Dovecot does not answer:\n{(folder / 'log').read_text()}")
