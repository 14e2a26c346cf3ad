"""Break deliveries in every way, again and again, and write down what became of the recipients.

`make reliability` (or `python -m benchmarks.reliability --kills 200 --seed 7`) writes
docs/reliability.md. Real processes, real databases, and a mail server that fails on demand.
"""

import argparse
import contextlib
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import redis
import sqlalchemy as sa

from crm.config import ROOT
from crm.db import db
from crm.filters import number, today

sys.path.insert(0, str(ROOT / "tests"))
import faults
import services
from faults import Outcome, Trial

from benchmarks._site_trials import TITLE, SiteBench

REPORT = ROOT / "docs" / "reliability.md"
KILLS_EACH = 25  # in one trial
PEOPLE = 1500  # enough for so many kills

# What the mail server does wrong, in words.
SMTP_FAULTS = {
    "RCPT 550 5.1.1 inconnue": "550 au destinataire",
    "RCPT 450 4.2.1 plus tard": "450 au destinataire",
    "RCPT 421 4.3.2 arrêt": "421 puis connexion fermée",
    "DATA 451 4.3.0 plus tard": "451 à DATA",
    "DATA 554 5.7.1 refusé": "554 à DATA",
    "END 451 4.7.1 liste grise": "451 après le message",
    "END 552 5.2.2 boîte pleine": "552 après le message",
    "END 421 4.3.2 arrêt": "421 après le message",
    "CUT RCPT": "connexion coupée avant le message",
    "CUT DURING": "connexion coupée pendant le message",
    "CUT BEFORE": "coupée après le point final, message perdu",
    "CUT END": "coupée après le point final, message gardé",
    "STALL": "plus de réponse, puis connexion coupée",
}


Try = Callable[[Trial], Outcome]


@dataclass
class Total:
    """The trials of one fault on one database, added up."""

    fault: str
    database: str
    trials: int
    outcomes: list[Outcome]

    def sum(self, name: str) -> int:
        return sum(getattr(outcome, name) for outcome in self.outcomes)

    @property
    def is_good(self) -> bool:
        return all(outcome.is_good for outcome in self.outcomes)


class Bench:
    """Runs trials, each on a new database."""

    def __init__(self, seed: int, server: services.Service | None) -> None:
        self.chance = random.Random(seed)
        self.server = server
        self.count = 0
        self.totals: list[Total] = []
        self.versions: dict[str, str] = {}

    def run(self, kind: str, people: int, trial: Try, times: int = 1) -> None:
        """Try something so many times on one kind of database."""
        outcomes = []
        for _ in range(times):
            with self._trial(kind, people) as made:
                outcomes.append(trial(made))
        total = Total(outcomes[0].fault, kind, len(outcomes), outcomes)
        self.totals.append(total)
        print(f"{total.fault:<52}{kind:<12}{'bien' if total.is_good else 'FAUTE'}", flush=True)

    @contextlib.contextmanager
    def _trial(self, kind: str, people: int, folder: str | None = None) -> Iterator[Trial]:
        with (
            tempfile.TemporaryDirectory(prefix="maillage-", dir=folder) as place,
            faults.installation(self.new_url(kind, Path(place)), Path(place)) as settings,
        ):
            self._note_version(kind)
            trial = Trial(settings, people)
            try:
                yield trial
            finally:
                trial.stop()

    def full_disk(self) -> None:
        """On a small file system of its own where that is allowed, which is then filled."""
        with _small_disk() as disk, self._trial("SQLite", 300, disk) as trial:
            fill = _filler(Path(disk)) if disk else faults.no_more_room
            outcome = faults.full_disk(trial, 3, fill)
        outcome.fault += " (système de fichiers de 24 Mio)" if disk else " (RLIMIT_FSIZE)"
        self.totals.append(Total(outcome.fault, "SQLite", 1, [outcome]))

    def new_url(self, kind: str, folder: Path) -> str:
        """The URL of an empty database of that kind."""
        if kind == "SQLite":
            return f"sqlite:///{folder}/crm.db"
        assert self.server is not None
        self.count += 1
        engine = sa.create_engine(f"{self.server.url}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE trial_{self.count}"))
        engine.dispose()
        return f"{self.server.url}/trial_{self.count}"

    def _note_version(self, kind: str) -> None:
        asked = "SELECT sqlite_version()" if kind == "SQLite" else "SHOW server_version"
        self.versions[kind] = str(db.session.scalar(sa.text(asked)))
        db.session.commit()


@contextlib.contextmanager
def _small_disk() -> Iterator[str | None]:
    """A file system of 24 MiB in memory; None where it may not be mounted."""
    with tempfile.TemporaryDirectory(prefix="maillage-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]
        done = subprocess.run(mount, check=False, capture_output=True)
        try:
            yield folder if done.returncode == 0 else None
        finally:
            if done.returncode == 0:
                subprocess.run(["umount", folder], check=True)


def _filler(disk: Path) -> faults.Fill:
    def fill(_process: object) -> Callable[[], object]:
        file = disk / "trop"
        with file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while True:
                out.write(b"\0" * 4096)
        return file.unlink

    return fill


def trials(bench: Bench, kills: int) -> None:
    """Everything that is tried, on each database that this machine has."""
    kinds = ["SQLite", *(["PostgreSQL"] if bench.server else [])]
    chance, rounds = bench.chance, max(1, kills // KILLS_EACH)
    each = min(kills, KILLS_EACH)
    for kind in kinds:
        bench.run(kind, PEOPLE, lambda t: faults.kills(t, each, chance), times=rounds)
        bench.run(kind, PEOPLE, lambda t: faults.kills_of_two(t, each // 2, chance))
        bench.run(kind, 600, faults.two_at_once, times=3)
        for fault in SMTP_FAULTS:
            bench.run(kind, 100, lambda t, f=fault: faults.server_faults(t, f, 0.1, chance))
        bench.run(kind, 8, lambda t: faults.slow_server(t, 5))
        bench.run(kind, 200, faults.server_away)
    bench.full_disk()
    if bench.server:
        server = bench.server
        bench.run("PostgreSQL", 600, lambda t: faults.database_falls(t, server, 5, chance))
    queue = services.redis_server()
    if queue:
        bench.versions["Redis"] = str(redis.Redis.from_url(queue.url).info()["redis_version"])
        bench.run("SQLite", 200, lambda t: faults.queue_falls(t, queue))
        queue.stop()


def report(bench: Bench, seed: int, seconds: float) -> str:
    """The page, in French."""
    kills = sum(total.sum("falls") for total in bench.totals)
    people = sum(total.sum("people") for total in bench.totals)
    sums = {name: sum(total.sum(name) for total in bench.totals) for name in
            ("lost", "doubled", "doubted", "unnamed", "early")}  # fmt: skip
    lines = [
        "# Ce qui arrive quand tout casse", "",
        "## Les envois", "",
        "Page écrite par `make reliability` : de vrais processus, de vraies bases, un serveur de "
        "courriel qui fait les fautes qu’on lui demande, des coups tirés au sort.", "",
        f"Relevé du {today():%d/%m/%Y}, graine {seed}, en {seconds / 60:.0f} minutes : "
        f"**{number(people)} destinataires, {number(kills)} chutes, {number(sums['lost'])} perdu, "
        f"{number(sums['unnamed'])} doublé sans être nommé, {number(sums['early'])} fin annoncée "
        f"trop tôt** ; {number(sums['doubled'])} messages reçus deux fois en tout, "
        f"{number(sums['doubted'])} destinataires nommés « peut-être reçu deux fois ».", "",
        "| ce que l’on casse | base | essais | destinataires | chutes | perdus | doublés | nommés "
        "| pire, par chute | |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
        *(_line(total) for total in bench.totals), "",
        "« Doublés » : messages reçus en trop. « Nommés » : listés « peut-être reçu deux fois » "
        "sur la page du numéro ; qui est doublé est toujours nommé, avec le même `Message-ID`. "
        "La promesse est d’au plus 16 par chute. Une adresse refusée (550, 552, 554) n’est pas "
        "perdue : elle est listée avec les mots du serveur.", "",
        f"Versions : {_versions(bench)}.", "",
        "La suite de tests en passe une forme courte à chaque modification "
        "(`tests/newsletter/test_kill.py`, `test_faults.py`, `test_deliver.py`).", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _line(total: Total) -> str:
    fault = total.fault
    for code, words in SMTP_FAULTS.items():
        fault = fault.replace(code, words)
    falls = total.sum("falls")
    worst = max((o.doubted / o.falls for o in total.outcomes if o.falls), default=None)
    numbers = [total.trials, total.sum("people"), falls, total.sum("lost"), total.sum("doubled")]
    cells = [fault, total.database, *map(number, numbers), number(total.sum("doubted"))]
    cells += ["" if worst is None else number(round(worst, 1)), "oui" if total.is_good else "NON"]
    return f"| {' | '.join(cells)} |"


def _versions(bench: Bench) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        check=False, capture_output=True, text=True, cwd=ROOT,
    ).stdout.strip()  # fmt: skip
    found = {
        "Maillage": commit or "sans git",
        "Python": platform.python_version(),
        **bench.versions,
        **{name: version(name) for name in ("SQLAlchemy", "psycopg", "huey")},
        "Linux": platform.release().partition("-")[0],
        "cœurs": str(os.cpu_count()),
    }
    return ", ".join(f"{name} {value}" for name, value in found.items())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=100, help="for each database")
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--times", type=int, default=12, help="what is done to the site")
    options.add_argument("--part", choices=["all", "delivery", "site"], default="all")
    chosen = options.parse_args()
    server, start = services.postgresql(), time.monotonic()
    bench = Bench(chosen.seed, server)
    site = SiteBench(bench.new_url, server, chosen.seed)
    # What is not tried again this time stays as it was told.
    delivery, _, rest = REPORT.read_text().partition(f"{TITLE}\n")
    told = f"{TITLE}\n{rest}" if rest else ""
    try:
        if chosen.part != "site":
            trials(bench, chosen.kills)
            delivery = report(bench, chosen.seed, time.monotonic() - start)
        if chosen.part != "delivery":
            site.all(chosen.times)
            told = site.section()
    finally:
        if server:
            server.stop()
    REPORT.write_text(f"{delivery.rstrip()}\n\n{told}")
    return 0 if site.is_good and all(total.is_good for total in bench.totals) else 1


if __name__ == "__main__":
    sys.exit(main())
