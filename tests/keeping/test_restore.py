"""Restoring: all comes back, whole or not at all, and nothing leaves until someone says go."""

import contextlib
import dataclasses
import hashlib
import os
import random
import secrets
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import awa, item, luc, nadia
from flask import current_app
from kept import ODD, apart, forged, forked, killed, saved, sums, titles, until
from sending import begun, deliver, ready
from smtp_server import faulty
from sqlalchemy.orm import Session

from crm.app import create_app
from crm.config import Settings
from crm.contacts.search.suggest import suggest
from crm.db import begin_writing, db, now, reading
from crm.holds import Hold, is_held, release
from crm.keeping import places
from crm.keeping.archive import Damaged
from crm.keeping.restore import restore
from crm.keeping.resume import resume
from crm.mail import Mail, send_mails
from crm.newsletter.delivery.lateness import in_question
from crm.newsletter.issues import Issue
from crm.newsletter.items import Feed, Item


def change_everything():
    db.session.execute(sa.update(Item).values(title="Après"))
    db.session.execute(sa.delete(Mail))
    item(title="En trop")
    db.session.commit()


def test_everything_comes_back_as_it_was_and_nothing_leaves(kept, tmp_path):
    issue_id = begun("jean2@example.org")
    before, file = sums(), saved(tmp_path)
    change_everything()
    (kept / "secret_key").write_text("autre")
    assert sums() != before
    done = restore(Settings.current(), file)
    assert sums() == before
    assert titles() == [ODD[:200]]
    assert (kept / "secret_key").read_text() == "clé"
    assert (done.set_aside / "secret_key").read_text() == "autre"
    assert (kept / "secret_key").stat().st_mode & 0o777 == 0o600
    with faulty() as (url, script), settings_of(smtp_url=url):
        assert "feu vert" in deliver(timedelta(days=1))
        send_mails()
    assert script.received == []
    assert sums() == before
    assert db.session.get_one(Issue, issue_id).sent_at is None
    assert [found.name for found in suggest("traore")] == ["Fatoumata Traoré"]
    assert item().id > db.session.scalar(sa.select(sa.func.min(Item.id)))  # PostgreSQL counts on
    db.session.commit()


def test_a_damaged_backup_changes_nothing(kept, tmp_path):
    file = saved(tmp_path)
    change_everything()
    before = sums()
    forged(file, lambda told, members: told.update(revision="9999"))
    with pytest.raises(Damaged, match="version plus récente"):
        restore(Settings.current(), file)
    forged(file, lambda told, members: members.update({"tables/users.jsonl": b"[]\n"}))
    with pytest.raises(Damaged, match="la table users n’est pas celle"):
        restore(Settings.current(), file)
    assert sums() == before
    assert not is_held()
    db.session.commit()


def test_a_backup_whose_rows_point_nowhere_is_refused(kept, tmp_path):
    """Sums that agree are not enough: what comes back must hold together."""

    def orphan(told, members):
        name = "subscriptions"
        members[f"tables/{name}.jsonl"] = members[f"tables/{name}.jsonl"].replace(
            f",{publication},".encode(), b",987654,"
        )
        told["tables"][name]["sha256"] = hashlib.sha256(members[f"tables/{name}.jsonl"]).hexdigest()

    publication = db.session.scalar(sa.text("SELECT publication_id FROM subscriptions"))
    before, file = sums(), saved(tmp_path)
    forged(file, orphan)
    with pytest.raises(Exception, match=r"orphans|n’existent pas"):
        restore(Settings.current(), file)
    assert sums() == before


def test_an_older_backup_is_brought_up_to_date(kept, tmp_path):
    """A backup made by the version before this one, on its own tables."""
    file = saved(tmp_path)

    def age(told, members):
        told["revision"] = "0007"
        for name in later:
            told["tables"].pop(name)
            members.pop(f"tables/{name}.jsonl")

    with places.temporary(tmp_path) as connection:
        places.migrate(connection, "0007")
        then = set(sa.inspect(connection).get_table_names())
    later = {table for table in sums() if table not in then} | {"backups", "holds"}
    forged(file, age)
    restore(Settings.current(), file)
    with reading(), db.engine.connect() as connection:
        assert places.revision_of(connection) == places.head()
    assert titles() == [ODD[:200]]
    assert is_held()
    db.session.commit()


@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_a_file_that_sqlite_cannot_read_any_more_makes_way(kept, tmp_path):
    before, file = sums(), saved(tmp_path)
    broken = dataclasses.replace(
        Settings.current(), database_url=f"sqlite:///{tmp_path / 'cassée.db'}"
    )
    (tmp_path / "cassée.db").write_bytes(os.urandom(50_000))
    with create_app(broken).app_context():
        restore(broken, file)
        assert sums() == before
        db.session.remove()
        db.engine.dispose()
    [aside] = tmp_path.glob("cassée.db.illisible-*")
    assert aside.stat().st_size == 50_000


def test_a_restoration_killed_at_any_moment_is_whole_or_nothing(kept, tmp_path):
    chance, settings = random.Random(4), Settings.current()
    old, file = sums(), saved(tmp_path)
    change_everything()
    new = sums()
    process = forked(lambda: restore(settings, file))
    time.sleep(chance.uniform(0.2, 1.5))
    killed(process)
    assert sums() in (old, new)
    assert is_held() == (sums() == old)
    db.session.commit()
    restore(settings, file)
    assert sums() == old


def test_people_go_on_working_during_a_restoration(kept, tmp_path):
    """Under those who read and write, the old tables change into the new ones at one instant."""
    file, engine = saved(tmp_path), apart()
    stop, seen, written, broken = threading.Event(), set(), [], []

    def work():
        while not stop.is_set():
            number = secrets.token_hex(8)
            try:
                begin_writing()
                with Session(engine) as session, session.begin():
                    for side in ("a", "b"):
                        session.add(Feed(url=f"https://{side}.example.org/{number}", kind="news"))
                written.append(number)
                with reading(), engine.connect() as connection:
                    urls = connection.scalars(sa.select(Feed.url)).all()
                    seen.add(
                        sum("//a." in url for url in urls) - sum("//b." in url for url in urls)
                    )
            except sa.exc.OperationalError:
                continue  # told so, and tried again: a page says « réessayez »
            except Exception as error:
                broken.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        restore(Settings.current(), file)
        before = len(written)
        until(lambda: len(written) > before + 1, seconds=5)
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert broken == []
    assert seen == {0}
    assert titles() == [ODD[:200]]


def test_a_delivery_that_runs_stops_when_a_backup_comes_back(app):
    begun(*(f"abonne{number}@example.org" for number in range(60)))
    with faulty(delay=0.02) as (url, script), settings_of(smtp_url=url):
        engine = apart()

        def hold():
            while len(script.received) < 5:
                time.sleep(0.005)
            begin_writing()
            with Session(engine) as session, session.begin():
                session.add(Hold(data_from=now()))

        other = threading.Thread(target=hold)
        other.start()
        deliver()
        other.join()
    assert 5 <= len(script.received) < 60


@pytest.mark.parametrize("make", [ready, begun])
def test_go_lets_mails_leave_and_keeps_back_what_may_have_left(kept, make):
    late = make("late@example.org")
    db.session.add(Hold(data_from=now(), began_at=now()))
    db.session.commit()
    found = resume(awa(), sends_mails=True)
    db.session.commit()
    assert [issue.id for issue in found.issues] == [late]
    assert not is_held()
    with faulty() as (url, script), settings_of(smtp_url=url):
        deliver()
        send_mails()
    assert script.recipients == ["jean@example.org"]
    assert [issue.id for issue in in_question(now())] == [late]
    db.session.commit()


def test_mails_of_before_can_be_set_aside(kept):
    db.session.add(Hold(data_from=now(), began_at=now()))
    resume(None, sends_mails=False)
    db.session.commit()
    mail = db.session.scalars(sa.select(Mail)).one()
    assert (mail.next_try_at, mail.response) == (None, "mis de côté après une restauration")
    db.session.commit()


def test_every_page_of_the_team_says_that_nothing_leaves(kept, signed_in):
    words = "aucune lettre, aucun courriel ne part"
    db.session.add(Hold(data_from=now() - timedelta(hours=6)))
    reader, writer = signed_in(luc()), signed_in(awa())
    for client, may in ((reader, False), (writer, True)):
        page = client.get("/gestion/contacts/").text
        assert words in page
        assert ("Reprendre les envois" in page) == may
    page = writer.get("/gestion/reglages/reprise/").text
    assert "1\u00a0courriel attend" in page
    answer = writer.post("/gestion/reglages/reprise/", data={"mails": "keep"})
    assert answer.status_code == 302
    assert words not in writer.get("/gestion/").text
    assert Hold.last().ended_by.email == "awa@example.org"
    assert reader.post("/gestion/reglages/reprise/", data={"mails": "keep"}).status_code == 403


def test_go_is_said_once(kept, signed_in):
    db.session.add(Hold(data_from=now()))
    release(nadia())
    first = Hold.last().ended_at
    release(None)
    assert Hold.last().ended_at == first
    client = signed_in(awa())
    assert client.get("/gestion/reglages/reprise/").location == "/gestion/"
    assert "Rien n’est en pause" in client.get("/gestion/").text


@contextlib.contextmanager
def settings_of(**values):
    before = Settings.current()
    current_app.extensions["settings"] = dataclasses.replace(before, retry_delays=(1,), **values)
    try:
        yield
    finally:
        current_app.extensions["settings"] = before
