"""Importing organisations: rows per second, beside a bare `executemany` of the same rows.

The whole path is timed apart: reading the file, the rehearsal, the writing (with what the undo, the
journal and the search need), the same file again when nothing is new, and the undo. While it is
learnt by the search, and undone, somebody else writes: the longest wait for their turn is told.
"""

import csv
import io
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from benchmarks._servers import application, databases
from benchmarks._waiting import Waits, somebody_writing
from crm.contacts.files import undo
from crm.contacts.files.apply import write
from crm.contacts.files.imports import Import
from crm.contacts.files.learn import learn
from crm.contacts.files.mappings import recognise
from crm.contacts.files.rehearse import Outcome, Rehearsal, rehearse
from crm.contacts.files.spreadsheets import Table, read_table
from crm.contacts.organisations import Organisation
from crm.db import db

SIZES = (3_000, 100_000)

_HEADINGS = ["Nom", "Sigle", "Type", "CP", "Commune", "Courriel", "Téléphone", "Secteurs"]
_WORDS = [
    "eau", "santé", "école", "forêt", "culture", "énergie", "partage", "échanges", "avenir",
    "jeunesse", "semences", "livres", "musique", "sport", "puits", "soleil", "racines",
    "ponts", "rives", "horizons", "espoir",
]  # fmt: skip
_TOWNS = [
    ("69003", "Lyon"),
    ("38000", "Grenoble"),
    ("42000", "Saint-Étienne"),
    ("26000", "Valence"),
]


def run(*sizes: int) -> None:
    """Print, for each size and each database, the rows per second of each step."""
    for size in sizes or SIZES:
        content = _file(size)
        with databases() as urls:
            for name, url in urls.items():
                with application(url):
                    _measure(name, url, size, content)


def _measure(name: str, url: str, size: int, content: bytes) -> None:
    print(f"\n{name}, {size} lignes, en lignes par seconde")
    bare = _bare(size)
    _say("référence : executemany seul", size, bare)
    reading, table = _timed(lambda: read_table(content))
    _say("lecture du fichier", size, reading)
    thinking, rehearsal = _timed(lambda: _rehearse(table))
    assert rehearsal.totals[Outcome.CREATED] == size
    _say("répétition", size, thinking)
    writing, record = _timed(lambda: _write(rehearsal))
    _say("écriture, d’un coup", size, writing)
    with somebody_writing(url) as waits:
        learning, _ = _timed(lambda: learn(record, lambda done, total: None))
    _say("la recherche l’apprend, par cent", size, learning)
    _say_waits(waits)
    whole = reading + thinking + writing + learning
    _say("import entier", size, whole)
    print(f"  soit {whole / bare:.0f} fois le temps de la référence")
    again, rehearsal = _timed(lambda: _rehearse(table))
    assert rehearsal.totals[Outcome.UNCHANGED] == size
    _say("répétition du même fichier", size, again)
    undo.ask(record)
    db.session.commit()  # it would keep the others waiting
    with somebody_writing(url) as waits:
        undoing, undone = _timed(lambda: undo.carry_out(record.id))
    assert undone.removed == size
    _say("annulation, par cent", size, undoing)
    _say_waits(waits)


def _rehearse(table: Table) -> Rehearsal:
    return rehearse(table, recognise(table.headings))


def _write(rehearsal: Rehearsal) -> Import:
    """What others wait for."""
    write(rehearsal, record := Import(name="mesure.csv"))
    db.session.commit()
    return record


def _bare(size: int) -> float:
    """Seconds to insert as many rows of names and towns, and nothing else; then take them away."""
    rows = [{"name": name, "postcode": cp, "commune": town} for name, cp, town in _names(size)]

    def insert() -> None:
        db.session.execute(sa.insert(Organisation), rows)
        db.session.commit()

    seconds, _ = _timed(insert)
    db.session.execute(sa.delete(Organisation))
    db.session.commit()
    return seconds


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _say(what: str, size: int, seconds: float) -> None:
    pace = f"{size / seconds:>10,.0f}".replace(",", "\u202f")
    print(f"  {what:<32} {pace}   ({seconds:.2f} s)")


def _say_waits(waits: Waits) -> None:
    print(f"    qui écrit alors attend {waits.usual:.2f} s (95 %), {waits.longest:.2f} s au plus")


def _names(size: int) -> list[tuple[str, str, str]]:
    chance, found = random.Random(1), []
    for number in range(size):
        words = " ".join(chance.sample(_WORDS, 3))
        found.append((f"Association {words} {number}", *chance.choice(_TOWNS)))
    return found


def _file(size: int) -> bytes:
    """What an Excel would write: semicolons, Windows-1252."""
    kept = io.StringIO(newline="")
    writer = csv.writer(kept, delimiter=";")
    writer.writerow(_HEADINGS)
    for number, (name, postcode, town) in enumerate(_names(size)):
        mail, phone = f"contact{number}@a{number}.example.org", f"04{number:08}"
        writer.writerow([name, f"A{number}", "Association", postcode, town, mail, phone, "Santé"])
    return kept.getvalue().encode("cp1252")


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
