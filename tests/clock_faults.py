"""Several clocks started at once, of which one is killed, and a clock that is moved."""

import os
import random
import time
from datetime import timedelta

import sqlalchemy as sa
from kept import forked, killed

from crm import jobs
from crm.db import db, now
from crm.jobs import Tick, job, run_due
from crm.newsletter.items import Feed, Kind

PERIOD = 1  # second


@job
def strike() -> None:
    """Leave a trace of having run."""
    db.session.add(
        Feed(url=f"https://horloge.example.org/{os.getpid()}/{time.time_ns()}", kind=Kind.NEWS)
    )


STRIKE = f"{strike.__module__}.strike"


def several(clocks: int, seconds: float, chance: random.Random) -> tuple[int, int]:
    """So many clocks, each killed in its turn but the last; how often the job ran, and should."""
    jobs._periods.clear()
    jobs._periods[STRIKE] = timedelta(seconds=PERIOD)
    db.session.add(Tick(name=STRIKE, started_at=now()))
    db.session.commit()
    begun, processes = time.monotonic(), [forked(_tick) for _ in range(clocks)]
    for process in processes[:-1]:
        time.sleep(seconds / clocks * chance.uniform(0.8, 1.2))
        killed(process)
    time.sleep(seconds / clocks)
    killed(processes[-1])
    return _ran(), int(time.monotonic() - begun)


def _tick() -> None:
    while True:
        run_due()
        time.sleep(0.02)


def _ran() -> int:
    count = db.session.scalar(sa.select(sa.func.count(Feed.id))) or 0
    db.session.commit()
    return count


def moved(days: int) -> int:
    """The clock jumps so far ahead, then comes back; how often the job ran at three moments."""
    jobs._periods.clear()
    jobs._periods[STRIKE] = timedelta(hours=1)
    db.session.execute(sa.delete(Tick).where(Tick.name == STRIKE))
    before = _ran()
    start = now()
    for at in (start, start + timedelta(days=days), start + timedelta(seconds=5)):
        run_due(at)
    return _ran() - before
