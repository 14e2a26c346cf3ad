"""What is done to the site, to backups, to upgrades and to clocks, and the table that tells it."""

import contextlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import clock_faults
import faults
import kept
import services
import sqlalchemy as sa
import web_faults
from web_faults import Writers, Written

from crm.config import Settings
from crm.db import db
from crm.filters import number
from crm.keeping import archive, places
from crm.keeping.backup import make
from crm.keeping.rehearse import rehearse
from crm.keeping.restore import restore
from crm.keeping.upgrade import bring_up_to_date

TITLE = "## Le site, les sauvegardes, les mises à jour et l’horloge"
NewUrl = Callable[[str, Path], str]  # kind of database, folder


@dataclass
class Told:
    """Something tried so many times, and how often it went wrong."""

    what: str
    database: str
    times: int
    wrong: int
    detail: str = ""


class SiteBench:
    """Runs the trials, each on a new installation."""

    def __init__(self, new_url: NewUrl, server: services.Service | None, seed: int) -> None:
        self.new_url, self.server, self.chance = new_url, server, random.Random(seed)
        self.written: list[tuple[str, Written]] = []
        self.told: list[Told] = []

    @property
    def is_good(self) -> bool:
        return all(one.is_good for _, one in self.written) and not any(t.wrong for t in self.told)

    @contextlib.contextmanager
    def _settings(self, kind: str) -> Iterator[Settings]:
        with tempfile.TemporaryDirectory(prefix="maillage-") as place:
            url = self.new_url(kind, Path(place))
            with faults.installation(url, Path(place)) as settings:
                yield settings

    def all(self, times: int) -> None:
        """Everything, on each database that this machine has."""
        kinds = ["SQLite", *(["PostgreSQL"] if self.server else [])]
        for kind in kinds:
            self.write(
                kind, "`kill -9` d’un processus du site", web_faults.kills(times, self.chance)
            )
            self.write(
                kind, "`kill -9` de tous", web_faults.whole_kills(max(1, times // 3), self.chance)
            )
            self.under_load(kind, times)
            self.killed_restorations(kind, times)
            self.killed_upgrades(kind, times)
            self.clocks(kind)
        self.disk(times)
        if self.server:
            fall = web_faults.server_falls(self.server, max(2, times // 3), self.chance)
            self.write("PostgreSQL", "PostgreSQL : arrêt `immediate`", fall)
        self.queue()

    def disk(self, times: int) -> None:
        self.write("SQLite", "disque plein (RLIMIT_FSIZE)", web_faults.full_disk(3))
        for error in ("EIO", "ENOSPC"):
            for _ in range(max(1, times // 3)):
                # More often, no commit would ever be whole: a note takes some ten writes.
                start, step = self.chance.randint(40, 90), self.chance.randint(20, 60)
                name = f"{error} à la {start}e écriture, puis toutes les {step}"
                self.write("SQLite", name, web_faults.wait_for_sorry(5), (error, start, step))

    def queue(self) -> None:
        queue = services.redis_server()
        if queue:
            fault = web_faults.server_falls(queue, 2, self.chance)
            self.write("SQLite", "Redis : `kill -9`", fault, queue=queue.url)
            queue.stop()

    def write(
        self,
        kind: str,
        name: str,
        fault: web_faults.Fault,
        disk: tuple[str, int, int] | None = None,
        queue: str = "",
    ) -> None:
        with self._settings(kind) as settings:
            prefix = web_faults.failing_disk(settings, *disk) if disk else ()
            environ = {"CRM_QUEUE_URL": queue} if queue else {}
            done = web_faults.trial(settings, name, fault, prefix, **environ)
        self.written.append((kind, done))
        print(f"{name:<52}{kind:<12}{'bien' if done.is_good else f'FAUTE {done}'}", flush=True)

    def tell(self, *told: object) -> None:
        self.told.append(Told(*told))  # type: ignore[arg-type]
        print(f"{told[0]:<52}{told[1]:<12}{'bien' if not told[3] else 'FAUTE'}", flush=True)

    def under_load(self, kind: str, times: int) -> None:
        """Backups at random moments while people write, each restored whole beside."""
        wrong, rows = 0, 0
        with self._settings(kind) as settings:

            def fault(writers: Writers) -> int:
                nonlocal wrong, rows
                for turn in range(times):
                    writers.go_on(self.chance.randint(1, 40))
                    before = set(writers.kept)
                    file = settings.instance / f"sauvegarde-{turn}.zip"
                    make(settings, file)
                    rows += rehearse(file, settings.instance).rows
                    with archive.reading(file) as backup:
                        saved = b"".join(backup.table("answers")).decode()
                    wrong += not all(key in saved for key in before)
                    file.unlink()
                return times

            done = web_faults.trial(settings, "", fault)
        wrong += not done.is_good
        detail = f"{number(rows)} lignes relues, pendant {number(done.acknowledged)} écritures"
        self.tell("sauvegarde sous charge, restaurée à part", kind, times, wrong, detail)

    def killed_restorations(self, kind: str, times: int) -> None:
        wrong = undone = 0
        with self._settings(kind) as settings:
            kept.network()
            old, file = kept.sums(), kept.saved(settings.instance, "avant.zip")
            db.session.execute(sa.text("UPDATE items SET title = 'Après'"))
            db.session.commit()
            new, started = kept.sums(), time.monotonic()
            restore(settings, file)
            whole = time.monotonic() - started
            for _ in range(times):
                db.session.execute(sa.text("UPDATE items SET title = 'Après'"))
                db.session.commit()
                process = kept.forked(lambda: restore(settings, file))
                time.sleep(self.chance.uniform(0, 2 * whole))
                kept.killed(process)
                found = kept.sums()
                wrong += found not in (old, new)
                undone += found == new
            restore(settings, file)
            wrong += kept.sums() != old
        detail = f"{number(undone)} sans effet, {number(times - undone)} entières"
        self.tell("`kill -9` d’une restauration", kind, times, wrong, detail)

    def killed_upgrades(self, kind: str, times: int) -> None:
        wrong = finished = 0
        for _ in range(max(1, times // 3)):
            with tempfile.TemporaryDirectory(prefix="maillage-") as place:
                url = self.new_url(kind, Path(place))
                with faults.application(url, Path(place)) as settings:
                    with places.writing(db.engine) as connection:
                        places.migrate(connection, "0002")
                    for _ in range(3):
                        work = lambda: bring_up_to_date(settings, str, is_saved=False)  # noqa: E731
                        process = kept.forked(work)
                        time.sleep(self.chance.uniform(0.05, 1.5))
                        kept.killed(process)
                        found = kept.revision()
                        wrong += found not in ("0002", places.head())
                        finished += found == places.head()
                    bring_up_to_date(settings, str, is_saved=False)
                    wrong += kept.revision() != places.head()
        detail = f"{number(finished)} déjà finies, les autres sans effet, puis menées au bout"
        self.tell("`kill -9` d’une mise à jour", kind, 3 * max(1, times // 3), wrong, detail)

    def clocks(self, kind: str) -> None:
        with self._settings(kind):
            ran, expected = clock_faults.several(3, 9, self.chance)
            detail = f"tâche d’une seconde lancée {ran} fois en {expected} s"
            self.tell("trois horloges, deux tuées", kind, 1, int(abs(ran - expected) > 1), detail)
            wrong = sum(clock_faults.moved(days) != 3 for days in (1, 30, 400))
            self.tell("horloge avancée puis remise à l’heure", kind, 3, wrong, "1, 30 et 400 jours")

    def section(self) -> str:
        """The part of the page that tells it, in French."""
        kept_in_all = sum(one.acknowledged for _, one in self.written)
        lost = sum(one.lost + one.doubled for _, one in self.written)
        lines = [
            TITLE, "",
            f"Des personnes notent des réponses sans arrêt ; chacune porte une clé et se renvoie "
            f"tant qu’elle n’est pas acquittée. **{number(kept_in_all)} écritures acquittées, "
            f"{number(lost)} perdue ou doublée**, et jamais rien à relancer à la main : la page "
            "« réessayez dans un instant » (503), puis le site reprend seul.", "",
            "| ce que l’on casse | base | coups | acquittées | « réessayez » | sans réponse "
            "| perdues | doublées | |",
            "|---|---|---:|---:|---:|---:|---:|---:|---|",
            *(_line(kind, one) for kind, one in self.written), "",
            "| ce que l’on essaie | base | essais | fautes | |", "|---|---|---:|---:|---|",
            *(f"| {one.what} | {one.database} | {one.times} | {one.wrong} | {one.detail} |"
              for one in self.told), "",
            "Les erreurs d’écriture sont celles du système (`strace --inject` sur les fichiers de "
            "la base), l’ordinal est celui de chaque fil d’exécution. La suite de tests en passe "
            "une forme courte (`tests/keeping/`, `tests/test_jobs.py`). Pour refaire cette partie "
            "seule : `make reliability ARGS=\"--part site --times 12\"`.", "",
        ]  # fmt: skip
        return "\n".join(lines)


def _line(kind: str, one: Written) -> str:
    figures = (one.falls, one.acknowledged, one.sorry, one.unanswered, one.lost, one.doubled)
    cells = [one.fault, kind, *map(number, figures), "oui" if one.is_good else "NON"]
    return f"| {' | '.join(cells)} |"
