"""Every night: made, checked, kept by days, weeks and months; what fails is said."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from factories import awa, nadia
from hypothesis import given
from hypothesis import strategies as some
from kept import forked, killed, until

from crm.config import Settings
from crm.db import db, now, reading
from crm.filters import local
from crm.keeping import nightly
from crm.keeping.backups import DEAD, LATE, Backup, Why
from crm.keeping.nightly import adopt, keep_backups, last_night, remove_old
from crm.keeping.rotate import expendable
from crm.keeping.tables import Uncopied

HALF_PAST_TWO = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


def all_backups():
    found = db.session.scalars(sa.select(Backup).order_by(Backup.id)).all()
    db.session.commit()
    return found


def begun_at():
    """When the only one was begun; whoever writes is not kept waiting by the question."""
    with reading():
        found = db.session.scalar(sa.select(Backup.begun_at))
        db.session.rollback()
    return found


def test_the_night_begins_at_two_in_paris_whatever_the_season():
    winter, summer = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
    assert last_night(winter.replace(hour=1)) == winter.replace(hour=1)
    assert last_night(winter.replace(hour=0, minute=59)) == winter.replace(hour=1) - timedelta(
        days=1
    )
    assert last_night(summer) == summer


def test_one_backup_is_made_each_night_and_checked(kept, signed_in):
    keep_backups()
    keep_backups()
    [backup] = all_backups()
    file = Settings.current().backup_folder / backup.name
    assert (backup.why, backup.is_good, backup.size) == (Why.NIGHT, True, file.stat().st_size)
    assert backup.rows > 300
    page = signed_in(nadia()).get("/gestion/").text
    assert "Dernière sauvegarde vérifiée" in page
    assert "Dernière sauvegarde vérifiée" not in signed_in(awa()).get("/gestion/").text


def test_a_backup_that_would_not_come_back_is_said_and_tried_again(kept, signed_in, monkeypatch):
    def refuse(*_):
        raise Uncopied("la table items est refusée (cassé)")

    monkeypatch.setattr(nightly, "rehearse", refuse)
    keep_backups()
    [backup] = all_backups()
    assert backup.trouble.endswith("la table items est refusée (cassé)")
    client = signed_in(nadia())
    assert "Voir pourquoi la sauvegarde a échoué" in client.get("/gestion/").text
    assert "la table items est refusée" in client.get("/gestion/reglages/sauvegardes/").text
    keep_backups()
    assert len(all_backups()) == 1
    assert not nightly._is_due(now())
    assert nightly._is_due(max(backup.asked_at, last_night(now())) + timedelta(minutes=61))
    db.session.commit()


def test_a_full_disk_is_said(kept, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nightly, "make", full)
    keep_backups()
    [backup] = all_backups()
    assert backup.trouble == "le disque refuse\u00a0: No space left on device"


def test_a_backup_whose_worker_died_is_made_by_another(kept, monkeypatch):
    monkeypatch.setattr(nightly, "_is_due", lambda at: False)
    db.session.add(Backup(why=Why.ASKED))
    db.session.commit()
    monkeypatch.setattr(nightly, "make", lambda *_: time.sleep(60))
    process = forked(keep_backups)
    try:
        until(lambda: begun_at() is not None)
    finally:
        killed(process)
    monkeypatch.undo()
    monkeypatch.setattr(nightly, "_is_due", lambda at: False)
    keep_backups()
    assert all_backups()[0].is_going_on
    db.session.execute(sa.update(Backup).values(begun_at=now() - DEAD - timedelta(minutes=1)))
    db.session.commit()
    keep_backups()
    assert all_backups()[0].is_good


def test_one_asks_for_a_backup_once(app, signed_in):
    client = signed_in(nadia())
    for _ in range(2):
        assert client.post("/gestion/reglages/sauvegardes/").status_code == 302
    [backup] = all_backups()
    assert (backup.why, backup.is_going_on) == (Why.ASKED, True)
    assert "Une sauvegarde est en cours" in client.get("/gestion/reglages/sauvegardes/").text


def test_files_that_the_database_forgot_are_known_again(kept):
    db.session.add(Backup(why=Why.ASKED))
    db.session.commit()
    backup_id = all_backups()[0].id
    nightly.carry_out(backup_id, Settings.current())
    db.session.execute(sa.delete(Backup))
    (Settings.current().backup_folder / "maillage-abîmée.zip").write_bytes(b"rien")
    adopt(Settings.current())
    adopt(Settings.current())
    db.session.commit()
    [backup] = all_backups()
    assert backup.made_at is not None
    assert backup.is_going_on  # it will be checked in its turn


def test_old_files_go_and_the_page_forgets_them(kept):
    folder = Settings.current().backup_folder
    folder.mkdir()
    for age in range(40):
        made_at = now() - timedelta(days=age)
        name = f"maillage-{age:02}.zip"
        (folder / name).write_bytes(b"x")
        db.session.add(
            Backup(why=Why.NIGHT, name=name, asked_at=made_at, made_at=made_at, checked_at=made_at)
        )
    db.session.commit()
    remove_old(Settings.current())
    left = {file.name for file in folder.iterdir()}
    assert left == {one.name for one in all_backups() if one.removed_at is None}
    assert {f"maillage-{age:02}.zip" for age in range(7)} <= left
    assert 7 < len(left) <= 7 + 5 + 12


@given(some.lists(some.integers(0, 800 * 24), min_size=1), some.tuples(*[some.integers(1, 9)] * 3))
def test_what_is_kept_follows_the_rule(hours, keep):
    moments = {HALF_PAST_TWO - timedelta(hours=count) for count in hours}
    kept = moments - set(expendable(moments, keep))
    assert max(moments) in kept
    assert len(kept) <= sum(keep)
    days = sorted({local(one).date() for one in moments})[-keep[0] :]
    newest = {max(one for one in moments if local(one).date() == day) for day in days}
    assert newest <= kept
    months = sorted({(local(one).year, local(one).month) for one in moments})[-keep[2] :]
    assert {(local(one).year, local(one).month) for one in kept} >= set(months)


@pytest.mark.parametrize("hours", [1, 40])
def test_a_night_that_was_missed_is_said(app, signed_in, hours):
    made_at = now() - timedelta(hours=hours)
    db.session.add(
        Backup(why=Why.NIGHT, name="x", asked_at=made_at, made_at=made_at, checked_at=made_at)
    )
    page = signed_in(nadia()).get("/gestion/reglages/sauvegardes/").text
    assert ("date de plus d’un jour" in page) == (timedelta(hours=hours) > LATE)
