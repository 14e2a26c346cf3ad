"""Faults done to the site while people write to it, and what became of what they wrote.

Each answer that is noted bears a key: whoever gets no answer sends it again, as the device of an
officer does. Lost: acknowledged, and not in the database.
"""

import os
import random
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests
import services
import sqlalchemy as sa
from factories import PASSWORD, nadia
from live import CRM

from crm.config import Settings
from crm.db import db, reading
from crm.requests.answers import Answer

PATIENCE = 90  # seconds until the site is as before, at the most
WRITERS = 4
SORRY = "Réessayez dans un instant", "réessayez dans un instant"

Fault = Callable[["Writers"], int]  # does harm, and returns how many times


@dataclass
class Written:
    """What became of what was written during one trial."""

    fault: str
    acknowledged: int = 0
    falls: int = 0
    sorry: int = 0  # pages « réessayez dans un instant »
    unanswered: int = 0  # connections that broke
    lost: int = 0
    doubled: int = 0
    others: Counter = field(default_factory=Counter)  # any other answer

    @property
    def is_good(self) -> bool:
        return self.acknowledged > 0 and not (self.lost or self.doubled or self.others)


class Writers:
    """A site, and some people who note answers as fast as they can."""

    def __init__(self, settings: Settings, prefix: tuple[str, ...] = (), **environ: str) -> None:
        self.settings, self.prefix = settings, prefix
        self.port = services.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = os.environ | {
            "CRM_DATABASE_URL": settings.database_url,
            "CRM_QUEUE_URL": settings.queue_url,
            "CRM_SECRET_KEY": settings.secret_key,
            "CRM_INSTANCE": str(settings.instance),
            "CRM_BASE_URL": self.url,
            **environ,
        }
        self.kept: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.process: subprocess.Popen | None = None

    def serve(self, workers: int = 2) -> None:
        """Start the site, and wait until it answers."""
        command = [*self.prefix, sys.executable, CRM, "serve", "--port", str(self.port)]
        command += ["--workers", str(workers)]
        self.process = subprocess.Popen(
            command, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        _until(self.answers)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/sante", timeout=5).ok
        except requests.RequestException:
            return False

    def processes(self) -> list[int]:
        """The processes that answer requests, without the one that starts them."""
        assert self.process is not None
        found = _children(self.process.pid)
        return found if not self.prefix else [kid for one in found for kid in _children(one)]

    def sign_in(self) -> requests.Session:
        session = requests.Session()
        form = {"email": "nadia@example.org", "password": PASSWORD}
        session.post(f"{self.url}/connexion", data=form, timeout=30).raise_for_status()
        return session

    def write(self, cookies: dict[str, str]) -> None:
        """One person: each note is sent until it is acknowledged."""
        while not self.over.is_set():
            key = secrets.token_hex(8)
            while not self._sent(key, cookies) and not self.over.is_set():
                time.sleep(0.05)

    def _sent(self, key: str, cookies: dict[str, str]) -> bool:
        note = [{"key": key, "channel": "phone", "people": 1}]
        try:
            answer = requests.post(
                f"{self.url}/gestion/demandes/reponses/", json=note, cookies=cookies, timeout=40,
                headers={"Accept": "text/html"}, allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException:
            return self._note("unanswered")
        if answer.status_code == 200 and answer.json()["kept"] == [key]:
            with self.lock:
                self.kept.add(key)
            return True
        is_sorry = answer.status_code == 503 and answer.headers.get("Retry-After")
        if is_sorry and any(words in answer.text for words in SORRY):
            return self._note("sorry")
        with self.lock:
            self.others[str(answer.status_code)] += 1
        return False

    def _note(self, what: str) -> bool:
        with self.lock:
            self.counts[what] += 1
        return False

    def written(self) -> int:
        return len(self.kept)

    def go_on(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        goal = self.written() + count
        _until(lambda: self.written() >= goal)

    def stop(self) -> None:
        self.over.set()
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def trial(
    settings: Settings, name: str, fault: Fault, prefix: tuple[str, ...] = (), **environ: str
) -> Written:
    """Do harm while people write; without a restart, they can write again afterwards."""
    if db.session.scalar(sa.text("SELECT count(*) FROM users")) == 0:
        nadia()
    db.session.commit()
    writers = Writers(settings, prefix, **environ)
    threads = []
    try:
        writers.serve()
        cookies = dict(writers.sign_in().cookies)
        threads = [threading.Thread(target=writers.write, args=(cookies,)) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        writers.go_on(10)
        falls = fault(writers)
        writers.go_on(20)  # nobody started anything again
    finally:
        writers.stop()
        for thread in threads:
            thread.join()
    return _outcome(name, writers, falls)


def _outcome(name: str, writers: Writers, falls: int) -> Written:
    db.session.rollback()
    db.engine.dispose()
    with reading():
        rows = Counter(db.session.scalars(sa.select(Answer.key)))
        db.session.rollback()
    return Written(
        fault=name,
        acknowledged=len(writers.kept),
        falls=falls,
        sorry=writers.counts["sorry"],
        unanswered=writers.counts["unanswered"],
        lost=len(writers.kept - set(rows)),
        doubled=sum(rows.values()) - len(rows),
        others=writers.others,
    )


def kills(count: int, chance: random.Random) -> Fault:
    """`kill -9` of a process that answers; the one that starts them makes another."""

    def fault(writers: Writers) -> int:
        for _ in range(count):
            os.kill(chance.choice(writers.processes()), signal.SIGKILL)
            writers.go_on(chance.randint(1, 15))
        return count

    return fault


def whole_kills(count: int, chance: random.Random) -> Fault:
    """`kill -9` of all of them at once, as when the machine loses its power; started again."""

    def fault(writers: Writers) -> int:
        for _ in range(count):
            assert writers.process is not None
            os.killpg(writers.process.pid, signal.SIGKILL)
            writers.process.wait()
            writers.serve()
            writers.go_on(chance.randint(1, 15))
        return count

    return fault


def full_disk(seconds: float) -> Fault:
    """None of their files may grow for a while (setrlimit(2))."""

    def fault(writers: Writers) -> int:
        numbers = writers.processes()
        hard = [resource.prlimit(number, resource.RLIMIT_FSIZE)[1] for number in numbers]
        for number, most in zip(numbers, hard, strict=True):
            resource.prlimit(number, resource.RLIMIT_FSIZE, (4096, most))
        before = writers.counts["sorry"]
        _until(lambda: writers.counts["sorry"] > before)
        time.sleep(seconds)
        for number, most in zip(numbers, hard, strict=True):
            resource.prlimit(number, resource.RLIMIT_FSIZE, (most, most))
        return 1

    return fault


def failing_disk(settings: Settings, error: str, start: int, step: int) -> tuple[str, ...]:
    """What makes the system answer an error to some writes of the database (strace(1))."""
    file = settings.database_url.removeprefix("sqlite:///")
    return (
        "strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-P", file, "-P", f"{file}-wal",
        "-e", "trace=pwrite64,fdatasync",
        "-e", f"inject=pwrite64,fdatasync:error={error}:when={start}+{step}",
    )  # fmt: skip


def wait_for_sorry(count: int) -> Fault:
    """Until that many were told to try again: the disk does the harm."""

    def fault(writers: Writers) -> int:
        _until(lambda: writers.counts["sorry"] >= count)
        return writers.counts["sorry"]

    return fault


def server_falls(server: services.Service, count: int, chance: random.Random) -> Fault:
    """A server is stopped at once and started again."""

    def fault(writers: Writers) -> int:
        for _ in range(count):
            server.fall()
            time.sleep(chance.uniform(0.1, 1))
            server.rise()
            writers.go_on(chance.randint(1, 15))
        return count

    return fault


def _children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += [int(number) for number in (task / "children").read_text().split()]
    return found


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, "not so in time"
        time.sleep(0.02)
