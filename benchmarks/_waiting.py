"""Somebody else who writes, in a process of their own: how long each write waits for its turn.

`python -m benchmarks._waiting URL` writes a row fifty times a second until its input is closed,
then prints the waits in seconds. It waits as the site does (crm.db), and tries again as people do.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from crm import db as _how_transactions_begin  # noqa: F401
from crm.config import ROOT

_PAUSE = 0.02  # seconds between two writes


@dataclass
class Waits:
    """What somebody else waited for, in seconds, write by write."""

    seconds: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.seconds, default=0.0)

    @property
    def usual(self) -> float:
        """What 95 % of the writes do not exceed."""
        known = sorted(self.seconds)
        return known[int(len(known) * 0.95)] if known else 0.0


@contextmanager
def somebody_writing(url: str) -> Iterator[Waits]:
    """While the block lasts somebody else writes; what they waited for is told at its end."""
    command, told = [sys.executable, "-m", "benchmarks._waiting", url], Waits()
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        yield told
        said, _ = process.communicate()
        told.seconds = json.loads(said)


def _write_until_told(url: str) -> list[float]:
    engine, waits, over = sa.create_engine(url), [], threading.Event()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS bench_waits (at FLOAT)")
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    print("ready", flush=True)
    while not over.wait(_PAUSE):
        begun = time.perf_counter()
        _write(engine)
        waits.append(time.perf_counter() - begun)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bench_waits")
    return waits


def _write(engine: sa.Engine) -> None:
    while True:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("INSERT INTO bench_waits VALUES (1)")
            return
        except sa.exc.OperationalError:  # it gave up: whoever asked tries again
            continue


if __name__ == "__main__":
    print(json.dumps(_write_until_told(sys.argv[1])))
