"""The queue and the clock, on every store."""

import dataclasses
import logging
import os
import random
import threading
import time
from datetime import timedelta

import clock_faults
import pytest
import sqlalchemy as sa
from huey.exceptions import HueyException

from crm import jobs
from crm.app import create_app
from crm.db import db, now
from crm.identity import Identity
from crm.jobs import Tick, enqueue, every, job, run_due


@job
def rename(name: str) -> None:
    """What the jobs of these tests do."""
    identity = Identity.current()
    identity.name = name
    db.session.add(identity)


@job
def fail(secret: str) -> None:
    db.session.add(Identity(name=secret))
    raise RuntimeError("cassé")


@every(hours=1)
def count() -> None:
    identity = Identity.current()
    identity.phone = str(int(identity.phone or 0) + 1)
    db.session.add(identity)


COUNT = f"{__name__}.count"


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def queued(app, request, tmp_path):
    """The application with its queue on one store."""
    urls = {
        "sqlite": f"sqlite:///{tmp_path / 'queue.db'}",
        "redis": os.environ["TEST_REDIS"].removesuffix("/0") + "/15",
        "postgresql": os.environ["TEST_POSTGRESQL"].replace("+psycopg", "") + "/postgres",
    }
    settings = dataclasses.replace(app.extensions["settings"], queue_url=urls[request.param])
    other = create_app(settings)
    other.extensions["queue"].flush()
    with other.app_context():
        yield other
        db.session.remove()
        db.engine.dispose()
    _close(other)


def _close(app):
    """End the connection a store keeps for this thread, where it keeps one."""
    getattr(app.extensions["queue"].storage, "close", lambda: None)()


def work(app, seconds=20):
    """Run what waits in the queue, as a worker does."""
    queue = app.extensions["queue"]
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        task = queue.dequeue()
        if task is None:
            return
        queue.execute(task)


def test_a_job_runs_in_a_worker_and_commits(queued):
    enqueue(rename, "Renommé par la file")
    assert Identity.current().name == "Notre réseau"
    db.session.commit()
    work(queued)
    db.session.expire_all()
    assert Identity.current().name == "Renommé par la file"


def test_a_job_that_fails_leaves_everything_as_it_was_and_says_so(queued, caplog):
    enqueue(fail, "donnée personnelle")
    enqueue(rename, "Après")
    with caplog.at_level(logging.ERROR):
        work(queued)
    assert Identity.current().name == "Après"
    assert db.session.scalar(sa.select(sa.func.count(Identity.id))) == 1
    [line] = [record for record in caplog.records if record.name == "crm.jobs"]
    assert line.getMessage().startswith(f"tâche {__name__}.fail interrompue")
    assert "donnée personnelle" not in line.getMessage()


def test_a_job_that_nobody_has_begun_is_not_asked_for_twice(queued):
    for name in ("Une fois", "Une fois", "Autre"):
        enqueue(rename, name)
    queue = queued.extensions["queue"]
    assert queue.pending_count() == 2
    queue.dequeue()
    enqueue(rename, "Une fois")  # the first one has begun: it may have read already
    assert queue.pending_count() == 2
    queue.flush()


def test_a_queue_written_by_someone_else_is_not_obeyed(queued):
    """What is not signed with our secret is refused: a queue may be shared."""
    stranger = create_app(
        dataclasses.replace(queued.extensions["settings"], secret_key="autre" * 8)
    )
    with stranger.app_context():
        enqueue(rename, "Intrus")
    _close(stranger)
    enqueue(rename, "Intrus")
    assert queued.extensions["queue"].pending_count() == 2
    with pytest.raises((ValueError, HueyException)):
        work(queued)
    queued.extensions["queue"].flush()
    assert Identity.current().name == "Notre réseau"


def test_a_queue_that_is_down_loses_nothing(app, monkeypatch, caplog):
    def broken(*_):
        raise ConnectionRefusedError

    monkeypatch.setitem(app.extensions, "queue_task", broken)
    enqueue(rename, "x")
    assert "la file d’attente ne répond pas" in caplog.text


def test_the_clock_runs_what_is_due_and_nothing_else(app, monkeypatch):
    monkeypatch.setattr(jobs, "_periods", {COUNT: timedelta(hours=1)})
    start = now()
    assert run_due(start) == [COUNT]
    assert run_due(start + timedelta(minutes=59)) == []
    assert run_due(start + timedelta(minutes=60)) == [COUNT]
    assert Identity.current().phone == "2"


def test_of_many_clocks_one_runs_the_job(app, monkeypatch):
    monkeypatch.setattr(jobs, "_periods", {COUNT: timedelta(hours=1)})
    db.session.add(Tick(name=COUNT, started_at=now() - timedelta(days=1)))
    db.session.commit()
    moment, ran = now(), []

    def tick():
        with app.app_context():
            ran.extend(run_due(moment))

    clocks = [threading.Thread(target=tick) for _ in range(8)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert ran == [COUNT]
    assert Identity.current().phone == "1"


@pytest.fixture
def clock(app, monkeypatch):
    """The periods of this test alone."""
    monkeypatch.setattr(jobs, "_periods", {})


def test_two_clocks_of_which_one_dies_run_the_job_as_one(clock):
    ran, expected = clock_faults.several(2, 3, random.Random(1))
    assert expected - 1 <= ran <= expected + 1


@pytest.mark.parametrize("days", [1, 400])
def test_a_clock_that_jumped_and_came_back_goes_on(clock, days):
    """What was dated from the future does not keep the jobs waiting for it."""
    assert clock_faults.moved(days) == 3


def test_a_job_that_others_may_wait_for_rests_more_than_it_works(monkeypatch):
    clock, rests = [0.0], []
    monkeypatch.setattr(jobs.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(jobs.time, "sleep", rests.append)
    for step in jobs.gently([1, 2, 100]):  # the last one waits for a slow mail server
        clock[0] += step / 20
    assert rests == pytest.approx([0.15, 0.3, 0.5])
