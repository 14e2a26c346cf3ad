"""The database layer, on both databases."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from factories import item
from kept import apart

from crm.db import db, lightly
from crm.identity import Identity


def test_a_moment_comes_back_in_utc(app):
    paris = timezone(timedelta(hours=2))
    thing = item(published_at=datetime(2026, 7, 1, 14, 30, tzinfo=paris))
    db.session.commit()
    db.session.refresh(thing)
    assert thing.published_at == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    assert thing.published_at.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(app):
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        item(published_at=datetime(2026, 7, 1, 14, 30))  # noqa: DTZ001


def test_the_defaults_are_there(app):
    from crm.newsletter.issues import Publication

    slugs = db.session.scalars(sa.select(Publication.slug).order_by(Publication.id)).all()
    assert slugs == ["resaclic", "lettre"]


def test_who_waits_to_write_is_not_passed_by_all_those_who_come(app):
    """Somebody writes without a pause (a letter leaves): others write all the same, and soon."""
    begun, ended, engine = threading.Event(), threading.Event(), apart()

    def write_again_and_again():
        with engine.connect() as connection:
            while not ended.is_set():
                with connection.begin():
                    connection.execute(sa.update(Identity).values(phone="1"))
                    begun.set()
                    time.sleep(0.01)

    db.session.add(Identity(name="Notre réseau"))
    db.session.commit()
    busy = threading.Thread(target=write_again_and_again)
    busy.start()
    assert begun.wait(timeout=20)
    waits = []
    try:
        for _ in range(5):
            start = time.monotonic()
            db.session.execute(sa.update(Identity).values(email="a@example.org"))
            db.session.commit()
            waits.append(time.monotonic() - start)
    finally:
        ended.set()
        busy.join()
    assert sum(waits) < 6  # SQLite’s own waiting takes twelve


def test_a_commit_waits_for_the_disk_but_where_it_may_be_made_again(app):
    """2 is FULL, 1 is NORMAL; PostgreSQL waits always."""
    lite = db.engine.dialect.name == "sqlite"
    query = sa.text("PRAGMA synchronous" if lite else "SHOW synchronous_commit")

    def asked():
        db.session.rollback()
        return db.session.scalar(query)

    before = asked()
    with lightly():
        during = asked()
    assert (before, during, asked()) == ((2, 1, 2) if lite else ("on", "on", "on"))
