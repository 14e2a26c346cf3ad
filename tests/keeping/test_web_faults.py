"""What people write is kept, whatever falls, and nothing needs a restart.

The same trials, longer, are part of docs/reliability.md (`make reliability`).
"""

import random

import faults
import pytest
import services
import web_faults


@pytest.fixture
def sqlite(tmp_path):
    """An installation on a file of its own."""
    with faults.installation(f"sqlite:///{tmp_path / 'crm.db'}", tmp_path) as settings:
        yield settings


def test_a_site_that_is_killed_then_out_of_room_forgets_nothing(sqlite):
    chance = random.Random(1)

    def both(writers):
        return web_faults.kills(2, chance)(writers) + web_faults.full_disk(0.5)(writers)

    done = web_faults.trial(sqlite, "kill, disk", both)
    assert done.is_good, done
    assert done.sorry > 0


def test_a_disk_that_answers_errors_asks_to_try_again(sqlite):
    strace = web_faults.failing_disk(sqlite, "EIO", 60, 23)
    done = web_faults.trial(sqlite, "io", web_faults.wait_for_sorry(2), strace)
    assert done.is_good, done


def test_a_database_server_that_falls_asks_to_try_again(tmp_path):
    server = services.postgresql()
    if server is None:
        pytest.skip("PostgreSQL manque : apt install postgresql")
    try:
        with faults.installation(f"{server.url}/postgres", tmp_path) as settings:
            fault = web_faults.server_falls(server, 1, random.Random(2))
            done = web_faults.trial(settings, "pg", fault)
    finally:
        server.stop()
    assert done.is_good, done
