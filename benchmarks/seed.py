"""Filling the demonstration network, beside SQLite alone given the very same rows."""

import sqlite3
import tempfile
import time
from pathlib import Path

from flask_migrate import upgrade

from crm import seed
from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import Base, db
from crm.defaults import install_defaults


def run() -> None:
    """Print the seconds of `fill("reseau")`, its commit included, and of a bare insertion."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crm.db"
        whole = _fill(file)
        rows, bare = _insert_again(file)
    print(
        f"Réseau de démonstration : {_seconds(whole)} s, recherche comprise ; ses {rows} lignes "
        f"insérées par SQLite seul : {_seconds(bare)} s"
    )


def _fill(file: Path) -> float:
    queue = file.with_name("queue.db")
    settings = Settings(
        database_url=f"sqlite:///{file}", queue_url=f"sqlite:///{queue}", secret_key="x" * 32,
        instance=file.parent, testing=True,
    )  # fmt: skip
    with create_app(settings).app_context():
        upgrade(directory=str(ROOT / "migrations"))
        install_defaults()
        db.session.commit()
        start = time.perf_counter()
        seed.fill("reseau")
        db.session.commit()
        seconds = time.perf_counter() - start
        db.session.remove()
        db.engine.dispose()
    return seconds


def _insert_again(file: Path) -> tuple[int, float]:
    """The rows of every table, in tables without an index: the least it could cost."""
    source, copy = sqlite3.connect(file), sqlite3.connect(file.with_name("copy.db"))
    tables = [table.name for table in Base.metadata.sorted_tables]
    contents = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    start = time.perf_counter()
    for name, rows in contents.items():
        if rows:
            columns = ", ".join(f"c{number}" for number in range(len(rows[0])))
            marks = ", ".join("?" * len(rows[0]))
            copy.execute(f"CREATE TABLE {name} ({columns})")
            copy.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    copy.commit()
    seconds = time.perf_counter() - start
    source.close()
    copy.close()
    return sum(map(len, contents.values())), seconds


def _seconds(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")
