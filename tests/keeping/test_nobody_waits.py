"""What lasts (backups, their check, exports, retention) keeps no writer waiting."""

import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import nadia
from kept import apart

from crm.config import Settings
from crm.db import db, now
from crm.keeping import backup, nightly, rehearse, upgrade
from crm.keeping.backups import Backup, Why
from crm.keeping.cli import backup as command
from crm.privacy import dossier, retain
from crm.privacy.lapses import Retention
from crm.privacy.staff import consents


def write_at_once():
    """Another process writes now, or fails: it waits a fifth of a second at most."""
    if db.engine.dialect.name == "sqlite":
        file = Settings.current().database_url.removeprefix("sqlite:///")
        other = sqlite3.connect(file, timeout=0.2, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
        return
    with apart().connect() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        for table in ("backups", "users", "acts", "retention"):
            connection.exec_driver_sql(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        connection.execute(sa.update(Backup).values(seconds=1.0))
        connection.rollback()


@pytest.fixture
def watched(monkeypatch):
    """Make this function of a module write from elsewhere first; how often it did is told."""
    told = []

    def watch(module, name):
        work = getattr(module, name)

        def first(*args, **kw):
            write_at_once()
            told.append(name)
            return work(*args, **kw)

        monkeypatch.setattr(module, name, first)
        return told

    return watch


@pytest.fixture
def while_made(watched):
    """In the middle of making a backup, and of checking it."""
    watched(backup, "kept_files")
    return watched(rehearse, "_need_room")


def test_the_backup_of_the_night(kept, while_made, monkeypatch):
    monkeypatch.setattr(nightly, "_is_due", lambda at: False)
    db.session.add(Backup(why=Why.ASKED))
    db.session.commit()
    nightly.keep_backups()
    [made] = db.session.scalars(sa.select(Backup)).all()
    assert (made.is_good, made.trouble) == (True, "")
    assert while_made == ["kept_files", "_need_room"]
    db.session.commit()


def test_the_command(app, kept, while_made, tmp_path):
    done = app.test_cli_runner().invoke(command, [str(tmp_path / "maillage.zip")])
    assert done.exit_code == 0, done.output
    assert while_made == ["kept_files", "_need_room"]


def test_an_upgrade_while_it_saves_and_rehearses(kept, while_made):
    upgrade._save_and_rehearse(Settings.current(), lambda line: None)
    assert while_made == ["kept_files", "_need_room"]


def test_what_is_handed_over_and_what_is_asked_at_night(kept, signed_in, watched):
    client = signed_in(nadia())
    told = watched(dossier, "archive")
    watched(consents.consents, "table")
    watched(retain, "silent")
    page = "/gestion/vie-privee"
    person = db.session.scalar(sa.text("SELECT max(id) FROM people"))
    db.session.commit()
    assert client.post(f"{page}/personnes/fiche-{person}/dossier.zip").status_code == 200
    assert client.post(f"{page}/accords/accords.csv").status_code == 200
    retain.run(Retention.current(), now() + timedelta(days=1))
    assert set(told) == {"archive", "table", "silent"}
