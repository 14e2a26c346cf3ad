"""Registering: fifty posts a second, each with its proof of work, for an event of 500 places.

Whole processes, as in production: the site, its worker, a mail server. Posts leave at their hour
whatever became of those before; the time is counted from that hour. Beside it: the page that
answers without writing anything (`/sante`), at the same pace. The places are counted at the end.
"""

import base64
import hashlib
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

import requests

from crm.config import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import services
from live import Site, installation

RATE = 50  # posts a second
SECONDS = 20
PLACES = 500
PRODUCTION = {"CRM_ENV": "production", "CRM_SECRET_KEY": "mesure" * 8}

ANNOUNCE = """
from datetime import time, timedelta
from crm.app import create_app
from crm.db import db
from crm.events import plan
from crm.events.schedule import Day
from crm.filters import today
with create_app().app_context():
    day = Day(today() + timedelta(days=10), time(14), time(17))
    plan.publish(plan.make({{"title": "Mesure", "capacity": {places}}}, [day]))
    db.session.commit()
"""
COUNT = """
import json
import sqlalchemy as sa
from crm.app import create_app
from crm.db import db
from crm.events.registrations import Registration
with create_app().app_context():
    found = sa.select(Registration.state, sa.func.count()).group_by(Registration.state)
    print(json.dumps({row[0].value: row[1] for row in db.session.execute(found)}))
"""


def run() -> None:
    """Print the times of the form, on each database, and the places that were given."""
    print(f"\nInscriptions : {RATE} par seconde, pour {PLACES} places")
    started = services.start()
    try:
        for kind in ("sqlite", "postgresql"):
            with (
                tempfile.TemporaryDirectory() as folder,
                installation(kind, Path(folder), **PRODUCTION) as site,
            ):
                _measure(kind, site)
    finally:
        for service in started:
            service.stop()


def _measure(kind: str, site: Site) -> None:
    _python(site, ANNOUNCE.format(places=PLACES))
    page = requests.get(f"{site.url}/agenda/mesure/inscription", timeout=60).text
    drawn = page.split('name="drawn"')[1].split('value="')[1].split('"')[0]
    forms = [_filled(site, number) | {"drawn": drawn} for number in range(RATE * SECONDS)]
    time.sleep(5)
    calm = _at_a_pace(lambda number: _get(site), 5)
    posted = _at_a_pace(lambda number: _post(site, number, forms[number]), SECONDS)
    for name, times in (("inscription", posted), ("/sante", calm)):
        cuts = quantiles(times, n=100)
        print(
            f"  {kind:<11}{name:<14}médiane {cuts[49] * 1000:>4.0f} ms   p95 "
            f"{cuts[94] * 1000:>4.0f} ms   p99 {cuts[98] * 1000:>4.0f} ms"
        )
    states = Counter(json.loads(_python(site, COUNT)))
    print(f"  {kind:<11}places données : {states['confirmed']}, en attente : {states['waiting']}")


def _python(site: Site, script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], env=site.environ, check=True,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    return done.stdout


def _filled(site: Site, number: int) -> dict[str, str]:
    """A form, its proof worked out beforehand: that is the browser's time, not the site's."""
    challenge = requests.get(f"{site.url}/demandes/defi", timeout=60).json()
    found = next(
        guess for guess in itertools.count()
        if hashlib.sha256(f"{challenge['salt']}{guess}".encode()).hexdigest()
        == challenge["challenge"]
    )  # fmt: skip
    challenge.pop("maxnumber")
    proof = base64.b64encode(json.dumps({**challenge, "number": found}).encode()).decode()
    return {
        "first_name": "Chloé", "last_name": f"Martin {number}", "email": f"c{number}@example.org",
        "organisation_name": f"Puits sans frontières {number % 40}", "altcha": proof,
        "access_needs": "Sous-titres" if number % 20 == 0 else "",
    }  # fmt: skip


def _get(site: Site) -> None:
    requests.get(f"{site.url}/sante", timeout=60)


def _post(site: Site, number: int, form: dict[str, str]) -> None:
    address = f"10.{number % 200}.{number // 200}.{number % 250 + 1}"
    answer = requests.post(f"{site.url}/agenda/mesure/inscription", data=form, timeout=60,
                           allow_redirects=False, headers={"X-Forwarded-For": address})  # fmt: skip
    if answer.status_code != 303:
        print(f"  erreur {answer.status_code}", file=sys.stderr)


def _at_a_pace(action, seconds: int) -> list[float]:  # type: ignore[no-untyped-def]
    """Seconds each took, counted from the moment it was due."""
    times: list[float] = []
    lock = threading.Lock()
    start = time.perf_counter() + 0.5

    def one(number: int) -> None:
        due = start + number / RATE
        time.sleep(max(0, due - time.perf_counter()))
        action(number)
        with lock:
            times.append(time.perf_counter() - due)

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(one, range(RATE * seconds)))
    return times
