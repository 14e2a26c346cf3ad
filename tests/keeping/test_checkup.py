"""`crm check`: each thing that can be wrong is seen, and said with what to do."""

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import nadia
from smtp_server import faulty

from crm import jobs
from crm.config import Settings
from crm.db import db, now
from crm.holds import Hold
from crm.jobs import Tick
from crm.keeping import condition, machine
from crm.keeping.backups import Backup, Why
from crm.keeping.checkup import examine
from crm.keeping.findings import State


def wrong(title):
    found = [one for one in examine(Settings.current()) if one.title == title]
    db.session.commit()
    assert found, title
    return " ".join(one.said for one in found if one.state is not State.GOOD)


@pytest.fixture
def sound(app, setting, tmp_path):
    """An installation where nothing is wrong."""
    place = tmp_path / "instance"
    place.mkdir(mode=0o700)
    with faulty() as (url, _):
        setting(
            instance=place, smtp_url=url, production=True, base_url="https://crm.example.org",
            mail_from="Réseau <lettre@reseau.example.org>",
        )  # fmt: skip
        db.session.add(Tick(name="crm.mail.send_mails", started_at=now()))
        db.session.add(
            Backup(why=Why.NIGHT, name="x", made_at=now(), checked_at=now(), begun_at=now())
        )
        db.session.commit()
        yield setting


def test_a_sound_installation_has_nothing_to_mend(sound):
    assert [
        one for one in examine(Settings.current(), thorough=True) if one.state is State.WRONG
    ] == []


def test_settings_that_expose_people_are_seen(sound):
    sound(base_url="http://crm.example.org")
    assert "sans chiffrement" in wrong("Réglages")
    sound(mail_from="Maillage <lettre@example.org>")
    assert "adresse fictive" in wrong("Réglages")
    sound(production=False)
    assert "réglée pour un essai" in wrong("Réglages")


def test_files_that_others_can_read_are_seen(sound):
    place = Settings.current().instance
    (place / "secret_key").write_text("clé")
    (place / "secret_key").chmod(0o644)
    assert wrong("Droits sur les fichiers") == ""  # the folder is closed
    place.chmod(0o755)
    assert f"peuvent lire {place}." in wrong("Droits sur les fichiers")
    assert "secret_key" in wrong("Droits sur les fichiers")


def test_a_disk_that_fills_is_seen(sound, monkeypatch):
    monkeypatch.setattr(machine, "LITTLE_ROOM", 10**15)
    assert "il reste" in wrong("Disque")


def test_a_mail_server_that_does_not_answer_is_seen(sound):
    sound(smtp_url="smtp://127.0.0.1:1")
    assert "127.0.0.1:1 ne répond pas" in wrong("Courriel")
    sound(smtp_url=None)
    assert "aucun serveur" in wrong("Courriel")


def test_a_worker_that_stopped_is_seen(sound):
    db.session.execute(sa.update(Tick).values(started_at=now() - timedelta(minutes=6)))
    assert "il ne travaille pas, vu pour la dernière fois" in wrong("Exécutant de tâches")
    db.session.execute(sa.delete(Tick))
    assert wrong("Exécutant de tâches") == "il ne travaille pas."


def test_a_clock_that_went_back_or_disagrees_is_seen(sound, monkeypatch):
    db.session.execute(sa.update(Tick).values(started_at=now() + timedelta(hours=2)))
    assert "elle a reculé" in wrong("Horloge")
    monkeypatch.setattr(condition, "database_time", lambda: now() + timedelta(minutes=3))
    assert "180\u00a0secondes d’écart" in wrong("Horloge")


def test_a_database_that_is_behind_or_ahead_is_seen(sound):
    version = sa.text("UPDATE alembic_version SET version_num = :version")
    current = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    for found, words in (("0002", "pas à jour"), ("9999", "plus récente")):
        db.session.execute(version, {"version": found})
        db.session.commit()
        assert words in wrong("Version")
    db.session.execute(version, {"version": current})
    db.session.commit()
    assert wrong("Version") == ""


def test_backups_that_are_missing_failed_or_old_are_seen(sound):
    backup = db.session.scalars(sa.select(Backup)).one()
    backup.trouble = "le disque refuse"
    assert "la dernière a échoué\u00a0: le disque refuse" in wrong("Sauvegardes")
    backup = db.session.scalars(sa.select(Backup)).one()
    backup.trouble, backup.made_at = "", now() - timedelta(hours=40)
    assert "la dernière bonne date de" in wrong("Sauvegardes")
    db.session.execute(sa.delete(Backup))
    assert "il n’y en a pas encore" in wrong("Sauvegardes")


def test_a_queue_that_does_not_answer_is_seen(sound, monkeypatch):
    monkeypatch.setattr(jobs, "is_reachable", lambda: False)
    assert wrong("File d’attente") == "elle ne répond pas."


def test_letters_that_are_held_are_seen(sound):
    db.session.add(Hold(data_from=now()))
    assert "en pause depuis une restauration" in wrong("Envois")


def test_a_server_that_is_too_old_is_seen(sound, monkeypatch):
    monkeypatch.setattr(condition, "OLDEST_SQLITE", (99,))
    monkeypatch.setattr(condition, "OLDEST_POSTGRESQL", 990000)
    assert "est trop ancien" in wrong("Version")


@pytest.fixture
def stranger(app):
    """A role of PostgreSQL to which nothing belongs."""
    role = f"stranger_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role}")
    yield role
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("application", ["postgresql"], indirect=True)
def test_a_database_that_belongs_to_somebody_else_is_seen(sound, stranger):
    titles = {one.title for one in examine(Settings.current())}
    assert "Base de données" not in titles
    db.session.execute(sa.text(f"SET LOCAL ROLE {stranger}"))
    [found] = condition.look_at_owner(Settings.current())
    db.session.rollback()
    assert "reste écrit dans ses statistiques" in found.said


def test_the_page_says_what_the_command_says(sound, signed_in):
    db.session.execute(sa.delete(Backup))
    page = signed_in(nadia()).get("/gestion/reglages/etat/").text
    assert "1\u00a0point est à corriger" in page
    assert "Il n’y en a pas encore" in page
