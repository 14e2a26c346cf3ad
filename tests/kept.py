"""Short ways to have something worth keeping, and to see that it is whole."""

import hashlib
import json
import os
import secrets
import signal
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from cards import organisation, person, works
from factories import benoit, item, subscriber
from sending import draft

from crm.config import Settings
from crm.contacts.organisations import Organisation
from crm.db import db, now, reading
from crm.keeping import places
from crm.keeping.backup import make
from crm.keeping.tables import Count, all_tables, lines
from crm.mail import write
from crm.newsletter.items import Item

ODD = "L’œuvre « Été », 🌍\ttabulée\nsur deux lignes, \\ et ' et \" et \u2028"


def network() -> None:
    """A few rows of many kinds, with what is hard to copy."""
    works(person(), organisation(), "trésorière")
    organisation("Ñandú & fils")
    subscriber("jean@example.org")
    item(title=ODD[:200], published_at=datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC))
    draft(number=90, subject="Objet", content={"é": [1, 1.0, 0.1, None, True, {"b": 2, "a": ODD}]})
    write("jean@example.org", subject="Bonjour", text="Bonjour.", html="<p>Bonjour.</p>")
    benoit()
    db.session.commit()


def sums(connection: sa.Connection | None = None) -> dict[str, tuple[int, str]]:
    """The rows and the sum of each table, those that restoring itself changes apart."""
    if connection is None:
        with reading(), db.engine.connect() as opened:
            return sums(opened)
    found = {}
    for table in all_tables(connection):
        count = Count()
        for _ in lines(connection, table, count):
            pass
        if table.name not in ("holds", "backups", "ticks"):
            found[table.name] = count.rows, count.sha256
    return found


def revision() -> str | None:
    """What the tables are of."""
    with reading(), db.engine.connect() as connection:
        return places.revision_of(connection)


def saved(folder, name="maillage.zip"):
    """A backup of what there is now."""
    db.session.commit()
    file = folder / name
    make(Settings.current(), file)
    return file


def titles() -> list[str]:
    found = list(db.session.scalars(sa.select(Item.title).order_by(Item.id)))
    db.session.commit()
    return found


def forged(file, change) -> None:
    """Change the manifest of a backup, as nobody should."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    told = json.loads(members["manifest.json"])
    change(told, members)
    members["manifest.json"] = json.dumps(told).encode()
    with zipfile.ZipFile(file, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def days_ago(count: int, hour: int = 2) -> datetime:
    return (now() - timedelta(days=count)).replace(hour=hour, minute=0, second=0, microsecond=0)


def forked(work) -> int:
    """A process that does this on connections of its own; its number."""
    db.session.remove()
    db.engine.dispose()
    sys.stdout.flush()
    number = os.fork()
    if number == 0:
        try:
            work()
        finally:
            os._exit(0)
    return number


def killed(process: int) -> None:
    """`kill -9`, wherever it is."""
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def until(is_so, seconds: float = 20) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "not so in time"
        time.sleep(0.02)


def apart(url: str = "") -> sa.Engine:
    """Connections that nobody else shares, and that nobody keeps."""
    return sa.create_engine(url or db.engine.url, poolclass=sa.NullPool)


def neighbour():
    """How long somebody else waited (seconds) each time they wrote, and what has them write."""
    waited = []

    def write(*_) -> None:
        begun = time.monotonic()
        with apart().begin() as connection:
            connection.execute(sa.insert(Organisation).values(name="Nouvelle venue"))
        waited.append(time.monotonic() - begun)

    return waited, write


def empty_database(kind: str, folder) -> str:
    """The URL of a database where nothing is yet, besides the one of the application."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'neuve.db'}"
    name = f"neuve_{secrets.token_hex(6)}"
    engine = sa.create_engine(
        f"{os.environ['TEST_POSTGRESQL']}/postgres", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{os.environ['TEST_POSTGRESQL']}/{name}"
