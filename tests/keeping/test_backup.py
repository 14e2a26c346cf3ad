"""Backups: whole, closed to others, made while people work; those that are damaged are known."""

import json
import os
import random
import stat
import threading
import zipfile

import pytest
import sqlalchemy as sa
from kept import apart, forged, saved
from sqlalchemy.orm import Session

from crm.config import Settings
from crm.db import begin_writing, db
from crm.keeping import archive
from crm.keeping.archive import Damaged
from crm.keeping.backup import make
from crm.keeping.rehearse import rehearse
from crm.keeping.tables import Count, all_tables, columns_of, lines
from crm.newsletter.items import Feed, Item


def test_a_backup_holds_tables_files_and_keys_and_nothing_else(kept, tmp_path):
    for name in (
        "dkim.pem",
        "dossier/fiche.txt",
        "mail/1.eml",
        "serve.log",
        "crm.db",
        "queue.db-wal",
    ):
        (kept / name).parent.mkdir(exist_ok=True)
        (kept / name).write_text(name)
    file = saved(tmp_path)
    with archive.reading(file) as backup:
        assert sorted(backup.manifest.files) == ["dkim.pem", "dossier/fiche.txt", "secret_key"]
        assert b"".join(backup.file("dossier/fiche.txt")) == b"dossier/fiche.txt"
        assert backup.secrets() == list(Settings.current().keys)
        assert backup.manifest.tables["people"].rows == 1
        assert {"alembic_version", "search_documents"} & set(backup.manifest.tables) == set()


def test_rows_are_by_key_whatever_was_written_last(kept):
    """Two backups of the same rows are the same, byte for byte, wherever the rows lie."""
    first = db.session.scalars(sa.select(Item).order_by(Item.id)).first()
    assert first is not None
    db.session.add(Item(kind=first.kind, title="Venue après"))
    db.session.commit()
    first.title = "Changée en dernier"
    db.session.commit()
    with apart().connect() as connection:
        [table] = [one for one in all_tables(connection) if one.name == Item.__tablename__]
        place = [column.name for column in columns_of(table)].index("id")
        found = [json.loads(line)[place] for line in lines(connection, table, Count())]
    assert len(found) > 1
    assert found == sorted(found)


def test_a_backup_is_for_its_owner_alone(kept, tmp_path):
    old = os.umask(0)
    try:
        file = saved(tmp_path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_that_cannot_be_finished_leaves_nothing(kept, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        make(Settings.current(), tmp_path / "rien.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]


def test_a_backup_is_of_one_instant(kept, tmp_path):
    """While pairs of rows are written together, no backup holds half of a pair."""
    stop = threading.Event()
    engine = apart()

    def work():
        number = 0
        while not stop.is_set():
            number += 1
            begin_writing()
            with Session(engine) as session, session.begin():
                for side in ("a", "b"):
                    session.add(Feed(url=f"https://{side}.example.org/{number}", kind="news"))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for place in range(4):
            with archive.reading(saved(tmp_path, f"{place}.zip")) as backup:
                feeds = "".join(line.decode() for line in backup.table("feeds"))
            assert feeds.count("https://a.") == feeds.count("https://b.")
    finally:
        stop.set()
        worker.join()
    assert feeds.count("https://a.") > 0


def test_a_byte_that_changed_is_seen_or_means_nothing(kept, tmp_path):
    """Wherever the disk lies, what is read is what was written, or it is refused."""
    file, chance = saved(tmp_path), random.Random(8)
    good = file.read_bytes()
    whole = contents(file)
    refused = 0
    for _ in range(60):
        place = chance.randrange(len(good))
        file.write_bytes(
            good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :]
        )
        try:
            assert contents(file) == whole
        except Damaged:
            refused += 1
    assert refused > 30


def test_a_backup_cut_short_is_refused(kept, tmp_path):
    file = saved(tmp_path)
    good = file.read_bytes()
    for share in (0, 0.1, 0.5, 0.9, 0.999):
        file.write_bytes(good[: int(len(good) * share)])
        with pytest.raises(Damaged, match=r"n’est pas une sauvegarde|illisible"):
            rehearse(file, tmp_path)


def contents(file):
    with archive.reading(file) as backup:
        backup.check()
        tables = {name: b"".join(backup.table(name)) for name in backup.manifest.tables}
        files = {name: b"".join(backup.file(name)) for name in backup.manifest.files}
        return tables, files, backup.secrets()


def test_a_table_that_was_changed_is_refused(kept, tmp_path):
    """A ZIP made again is sound by itself: our own sums see it."""
    file = saved(tmp_path)
    forged(file, lambda told, members: members.update({"tables/users.jsonl": b"[]\n"}))
    with pytest.raises(Damaged, match="la table users n’est pas celle"):
        rehearse(file, tmp_path)


@pytest.mark.parametrize("name", ["../dehors", "/etc/motd", "a/../../b", "..\\dehors"])
def test_a_file_that_would_go_elsewhere_is_refused(kept, tmp_path, name):
    file = saved(tmp_path)
    part = {"sha256": "", "rows": 0, "size": 0, "mode": 0o600, "columns": []}
    forged(file, lambda told, members: told["files"].update({name: part}))
    with pytest.raises(Damaged, match="sommaire"):
        rehearse(file, tmp_path)


def test_what_is_no_backup_is_refused(app, tmp_path):
    (tmp_path / "lettre.docx").write_bytes(b"PK\x03\x04 non")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as other:
        other.writestr("photo.jpg", b"")
    for name in ("lettre.docx", "photos.zip"):
        with pytest.raises(Damaged):
            rehearse(tmp_path / name, tmp_path)


def test_a_rehearsal_says_what_came_back_and_leaves_no_trace(kept, tmp_path):
    before = set(sa.inspect(db.engine).get_schema_names())
    done = rehearse(saved(tmp_path), tmp_path)
    assert done.files == 1
    assert done.tables > 60
    assert done.rows > 300
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance", "maillage.zip"]
    assert set(sa.inspect(db.engine).get_schema_names()) == before
