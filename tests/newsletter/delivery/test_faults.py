"""Deliveries whose ground gives way: a full disk, a database or a queue that falls, a slow server.

The same trials, longer, make docs/reliability.md (`make reliability`).
"""

import random

import faults
import pytest
import services


@pytest.fixture
def trial(app):
    """Makes a trial on the database of the test."""
    made = []

    def make(people):
        made.append(faults.Trial(app.extensions["settings"], people))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def good(outcome, **expected):
    found = {name: getattr(outcome, name) for name in ("lost", "unnamed", "early", "doubled")}
    assert found == {"lost": 0, "unnamed": 0, "early": 0, "doubled": 0} | expected


@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_a_full_disk_loses_and_doubles_nobody(trial):
    good(faults.full_disk(trial(120), 0.5, faults.no_more_room))


def test_a_database_that_falls_loses_nobody(tmp_path):
    server = services.postgresql()
    if server is None:
        pytest.skip("PostgreSQL manque : apt install postgresql")
    try:
        with faults.installation(f"{server.url}/postgres", tmp_path) as settings:
            trial = faults.Trial(settings, 120)
            outcome = faults.database_falls(trial, server, 1, random.Random(5))
            trial.stop()
    finally:
        server.stop()
    assert outcome.is_good, outcome
    assert outcome.doubled <= faults.MOST_IN_DOUBT


@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_a_queue_that_falls_changes_nothing(trial):
    server = services.redis_server()
    if server is None:
        pytest.skip("Redis manque : apt install redis-server")
    try:
        outcome = faults.queue_falls(trial(100), server)
    finally:
        server.stop()
    good(outcome)
    assert outcome.falls == 0, "the worker lives on"


@pytest.mark.parametrize("application", ["sqlite"], indirect=True)
def test_a_very_slow_server_is_waited_for(trial):
    good(faults.slow_server(trial(4), 1.2))


def test_of_two_that_send_at_once_one_may_be_killed(trial):
    outcome = faults.kills_of_two(trial(160), 2, random.Random(7))
    assert outcome.is_good, outcome
