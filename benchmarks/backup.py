"""How long a backup, its check and a restoration last, for a network of 3,000 organisations.

`python -m benchmarks backup`: SQLite then PostgreSQL, a minute.
"""

import time
from pathlib import Path

from benchmarks._servers import application, databases
from crm import seed
from crm.config import Settings
from crm.db import db
from crm.filters import weight
from crm.keeping.backup import make
from crm.keeping.rehearse import rehearse
from crm.keeping.restore import restore

NBSP = "\u00a0"


def run() -> None:
    """Print the seconds of each, beside a bare copy of the same bytes."""
    with databases() as urls:
        for kind, url in urls.items():
            with application(url):
                seed.fill("reseau")
                db.session.commit()
                print(f"{kind}{NBSP}: {_measure(Settings.current())}", flush=True)


def _measure(settings: Settings) -> str:
    file = settings.instance / "essai.zip"
    made, manifest = _timed(lambda: make(settings, file))
    checked, _ = _timed(lambda: rehearse(file, settings.instance))
    restored, _ = _timed(lambda: restore(settings, file))
    copied, _ = _timed(lambda: _copy(file))
    return (
        f"{manifest.rows} lignes sauvegardées en {made:.1f} s ({weight(file.stat().st_size)}), "
        f"vérifiées en {checked:.1f} s, restaurées avec la recherche en {restored:.1f} s ; "
        f"copier le fichier seul : {copied * 1000:.0f} ms"
    )


def _copy(file: Path) -> None:
    file.with_suffix(".copie").write_bytes(file.read_bytes())


def _timed(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found
