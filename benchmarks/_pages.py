"""Pages asked for again and again by one visitor, in this process."""

import multiprocessing
import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from crm.accounts.sessions import Browser, sign_in_session
from crm.db import db
from crm.users import User, UserRole

ROUNDS = 60


def newcomer(role: UserRole) -> User:
    """Somebody of the team, kept."""
    user = User(email="mesure@example.org", name="Mesure", role=role)
    db.session.add(user)
    db.session.commit()
    return user


def signed_in(app: Flask, user: User) -> FlaskClient:
    """A browser where `user` has signed in."""
    _, key = sign_in_session(user, Browser())
    db.session.commit()
    client = app.test_client()
    with client.session_transaction() as session:
        session["key"] = key
    return client


def show(client: FlaskClient, title: str, pages: dict[str, str]) -> None:
    """Print the median and 95 % of the times of each page, by its name."""
    print(f"\n{title}")
    for name, address in pages.items():
        times = [seconds(client, address) for _ in range(ROUNDS)][5:]
        cuts = quantiles(times, n=100)
        print(f"  {name:<20}médiane {cuts[49] * 1000:>6.1f} ms   p95 {cuts[94] * 1000:>6.1f} ms")


def seconds(client: FlaskClient, address: str) -> float:
    """How long this page took. It has to be there."""
    db.session.remove()
    start = time.perf_counter()
    answer = client.get(address)
    assert answer.status_code == 200, answer.status
    return time.perf_counter() - start


def elsewhere(work: Callable[..., None], *about: Any) -> None:
    """Do `work(*about)` in another process, which leaves with its memory: a site that answers has
    not just written a million rows, with as much to look through when it collects its garbage."""
    db.session.remove()
    db.engine.dispose()
    other = multiprocessing.get_context("fork").Process(target=work, args=about)
    other.start()
    other.join()
    if other.exitcode:
        raise RuntimeError("what was to be measured could not be written")


def settle() -> None:
    """Let the database learn what was just filled in, as it does by itself at night."""
    order = "ANALYZE" if db.engine.name == "sqlite" else "VACUUM ANALYZE"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as settled:
        settled.execute(sa.text(order))
