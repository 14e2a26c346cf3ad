"""Upgrading: saved, rehearsed on a copy, done in one go; killed halfway, nothing has changed."""

import dataclasses
import random
import time

import pytest
import sqlalchemy as sa
from kept import empty_database, forked, killed, revision
from sqlalchemy.orm import Session

from crm.app import create_app
from crm.config import Settings
from crm.db import db, reading
from crm.keeping import places, upgrade
from crm.keeping.archive import Damaged
from crm.keeping.backups import Backup, Why
from crm.keeping.upgrade import NotUpgraded, bring_up_to_date
from crm.newsletter.items import Feed

OLD = "0002"  # what has landed on other people’s machines


@pytest.fixture
def old(app, tmp_path):
    """An installation of an older version, with a row in it, in a context."""
    settings = dataclasses.replace(
        Settings.current(),
        database_url=empty_database(db.engine.dialect.name, tmp_path),
        instance=tmp_path / "ancienne",
    )
    with create_app(settings).app_context():
        with places.writing(db.engine) as connection:
            places.migrate(connection, OLD)
            columns = {column.name for column in Feed.__table__.columns}
            here = {one["name"] for one in sa.inspect(connection).get_columns("feeds")}
            assert {"url", "kind"} <= columns & here
            connection.execute(
                sa.text(
                    "INSERT INTO terms (vocabulary, code, label, position)"
                    " VALUES ('tag', 'avant', 'Mis avant', 1)"
                )
            )
        yield settings
        db.session.remove()
        db.engine.dispose()


def label():
    with reading(), Session(db.engine) as session:
        return session.scalar(sa.text("SELECT label FROM terms WHERE code = 'avant'"))


def test_an_upgrade_is_saved_and_rehearsed_first(old):
    said = []
    bring_up_to_date(old, said.append)
    assert (revision(), label()) == (places.head(), "Mis avant")
    assert [line.split("\u00a0")[0] for line in said] == [
        "Sauvegarde faite avant la mise à jour",
        "Mise à jour répétée sur une copie",
        f"Base mise à jour, de la version {OLD} à la version {places.head()}.",
    ]
    [backup] = db.session.scalars(sa.select(Backup)).all()
    assert (backup.why, backup.is_good) == (Why.UPGRADE, True)
    assert (old.backup_folder / backup.name).is_file()
    db.session.commit()
    bring_up_to_date(old, said.append)
    assert len(said) == 3  # nothing to do, nothing said


def test_an_upgrade_that_fails_on_the_copy_is_not_tried(old, monkeypatch):
    def refuse(*_):
        raise Damaged("la copie ne veut pas")

    monkeypatch.setattr(upgrade, "rehearse", refuse)
    with pytest.raises(NotUpgraded, match="La répétition a échoué, la base n’a pas changé"):
        bring_up_to_date(old, lambda line: None)
    assert (revision(), label()) == (OLD, "Mis avant")


def test_an_upgrade_killed_at_any_moment_is_done_or_not_and_goes_on(old):
    chance = random.Random(5)
    for _ in range(2):
        process = forked(lambda: bring_up_to_date(old, lambda line: None, is_saved=False))
        time.sleep(chance.uniform(0.1, 0.8))
        killed(process)
        assert revision() in (OLD, places.head())
        assert label() == "Mis avant"
    bring_up_to_date(old, lambda line: None, is_saved=False)
    assert (revision(), label()) == (places.head(), "Mis avant")


def test_a_database_of_a_newer_version_is_left_alone(old):
    with places.writing(db.engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotUpgraded, match="version plus récente"):
        bring_up_to_date(old, lambda line: None)
    assert revision() == "9999"
