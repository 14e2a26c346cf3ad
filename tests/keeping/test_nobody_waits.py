"""What lasts (backups, their check, exports, imports, retention) keeps no writer waiting."""

import io
import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import nadia
from kept import apart, saved

from crm.config import Settings
from crm.contacts.files import intake
from crm.contacts.files import rehearse as rows
from crm.contacts.files.imports import Import, Stage
from crm.contacts.search import refill
from crm.db import db, now
from crm.keeping import backup, nightly, rehearse, upgrade
from crm.keeping.backups import Backup, Why
from crm.keeping.cli import backup as command
from crm.keeping.restore import restore
from crm.privacy import dossier, retain
from crm.privacy.lapses import Retention
from crm.privacy.staff import consents


def write_at_once(url):
    """Another process writes now, or fails: it waits a fifth of a second at most."""
    if url.startswith("sqlite:///"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.2, isolation_level=None)
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
        work, url = getattr(module, name), Settings.current().database_url

        def first(*args, **kw):
            write_at_once(url)
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


def test_a_restoration_while_its_search_is_made(kept, watched, tmp_path):
    file, told = saved(tmp_path), watched(refill, "fill")
    restore(Settings.current(), file)
    assert told == ["fill"]


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


def test_a_file_of_contacts_while_it_is_read_and_rehearsed(kept, signed_in, watched):
    client, page = signed_in(nadia()), "/gestion/contacts/imports"
    told = watched(intake, "read_table")
    watched(rows, "gather")
    sent = {"fichier": (io.BytesIO(b"Nom\nGret\n"), "liste.csv")}
    shown = client.post(f"{page}/", data=sent).location
    meant = {"titre": "Nom", "champ": "organisation.name"}
    assert client.post(f"{shown}/colonnes", data=meant).status_code == 302
    assert client.post(f"{shown}/colonnes", data=meant | {"champ": ""}).status_code == 422
    assert client.post(f"{shown}/application").status_code == 302
    assert told == ["read_table"] * 4 + ["gather"]  # refused, it is shown as it stands
    record = db.session.scalars(Import.latest()).one()
    intake.run(record.id)
    assert told[5:] == ["read_table", "gather"]
    assert record.stage is Stage.APPLIED
    db.session.commit()
