"""Composing an issue from 50,000 items, of which a month's are new."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from benchmarks._servers import application, databases
from crm.db import db, now
from crm.filters import today
from crm.newsletter.compose import compose
from crm.newsletter.issues import Publication
from crm.newsletter.items import Item, Kind

ITEMS = 50_000
TIMES = 9
PER_DAY = 46 / 30


def run() -> None:
    """Print the median time to compose, beside reading the same rows with nothing decided."""
    print(f"Composer RESA’CLIC parmi {ITEMS:,} contenus (médiane de {TIMES})".replace(",", " "))
    with databases() as urls:
        for name, url in urls.items():
            with application(url):
                _fill()
                placed, whole = _median(_compose)
                read, bare = _median(_read)
                print(
                    f"  {name:<10} {whole:7.1f} ms pour {placed} contenus placés ; "
                    f"lire ces {read} lignes sans rien décider : {bare:.1f} ms"
                )


def _fill() -> None:
    moment, kinds = now(), list(Kind)
    rows = []
    for number in range(ITEMS):
        at = moment - timedelta(days=number / PER_DAY)
        rows.append(
            {
                "kind": kinds[number % len(kinds)],
                "title": f"Titre {number}",
                "summary": "Deux lignes de texte. " * 8,
                "url": f"https://site.example.org/{number}",
                "canonical_url": f"site.example.org/{number}",
                "published_at": at,
                "seen_at": at,
                "ends_on": (at + timedelta(days=30)).date() if number % 2 else None,
                "tags": ["réseau"] if number % 7 == 0 else [],
                "kept": [],
            }
        )
    db.session.execute(sa.insert(Item), rows)
    db.session.commit()


def _compose() -> int:
    issue = compose(Publication.named("resaclic"), today())
    return len(issue.placements)


def _read() -> int:
    since = now() - timedelta(days=60)
    return len(db.session.scalars(sa.select(Item).where(Item.seen_at > since)).all())


def _median(work: Callable[[], int]) -> tuple[int, float]:
    """What `work` returns, and its median time in milliseconds; what it writes is undone."""
    times, result = [], 0
    for _ in range(TIMES + 1):
        start = time.perf_counter()
        result = work()
        times.append((time.perf_counter() - start) * 1000)
        db.session.rollback()
        db.session.expunge_all()
    return result, statistics.median(times[1:])
