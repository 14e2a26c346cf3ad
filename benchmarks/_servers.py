"""Databases to measure on: SQLite in a folder of its own, PostgreSQL on a server of its own."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import db
from crm.defaults import install_defaults

sys.path.insert(0, str(ROOT / "tests"))
import services


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The URL of an empty database of each kind, PostgreSQL only where it is installed."""
    with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
        urls = {"SQLite": f"sqlite:///{folder}/crm.db"}
        started = services.start()
        server = os.environ.get("TEST_POSTGRESQL")
        if server:
            urls["PostgreSQL"] = _new_database(server)
        try:
            yield urls
        finally:
            for service in started:
                service.stop()


def _new_database(server: str) -> str:
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE bench"))
    engine.dispose()
    return f"{server}/bench"


@contextmanager
def application(url: str) -> Iterator[Flask]:
    """The application on this database, its tables made, in a context."""
    with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
        settings = Settings(
            database_url=url,
            queue_url=f"sqlite:///{folder}/queue.db",
            secret_key="bench" * 8,
            instance=Path(folder),
            testing=True,
        )
        app = create_app(settings)
        with app.app_context():
            upgrade(directory=str(ROOT / "migrations"))
            install_defaults()
            db.session.commit()
            yield app
            db.session.remove()
            db.engine.dispose()
