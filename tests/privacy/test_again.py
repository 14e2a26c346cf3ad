"""A restored backup brings nobody back: what was erased since is erased again."""

import gatherings
import pytest
import sqlalchemy as sa
from asking import asked
from cards import person
from factories import nadia, subscriber
from kept import saved

from crm.config import Settings
from crm.contacts.people import Person
from crm.db import db, now
from crm.events import erase as events
from crm.events.registrations import Registration
from crm.forgotten import Forgotten, forget_marks, horizon, marks
from crm.holds import Hold, is_held
from crm.keeping import memory, restore
from crm.keeping.memory import NAME, Mark, gather, keep_memory
from crm.keeping.resume import resume
from crm.newsletter.readers import erase as readers
from crm.newsletter.subscriptions import Subscription
from crm.privacy import again
from crm.privacy.erase import erase
from crm.privacy.erasures import Erasure, Reason
from crm.privacy.identify import identify
from crm.requests import erase as requests
from crm.requests.requests import SupportRequest


@pytest.fixture
def place(app, setting, tmp_path):
    """An instance of its own."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    setting(instance=folder)
    return folder


def everybody():
    """Who is there, by table: what an erasure changes."""
    columns = (Person.last_name, SupportRequest.email, Registration.email, Subscription.email)
    found = {
        str(column): sorted(one for one in db.session.scalars(sa.select(column)) if "@" in one
                            or column is Person.last_name)
        for column in columns
    }  # fmt: skip
    left = db.session.scalars(sa.select(Subscription.left_at).where(Subscription.left_at != None))  # noqa: E711
    found["left"] = len(left.all())
    db.session.commit()
    return found


def crowd(*readers_):
    """Somebody on a card, with a request; a request, a registration, a reader; one who leaves."""
    card = person("Chloé", "Martin", emails=["chloe@example.org"])
    asked(email="chloe@example.org", person=card)
    asked(email="seule@example.org")
    gatherings.registration(gatherings.event(), email="venue@example.org", last_name="Venue")
    for email in readers_ or ("lectrice@example.org", "partie@example.org", "reste@example.org"):
        subscriber(email)
    person("Reste", "Ici", emails=["ici@example.org"])
    db.session.commit()


def erase_them():
    found = identify(f"fiche-{of(Person, Person.last_name == 'Martin').id}")
    erase(found.who, Reason.ASKED)
    requests.erase(of(SupportRequest, SupportRequest.email == "seule@example.org"))
    events.erase(of(Registration, Registration.email == "venue@example.org"))
    readers.erase("lectrice@example.org", Settings.current().keys)
    of(Subscription, Subscription.email == "partie@example.org").unsubscribe()
    db.session.commit()


def of(model, which):
    return db.session.scalars(sa.select(model).where(which)).one()


def test_what_was_erased_since_is_erased_again(place, tmp_path):
    crowd()
    before, file = everybody(), saved(tmp_path)
    erase_them()
    erased = everybody()
    assert erased != before
    done = restore.restore(Settings.current(), file)
    assert everybody() == erased
    assert done.erased_again == 5
    assert is_held(), "before anything leaves"
    assert [one.reason for one in db.session.scalars(sa.select(Erasure))] == [Reason.ASKED]
    assert db.session.scalars(Forgotten.due()).all() == []
    db.session.commit()
    assert restore.restore(Settings.current(), file).erased_again == 5, "as often as it comes back"
    assert everybody() == erased


def test_who_came_back_before_the_backup_stays(place, tmp_path):
    crowd()
    erase_them()
    crowd("lectrice@example.org")
    file = saved(tmp_path)
    before = everybody()
    assert restore.restore(Settings.current(), file).erased_again == 0
    assert everybody() == before


def test_a_database_that_is_lost_does_not_take_the_memory_away(place, tmp_path):
    crowd()
    file = saved(tmp_path)
    erase_them()
    erased = everybody()
    keep_memory()
    kept = Settings.current().backup_folder / NAME
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"@" not in kept.read_bytes()
    db.session.execute(sa.delete(Forgotten))
    db.session.commit()
    restore.restore(Settings.current(), file)
    assert everybody() == erased


def test_a_restoration_killed_before_it_erased_again_does_it_before_anything_leaves(
    place, tmp_path, monkeypatch
):
    crowd()
    file = saved(tmp_path)
    erase_them()
    erased = everybody()
    monkeypatch.setattr(restore, "erase_again", lambda keys: 0)  # killed there
    restore.restore(Settings.current(), file)
    assert everybody() != erased
    assert is_held()
    resume(nadia(), sends_mails=True)
    db.session.commit()
    assert everybody() == erased
    assert Hold.current() is None
    db.session.commit()


def test_a_file_that_was_damaged_is_no_reason_not_to_restore(place, tmp_path, caplog):
    folder = Settings.current().backup_folder
    folder.mkdir()
    (folder / NAME).write_text('[["hier", 1]')
    assert gather(Settings.current(), tmp_path / "x.zip") == set()
    assert "illisible" in caplog.text


def test_a_mark_names_nobody_and_belongs_to_one_installation():
    [ours], [theirs] = (marks("lettres", ["a@example.org"], [key]) for key in ("un", "deux"))
    assert ours != theirs
    assert len(ours) == 32
    assert marks("lettres", ["a@example.org"], ["deux", "un"]) == [theirs, ours]
    assert marks("lettres", ["a", "b"], ["k"]) != marks("lettres", ["a\0b", ""], ["k"])


def test_marks_go_when_no_backup_needs_them(app):
    for at in (horizon(), now()):
        db.session.add(Forgotten(at=at, kind="lettres", mark="0" * 32))
    db.session.commit()
    forget_marks()
    assert db.session.scalar(sa.select(sa.func.count(Forgotten.id))) == 1
    db.session.commit()


def test_with_an_older_key_too(app, setting):
    """The key may have been changed between the erasure and the restoration."""
    crowd()
    [mark] = marks(readers.KIND, ["reste@example.org"], ["ancienne"])
    db.session.add(Forgotten(kind=readers.KIND, mark=mark, due_since=now()))
    db.session.commit()
    assert again.erase_again(["ancienne"]) == 1
    assert "reste@example.org" not in everybody()["Subscription.email"]


def test_what_is_written_is_read_again(app, tmp_path):
    told = {Mark(now(), "lettres", "0" * 32), Mark(now(), "demande", "1" * 32)}
    memory._write(tmp_path / NAME, told)
    assert memory._of_file(tmp_path / NAME) == told
