"""Pages asked for again and again by one visitor, in this process."""

import time
from statistics import quantiles

import sqlalchemy as sa
from flask.testing import FlaskClient

from crm.db import db

ROUNDS = 60


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


def settle() -> None:
    """Let the database learn what was just filled in, as it does by itself at night."""
    order = "ANALYZE" if db.engine.name == "sqlite" else "VACUUM ANALYZE"
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as settled:
        settled.execute(sa.text(order))
