"""Undoing an import a few cards at a time: killed, shared, disturbed, it ends as in one go."""

import contextvars
import os
import signal
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from contact_files import base, imported, undo_now
from kept import apart, forked, neighbour, until

from crm.contacts import personal
from crm.contacts.details import Detail, DetailKind
from crm.contacts.files import intake, undo
from crm.contacts.files.imports import Import, ImportChange, Stage
from crm.contacts.files.learn import learn
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term
from crm.db import db, now

FILE = "Structure;Sigle;Ville;Étiquettes;Prénom;Nom;Courriel\n" + "".join(
    f"{name};{name[:3]};Lyon;{tag};{first};{last};{last.lower()}@example.org\n"
    for name, tag, first, last in (
        ("Eau vive", "Neuf", "Awa", "Traoré"),
        ("Cordée", "Neuf", "Luc", "Morel"),
        ("Semeurs", "Autre", "Zoé", "Petit"),
        ("Gret", "", "Inès", "Roux"),
    )
)


def named(model, name):
    column = Person.last_name if model is Person else Organisation.name
    return db.session.scalars(sa.select(model).where(column == name)).one()


def count(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


@pytest.fixture
def steps(app, monkeypatch):
    """Two cards to a step."""
    monkeypatch.setattr(undo, "_AT_ONCE", 2)
    db.session.add(Organisation(name="Gret", siren="732829320", commune="Vif"))
    db.session.commit()


@pytest.fixture
def record(steps):
    """Four structures, one known before, and four people; then two of them are worked on."""
    record = imported(FILE.encode(), creates_terms=True, decisions={"5": {"organisation": gret()}})
    named(Person, "Morel").commune = "Vif"
    named(Organisation, "Gret").commune = "Claix"
    other = Organisation(name="Autre", terms=[label("Autre")])
    db.session.add(other)
    index(other)
    db.session.commit()
    return record


def gret() -> int:
    return named(Organisation, "Gret").id


def label(name):
    return db.session.scalars(sa.select(Term).where(Term.label == name)).one()


# What undoing it comes to, however it goes.
COUNTS = {"removed": 5, "restored": 1, "left": 3, "terms": 2, "done": 8, "total": 8}
LEFT = [
    ("Luc Morel", "modifiée depuis"),
    ("Gret", "modifié depuis, laissé tel quel\u00a0: commune"),
    ("Cordée", "une fonction y est attachée"),
    ("Neuf", "ce terme sert maintenant ailleurs"),
    ("Autre", "ce terme sert maintenant ailleurs"),
]


def ends_as_in_one_go(record) -> None:
    db.session.refresh(record)
    assert (record.stage, record.undone) == (Stage.UNDONE, COUNTS)
    said = [(one["title"], one["words"][0]) for one in record.messages]
    assert sorted(said) == sorted(LEFT)
    assert count(ImportChange) == 0
    assert sorted(db.session.scalars(sa.select(Person.last_name))) == ["Morel"]
    names = sorted(db.session.scalars(sa.select(Organisation.name)))
    assert names == ["Autre", "Cordée", "Gret"]
    assert [suggest(word) for word in ("semeurs", "traore")] == [[], []]
    assert [found.name for found in suggest("cordee", 1)] == ["Cordée (Cor)"]


def asked(record) -> Import:
    undo.ask(record)
    db.session.commit()
    return record


def test_an_undo_in_one_go(record, monkeypatch):
    monkeypatch.setattr(undo, "_AT_ONCE", 1000)
    told = undo_now(record)
    assert (told.removed, told.restored) == (5, 1)
    assert sorted((left.title, left.why) for left in told.left) == sorted(LEFT)
    ends_as_in_one_go(record)


def test_an_undo_in_steps(record):
    seen = []
    undo.carry_out(record.id)  # nobody asked for it
    assert (record.stage, count(ImportChange)) == (Stage.APPLIED, 8)
    undo_now(record, lambda done, total: seen.append((done, total)))
    assert seen == [(2, 8), (4, 8), (6, 8), (8, 8), (8, 8), (8, 8)]
    ends_as_in_one_go(record)


@pytest.mark.parametrize("step", [1, 4])
def test_a_worker_killed_in_the_middle_of_a_step_is_followed_by_another(record, monkeypatch, step):
    """Really: `kill -9`, once cards of that step are gone and before it is committed."""
    number, before, calls = asked(record).id, base(), []

    def work_and_die(*args):
        calls.append(work(*args))
        if len(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    work = undo.index_many
    with monkeypatch.context() as patch:
        patch.setattr(undo, "index_many", work_and_die)
        _, status = os.waitpid(forked(lambda: undo.carry_out(number)), 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    record, done = db.session.get_one(Import, number), 2 * (step - 1)
    assert (record.stage, record.undone["done"]) == (Stage.UNDOING, done)
    assert (count(ImportChange), intake.progress_of(record)) == (8 - done, 100 * done // 8)
    assert (base() == before) == (step == 1)
    record.undone_at = now() - timedelta(minutes=1)
    db.session.commit()
    intake.resume()
    ends_as_in_one_go(record)


def test_the_clock_leaves_alone_what_a_worker_is_at(record):
    asked(record)
    record.undone_at = now()
    db.session.commit()
    intake.resume()
    assert (record.stage, record.undone["done"]) == (Stage.UNDOING, 0)
    intake.run(record.id)
    ends_as_in_one_go(record)


def refuse(error):
    raise error


def elsewhere(app, gesture):
    """Somebody else does this now, in a session of their own."""

    def work():
        with app.app_context():
            gesture()
            db.session.commit()

    contextvars.Context().run(work)


def test_what_someone_edits_between_two_steps_stays_and_is_said(app, record):
    def edit():
        named(Organisation, "Semeurs").log("Appelés ce matin")

    done = []
    asked(record)
    told = undo.carry_out(
        record.id, lambda *_: done.append(1) or (len(done) == 2 and elsewhere(app, edit))
    )
    assert ("Semeurs", "son journal a de nouvelles lignes") in [
        (left.title, left.why) for left in told.left
    ]
    assert named(Organisation, "Semeurs").acronym == "Sem"
    assert (record.undone["removed"], record.undone["left"]) == (4, 4)


def test_another_worker_that_does_the_rest_does_nothing_twice(app, record):
    number, others = asked(record).id, []

    def do_the_rest(*_):
        if not others:
            others.append(None)
            elsewhere(app, lambda: others.append(undo.carry_out(number)))

    told = undo.carry_out(number, do_the_rest)
    assert (told.removed, told.restored) == (others[1].removed, others[1].restored) == (5, 1)
    ends_as_in_one_go(record)


def test_two_workers_at_the_same_time_do_each_card_once(app, record, monkeypatch):
    monkeypatch.setattr(undo, "_AT_ONCE", 1)
    asked(record)
    number, broken = record.id, []

    def work():
        with app.app_context():
            try:
                undo.carry_out(number)
                db.session.commit()
            except Exception as error:
                broken.append(error)

    db.session.rollback()
    workers = [threading.Thread(target=contextvars.Context().run, args=(work,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert broken == []
    ends_as_in_one_go(record)


def test_others_write_between_two_steps(app, record):
    """SQLite has one writer; someone waits a fifth of a second for it at most."""
    asked(record)
    waited, write = neighbour()
    undo.carry_out(record.id, write)
    assert len(waited) == 6
    assert max(waited) < 2


def test_whoever_adds_to_a_card_that_is_about_to_go_keeps_it(app, record):
    """PostgreSQL has several writers: what they began before a step is waited for, then seen."""
    if db.engine.dialect.name == "sqlite":
        return  # nobody else can have begun
    asked(record)
    card, number = named(Organisation, "Semeurs").id, record.id
    detail = Detail.make(DetailKind.EMAIL, "neuf@example.org")
    values = {"kind": detail.kind, "value": detail.value, "key": detail.key, "position": 9}

    def work():
        with app.app_context():
            undo.carry_out(number)
            db.session.commit()

    db.session.rollback()
    worker = threading.Thread(target=contextvars.Context().run, args=(work,))
    with apart().begin() as connection:
        connection.execute(sa.insert(Detail).values(organisation_id=card, **values))
        worker.start()
        until(waits_for_us)
    worker.join()
    assert "neuf@example.org" in [one.value for one in named(Organisation, "Semeurs").details]


def waits_for_us() -> bool:
    with apart().connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return connection.scalar(sa.text(query)) > 0


def test_an_error_is_said_and_one_starts_again(record, monkeypatch, caplog):
    asked(record)
    with monkeypatch.context() as patch:
        work, calls = undo.put_back, []

        def fails(*args):
            calls.append(1)
            return 1 / 0 if len(calls) == 3 else work(*args)

        patch.setattr(undo, "put_back", fails)
        intake.run(record.id)
        intake.resume()
    assert (record.stage, record.undone["done"]) == (Stage.HALTED, 4)
    assert "Traoré" not in caplog.text
    asked(record)
    assert record.undone["done"] == 4, "it goes on from there"
    intake.run(record.id)
    ends_as_in_one_go(record)


def test_a_database_that_is_busy_is_asked_again(record, monkeypatch, caplog):
    asked(record)
    with monkeypatch.context() as patch:
        busy = sa.exc.OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        patch.setattr(undo, "put_back", lambda *args: refuse(busy))
        intake.run(record.id)
    assert (record.stage, record.undone["done"]) == (Stage.UNDOING, 0)
    intake.resume()
    ends_as_in_one_go(record)


def test_a_search_that_still_learns_an_import_does_not_bring_it_back(record):
    undo_now(record)
    learn(record, lambda done, total: None)
    ends_as_in_one_go(record)


def test_what_was_undone_in_one_go_is_forgotten_at_night(record):
    record.stage = Stage.UNDONE
    imported(b"Nom\nAutre fichier\n")
    personal.tidy()
    assert count(ImportChange) == 1, "that of the import that can still be undone"


def test_an_undo_is_asked_again_without_harm_and_refused_once_done(record):
    for _ in range(2):
        asked(record)
    undo.carry_out(record.id)
    with pytest.raises(undo.UndoRefused):
        undo.ask(record)
    undo.carry_out(record.id)
    ends_as_in_one_go(record)
