"""Finding duplicates among 100,000 organisations, and how many of those planted come out.

The reference is the same likeness, one name against all the others: what it would cost without
keys, from a sample.
"""

import random
import sys
import time

import sqlalchemy as sa
from rapidfuzz import fuzz, process

from benchmarks._fake_contacts import fill
from benchmarks._servers import application, databases
from crm.contacts.duplicates.detect import find_duplicates, keep
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import essence
from crm.contacts.organisations import Organisation
from crm.db import db

ORGANISATIONS = 100_000
PLANTED = 500
SAMPLE = 50  # names compared with all the others


def run(organisations: int = ORGANISATIONS) -> None:
    """Print, for each database, the seconds it takes and the share of planted pairs found."""
    with databases() as urls:
        for name, url in urls.items():
            with application(url):
                fill(organisations * 10 // 3)
                planted = _plant()
                db.session.commit()
                _measure(name, organisations, planted)


def _measure(name: str, organisations: int, planted: set[tuple[int, int]]) -> None:
    start = time.perf_counter()
    found = find_duplicates(ContactKind.ORGANISATION)
    read = time.perf_counter()
    keep(ContactKind.ORGANISATION, found)
    db.session.commit()
    written = time.perf_counter()
    share = len(planted & found.keys()) / len(planted)
    print(
        f"{name} : {organisations:,} organisations en {read - start:.1f} s, "
        f"{len(found):,} paires écrites en {written - read:.1f} s ; "
        f"{share:.1%} des {len(planted)} doublons plantés sont trouvés ; "
        f"référence, chaque nom contre tous : {_reference(organisations) / 60:.0f} min".replace(
            ",", "\u202f"
        )
    )


def _plant() -> set[tuple[int, int]]:
    """Copies of some organisations, each with one typing mistake in its name."""
    chance = random.Random(7)
    columns = [column for column in Organisation.__table__.columns if column.name != "id"]
    chosen = sa.select(Organisation.id, *columns).order_by(Organisation.id).limit(PLANTED)
    last = db.session.scalar(sa.select(sa.func.max(Organisation.id))) or 0
    pairs, copies = set(), []
    for number, row in enumerate(db.session.execute(chosen), last + 1):
        copies.append(dict(row._mapping) | {"id": number, "name": _mistyped(row.name, chance)})
        pairs.add((row.id, number))
    db.session.execute(sa.insert(Organisation), copies)
    return pairs


def _mistyped(name: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(name) - 1)
    kind = chance.randrange(3)
    if kind == 0:
        return name[:place] + name[place + 1 :]
    letter = chance.choice("aeiourstlnm")
    return name[:place] + letter + name[place + (kind == 1) :]


def _reference(organisations: int) -> float:
    """Seconds it would take to compare every name with every other, from a sample."""
    names = [essence(fold(name)) for name in db.session.scalars(sa.select(Organisation.name))]
    start = time.perf_counter()
    for name in names[:SAMPLE]:
        process.extract(name, names, scorer=fuzz.ratio, score_cutoff=88, limit=None)
    return (time.perf_counter() - start) / SAMPLE * organisations / 2


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
