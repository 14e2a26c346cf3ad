"""What every test stands on: both databases, a client without cookies, real servers."""

import contextvars
import dataclasses
import gc
import os
import sys
from pathlib import Path

import argon2
import compiled
import hypothesis
import imap_server
import pytest
import repeated
import services
import sqlalchemy as sa
import tabs
from emptying import Defaults
from flask.testing import FlaskClient
from flask_migrate import upgrade
from playwright.sync_api import sync_playwright

from crm import users
from crm.accounts.sessions import Browser, sign_in_session
from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import db
from crm.defaults import install_defaults

# Alembic reads the migrations again each time it runs: let them be compiled once, even where the
# machine keeps Python from writing what it compiled.
sys.dont_write_bytecode = False
# A machine busy with something else is not a fault.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")
users.hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_started, _templates = [], []


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        _templates.append(compiled.share())
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        # Of its own for each group: on a shared PostgreSQL, a long transaction of one holds up
        # another that writes its tables again.
        _started.extend(services.start())
    compiled.use()
    repeated.use()


def pytest_collection_modifyitems(items):
    # The longest first: with two workers, neither waits for the other at the end.
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish():
    _collect()
    gc.set_threshold(100_000, 50)  # a test that leaves cycles leaves few: they can wait


def _collect():
    """What is there for good is looked at once, not at each collection."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    # What a file of tests leaves open is its own fault, not that of whoever runs next.
    if nextitem is None or nextitem.path != item.path:
        _collect()


def pytest_unconfigure(config):
    for service in _started:
        service.stop()
    for folder in _templates:
        folder.cleanup()


class Client(FlaskClient):
    """Each request in a context and a session of its own, as in a real server."""

    def open(self, *args, **kwargs):
        db.session.commit()
        response = contextvars.Context().run(super().open, *args, **kwargs)
        db.session.expire_all()
        return response


def new_database(kind: str, folder: Path) -> str:
    """An empty database of that kind; its URL."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'crm.db'}"
    server = os.environ.get("TEST_POSTGRESQL")
    if server is None:
        pytest.skip("PostgreSQL manque : apt install postgresql")
    name = "test_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


def new_application(kind: str, instance: Path):
    """The application on one database, its tables made by the migrations."""
    app = create_app(
        Settings(
            database_url=new_database(kind, instance),
            queue_url=f"sqlite:///{instance / 'queue.db'}",
            secret_key="test" * 8,
            instance=instance,
            testing=True,
        )
    )
    app.test_client_class = Client
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        install_defaults()
        db.session.commit()
        app.extensions["defaults"] = Defaults()
        db.session.remove()
    return app


@pytest.fixture(scope="session")
def applications(tmp_path_factory):
    """Those made so far, by kind of database: each is made once, whatever the order."""
    made = {}
    yield (
        lambda kind: (
            made.get(kind)
            or made.setdefault(kind, new_application(kind, tmp_path_factory.mktemp(kind)))
        )
    )
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def application(request, applications):
    return applications(request.param)


@pytest.fixture
def app(application):
    """The application, its defaults only in the database, in a context."""
    settings = application.extensions["settings"]
    with application.app_context():
        yield application
        db.session.remove()
        application.extensions["defaults"].restore()
        db.session.commit()
        db.session.remove()
    application.extensions["settings"] = settings


@pytest.fixture
def setting(app):
    """Change settings for one test: `setting(smtp_url=…)`."""

    def change(**values):
        app.extensions["settings"] = dataclasses.replace(app.extensions["settings"], **values)

    return change


@pytest.fixture
def visitor(app):
    """Chloé: no account, no cookie."""
    return app.test_client()


@pytest.fixture
def signed_in(app):
    """A client for a user: `signed_in(awa())`."""

    def sign_in(user):
        db.session.commit()
        _, key = sign_in_session(user, Browser())
        db.session.commit()
        client = app.test_client()
        with client.session_transaction() as session:
            session["key"] = key
        return client

    return sign_in


@pytest.fixture(scope="session")
def dovecot():
    """A real IMAP server."""
    with imap_server.dovecot() as server:
        yield server


@pytest.fixture
def imap(dovecot, monkeypatch):
    """A mailbox of its own on it, empty; its certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return dovecot.account()


@pytest.fixture(scope="session")
def browser():
    """A real browser."""
    with sync_playwright() as playwright:
        chromium = tabs.chromium(playwright.chromium)
        yield chromium
        chromium.close()
