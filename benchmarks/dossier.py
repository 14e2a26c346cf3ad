"""Everything about one person, among 100,000 or, with BENCH_FULL=1, 1,000,000.

Finding them by their address and by their name, the page that tells all that is kept, the file
they take away, and the page that says what an erasure would do; then the erasure itself, and the
files of the database written again. Beside it: reading every mail once.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks._crowd import email, gather
from benchmarks._pages import elsewhere, newcomer, signed_in
from benchmarks._servers import application, databases
from crm.config import Settings
from crm.db import db
from crm.filters import number
from crm.mail import Mail
from crm.privacy import scrub
from crm.privacy.erasures import Reason
from crm.users import UserRole

SIZES = (100_000, *((1_000_000,) if os.environ.get("BENCH_FULL") else ()))
PAGES = "/gestion/vie-privee"
SOMEBODY = 1_231  # of the first half, who registered and asked for something
_SURE = {"reason": Reason.ASKED.value, "is_sure": "y"}


def run() -> None:
    """Print the seconds of each page, on each database."""
    for size in SIZES:
        with databases() as urls:
            for kind, url in urls.items():
                with application(url) as app:
                    elsewhere(gather, size)
                    print(f"{kind}\u00a0: {number(size)} personnes", flush=True)
                    _measure(signed_in(app, newcomer(UserRole.ADMIN)))


def _measure(client: FlaskClient) -> None:
    theirs = f"{PAGES}/personnes/fiche-{SOMEBODY}"
    for name, work in (
        ("chercher son adresse", lambda: client.get(f"{PAGES}/?q={email(SOMEBODY)}")),
        ("chercher son nom", lambda: client.get(f"{PAGES}/?q=Nom+{SOMEBODY}")),
        ("tout ce qui est gardé", lambda: client.get(theirs)),
        ("le fichier à emporter", lambda: client.post(f"{theirs}/dossier.zip")),
        ("ce que ferait l’effacement", lambda: client.get(f"{theirs}/effacement")),
        ("l’effacement", lambda: client.post(f"{theirs}/effacement", data=_SURE)),
        ("les fichiers réécrits, sans trace", _scrub),
        ("référence\u00a0: lire chaque courriel une fois", _reference),
    ):
        print(f"  {name:<42}{_seconds(work):>9.3f} s", flush=True)


def _seconds(work: Callable[[], Any]) -> float:
    db.session.remove()
    start = time.perf_counter()
    answer = work()
    seconds = time.perf_counter() - start
    assert answer is None or answer.status_code in (200, 302), answer.status
    return seconds


def _scrub() -> None:
    assert scrub.scrub(Settings.current())


def _reference() -> None:
    db.session.execute(sa.select(sa.func.max(sa.func.length(Mail.recipient)))).one()
