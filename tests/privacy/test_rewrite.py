"""Writing a database again: PostgreSQL's tables one by one, without holding anybody up."""

from datetime import datetime
from zoneinfo import ZoneInfo

import cards
import planted
import pytest
import sqlalchemy as sa

from crm.config import Settings
from crm.contacts.people import Person
from crm.contacts.search import store as search
from crm.db import db
from crm.privacy import rewrite, scrub

MARK = "quuxantepenultieme"
SERVER = pytest.mark.parametrize("application", ["postgresql"], indirect=True)


@pytest.fixture
def known(app):
    """Somebody with a name that nobody else has, gone since."""
    cards.begin()
    card = cards.person("Zoé", MARK, emails=[f"{MARK}@example.org"])
    db.session.commit()
    return card


def forget(card):
    search.clear()
    db.session.delete(card)
    db.session.commit()


def holding(folder):
    """The files there in which the mark is."""
    found = []
    for one in folder.iterdir():
        try:
            content = one.read_bytes() if one.is_file() else b""
        except FileNotFoundError:  # the server let go of it meanwhile
            continue
        if MARK.encode() in content.lower():
            found.append(one.name)
    return found


def journal():
    return planted.database_folder().parents[1] / "pg_wal"


def url():
    return Settings.current().database_url


@SERVER
def test_the_journal_goes_too_where_the_server_keeps_none(known):
    assert holding(journal())
    forget(known)
    assert rewrite.rewrite(url())
    assert holding(journal()) == []


@SERVER
@pytest.mark.parametrize("others", [0, 1])
def test_nothing_stays_in_the_statistics(app, others):
    """They quote the values of each column; those of a table that is empty now, for ever."""
    cards.begin()
    for number in range(200):
        cards.person("Zoé", MARK, emails=[f"{MARK}{number}@example.org"])
    db.session.commit()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    assert len(quoting()) > 6
    search.clear()
    db.session.execute(sa.delete(Person))
    for _ in range(others):
        cards.person("Chloé", "Autre", emails=["chloe@example.org"])
    db.session.commit()
    shape = shape_of("people")
    db.session.commit()
    assert rewrite.rewrite(url())
    assert quoting() == []
    assert holding(planted.database_folder()) == []
    assert shape_of("people") == shape


def quoting():
    """The columns of which the statistics quote the mark."""
    query = sa.text(
        "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'"
        " AND concat(most_common_vals, histogram_bounds, most_common_elems) LIKE :mark"
    )
    return [tuple(row) for row in db.session.execute(query, {"mark": f"%{MARK}%"})]


def shape_of(table):
    """Its columns, with all that PostgreSQL says of them."""
    query = "SELECT * FROM information_schema.columns WHERE table_name = :name ORDER BY 4"
    return [tuple(row) for row in db.session.execute(sa.text(query), {"name": table})]


@SERVER
def test_who_reads_what_was_there_before_is_let_alone(known, monkeypatch, caplog):
    monkeypatch.setattr(rewrite, "_WAIT", 0.3)
    repeatable = {"isolation_level": "REPEATABLE READ"}
    with db.engine.connect().execution_options(**repeatable) as reader:
        before = reader.execute(sa.select(sa.func.count(Person.id))).scalar_one()
        forget(known)
        assert not rewrite.rewrite(url())
        assert reader.execute(sa.select(sa.func.count(Person.id))).scalar_one() == before
    assert "quelqu’un lit" in caplog.text
    assert rewrite.rewrite(url())


@SERVER
def test_who_writes_in_another_database_holds_the_old_rows_too(known, monkeypatch):
    """The snapshot of whoever copies a table goes back to the oldest writer of the whole server."""
    monkeypatch.setattr(rewrite, "_WAIT", 0.3)
    elsewhere = sa.create_engine(sa.make_url(url()).set(database="postgres"))
    with elsewhere.connect() as writer:
        writer.exec_driver_sql("SELECT pg_current_xact_id()")
        forget(known)
        assert not rewrite.rewrite(url())
    elsewhere.dispose()
    assert rewrite.rewrite(url())


@SERVER
def test_who_begins_to_read_meanwhile_keeps_the_statistics_of_before(known, monkeypatch):
    monkeypatch.setattr(rewrite, "_WAIT", 0.3)
    forget(known)
    write_again = rewrite._table
    repeatable = {"isolation_level": "REPEATABLE READ"}
    with db.engine.connect().execution_options(**repeatable) as reader:

        def read_first(driver, name):
            reader.exec_driver_sql("SELECT 1")
            return write_again(driver, name)

        monkeypatch.setattr(rewrite, "_table", read_first)
        assert not rewrite.rewrite(url())
    monkeypatch.setattr(rewrite, "_table", write_again)
    assert rewrite.rewrite(url())


@SERVER
def test_a_table_that_is_used_is_for_next_time_and_the_others_are_done(known, monkeypatch):
    monkeypatch.setattr(rewrite, "_LOCK", "100ms")
    forget(known)
    before = files_of("people", "users")
    with db.engine.connect() as other:
        other.exec_driver_sql("SELECT 1 FROM people")  # its transaction goes on
        assert not rewrite.rewrite(url())
        after = files_of("people", "users")
        assert [name for name in before if before[name] != after[name]] == ["users"]
    assert rewrite.rewrite(url())
    assert files_of("people", "users")["people"] != before["people"]


def files_of(*tables):
    with db.engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.pg_relation_filenode(name)))
            for name in tables
        }  # fmt: skip


def test_a_database_that_does_not_answer_is_for_next_time(app, caplog):
    nobody = "postgresql+psycopg://test@127.0.0.1:1/crm"
    assert not rewrite.rewrite(nobody if db.engine.dialect.name != "sqlite" else "sqlite:////no/x")
    assert "sera réécrite plus tard" in caplog.text


def test_a_queue_on_redis_has_no_file(app):
    assert rewrite.rewrite("redis://127.0.0.1:1/0")
    assert rewrite.weight("redis://127.0.0.1:1/0") == 0


def test_a_heavy_database_waits_for_the_night(app, monkeypatch):
    at = [datetime(2026, 3, 3, 15, tzinfo=ZoneInfo("Europe/Paris"))]
    monkeypatch.setattr(scrub, "now", lambda: at[0])
    assert not scrub.must_wait(Settings.current())
    monkeypatch.setattr(scrub, "_HEAVY", rewrite.weight(url()) - 1)
    assert scrub.must_wait(Settings.current())
    at[0] = at[0].replace(hour=3)
    assert not scrub.must_wait(Settings.current())
