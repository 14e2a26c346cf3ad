"""`crm newsletter send`, killed at any instant: nobody lost, few in doubt, never over too early."""

import os
import random
import time

import forks
import pytest
from sending import counted, ledger, ready, sent_at, states
from smtp_server import faulty

from crm.db import db

PEOPLE = [f"abonne{number:03}@example.org" for number in range(160)]
MOST_IN_DOUBT = 16  # for each kill


@pytest.fixture
def send(app):
    """Starts the real command on the database of the test, in a process of its own."""
    settings = app.extensions["settings"]
    started = []

    def start(smtp_url):
        environ = os.environ | {
            "CRM_DATABASE_URL": settings.database_url,
            "CRM_QUEUE_URL": settings.queue_url,
            "CRM_SECRET_KEY": settings.secret_key,
            "CRM_INSTANCE": str(settings.instance),
            "CRM_SMTP_URL": smtp_url,
        }
        started.append(forks.start("newsletter", "send", env=environ))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(count, script, process):
    """Until the server has that many messages."""
    until = time.monotonic() + 60
    while len(script.received) < count and process.poll() is None:
        assert time.monotonic() < until, "the server received nothing"
        time.sleep(0.002)


def doubted():
    found = {email for email, row in ledger().items() if row.doubted_at is not None}
    db.session.commit()
    return found


@pytest.mark.parametrize("seed", [2026])
def test_killed_again_and_again_it_loses_nobody_and_doubles_few(app, send, seed):
    chance = random.Random(seed)
    issue_id = ready(*PEOPLE)
    with faulty(delay=0.002) as (url, script):
        kills = 0
        while kills < 3:
            process = send(url)
            wait_for(len(script.received) + chance.randint(1, 45), script, process)
            time.sleep(chance.uniform(0, 0.01))
            process.kill()
            process.wait()
            kills += 1
            left = {email for email, state in states().items() if state != "sent"}
            assert (sent_at(issue_id) is None) is bool(left), "over too early, or too late"
            assert set(PEOPLE) - set(script.recipients) <= left, "sent, says the ledger: nobody saw"
        last = send(url)
        assert (last.wait(timeout=60), sent_at(issue_id) is not None) == (0, True)
    copies = counted(script.recipients)
    twice = {email for email, count in copies.items() if count > 1}
    assert set(copies) == set(PEOPLE)
    assert set(states().values()) == {"sent"}
    assert twice <= doubted(), "whoever may have received it twice is named"
    assert len(doubted()) <= MOST_IN_DOUBT * kills
    assert sum(copies.values()) - len(PEOPLE) <= MOST_IN_DOUBT * kills


def test_two_commands_at_once_send_to_each_once(app, send):
    issue_id = ready(*PEOPLE)
    with faulty(delay=0.05) as (url, script):
        both = [send(url), send(url)]
        while script.connections < 4 and None in [process.poll() for process in both]:
            time.sleep(0.005)
        script.delay = 0.002
        assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert counted(script.recipients) == dict.fromkeys(PEOPLE, 1)
    assert (doubted(), sent_at(issue_id) is not None) == (set(), True)
    assert script.connections == 4, "both took part"
