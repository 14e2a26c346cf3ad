"""A whole installation for a journey: real processes, database, queue and mail server."""

import atexit
import contextlib
import functools
import itertools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import forks
import requests
import services
import sqlalchemy as sa
from aiosmtpd.controller import Controller

CRM = str(Path(sys.executable).with_name("crm"))


class Mailbox:
    """A real SMTP server that keeps what it receives."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if address in str(message["To"])]

    def wait_for(self, address: str, seconds: float = 30) -> EmailMessage:
        """The last message to `address`, once it has come."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := self.to(address):
                return found[-1]
            time.sleep(0.1)
        raise AssertionError(f"nothing came to {address} in {seconds} s")


@dataclass
class Site:
    """The addresses and settings of a running installation."""

    url: str
    environ: dict[str, str]
    mailbox: Mailbox
    processes: list[forks.Process] = field(default_factory=list)

    def crm(self, *arguments: str, input: str = "") -> subprocess.CompletedProcess:
        """Run `crm …` against this installation."""
        return forks.run(*arguments, env=self.environ, input=input)

    def start(self, *arguments: str) -> forks.Process:
        with Path(self.environ["CRM_INSTANCE"], f"{arguments[0]}.log").open("wb") as log:
            process = forks.start(*arguments, env=self.environ, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def wait(self, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(f"{self.url}/sante", timeout=5).ok:
                    return
            time.sleep(0.1)
        log = Path(self.environ["CRM_INSTANCE"], "serve.log").read_text()
        raise AssertionError(f"the site does not answer:\n{log}")


@contextlib.contextmanager
def installation(kind: str, folder: Path, *, seeded: bool = False, **environ: str):
    """A site with its worker on SQLite, or on PostgreSQL with a Redis queue.

    Its tables are made, and the small demonstration network is in them if it is to be `seeded`.
    """
    model, database = _model(kind, seeded)
    shutil.copytree(model, folder, dirs_exist_ok=True)
    mailbox = Mailbox()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=services.free_port())
    smtp.start()
    port = services.free_port()
    site = Site(
        url=f"http://127.0.0.1:{port}",
        mailbox=mailbox,
        environ={
            **_environ(folder),
            "CRM_BASE_URL": f"http://127.0.0.1:{port}",
            "CRM_SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
            "CRM_FEED_ALLOW": "127.0.0.0/8",
            **(_servers(database) if kind == "postgresql" else {}),
            **environ,
        },
    )
    try:
        site.start("serve", "--port", str(port))
        site.start("worker")
        site.wait()
        yield site
    finally:
        for process in site.processes:
            process.send_signal(signal.SIGTERM)
        for process in site.processes:
            process.wait(timeout=20)
        smtp.stop()


@functools.cache
def _model(kind: str, seeded: bool) -> tuple[Path, str]:
    """An instance that `crm` makes ready once, and the name of its database on PostgreSQL:
    installations are copies of it."""
    folder = Path(tempfile.mkdtemp(prefix="maillage-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    servers = _servers() if kind == "postgresql" else {}
    environ = _environ(folder) | servers
    forks.run("db", "upgrade", env=environ)
    if seeded:
        forks.run("seed", "--size", "mini", env=environ)
    return folder, servers.get("CRM_DATABASE_URL", "").rpartition("/")[2]


def _environ(folder: Path) -> dict[str, str]:
    """The settings of an instance in this folder: nothing but its place."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return {**kept, "CRM_INSTANCE": str(folder)}


# Redis has sixteen databases: no two installations at once have the same.
_queues = itertools.cycle(range(1, 15))


def _servers(model: str = "template1") -> dict[str, str]:
    """A database, copied from another, and a queue of their own on the servers of the tests."""
    name = f"live_{secrets.token_hex(6)}"
    engine = sa.create_engine(
        f"{os.environ['TEST_POSTGRESQL']}/postgres", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {model}"))
    engine.dispose()
    number = next(_queues)
    return {
        "CRM_DATABASE_URL": f"{os.environ['TEST_POSTGRESQL']}/{name}",
        "CRM_QUEUE_URL": os.environ["TEST_REDIS"].removesuffix("/0") + f"/{number}",
    }
