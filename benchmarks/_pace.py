"""Public forms posted at a pace, to whole processes as in production, each with its proof of work.

Posts leave at their hour whatever became of those before; the time is counted from that hour.
"""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

import requests

from crm.config import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import services
from live import CRM, Site, installation

__all__ = ["CRM", "Run", "Site", "calm", "drawn", "posted", "proofs", "python", "sites"]

PRODUCTION = {"CRM_ENV": "production", "CRM_SECRET_KEY": "mesure" * 8}
_TOGETHER = 64  # visitors at any moment
_CALM = 5  # seconds of the reference


@dataclass
class Run:
    """The seconds that each answer took, and what was answered instead of what was hoped for."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def say(self, kind: str, name: str) -> None:
        """One line: the median, 95 and 99 % of the answers, and the errors."""
        cuts = [round(1000 * quantiles(self.times, n=100)[cent]) for cent in (49, 94, 98)]
        wrong = ", ".join(sorted(set(self.errors)))
        print(
            f"  {kind:<11}{name:<22}médiane {cuts[0]:>5} ms   p95 {cuts[1]:>5} ms   "
            f"p99 {cuts[2]:>5} ms   erreurs {len(self.errors)}{f' ({wrong})' if wrong else ''}"
        )


@contextmanager
def sites() -> Iterator[Callable[[], Iterator[tuple[str, Site]]]]:
    """Gives what makes one installation after the other, on each database."""
    started = services.start()
    try:
        yield _each
    finally:
        for service in started:
            service.stop()


def _each() -> Iterator[tuple[str, Site]]:
    for kind in ("sqlite", "postgresql"):
        with TemporaryDirectory() as folder, installation(kind, Path(folder), **PRODUCTION) as site:
            yield kind, site


def at_a_pace(rate: int, seconds: int, action: Callable[[int], str]) -> Run:
    """Begin so many actions each second. Each is given its number, and returns what went wrong."""
    run, lock = Run(), threading.Lock()
    start = time.perf_counter() + 0.5

    def one(number: int) -> None:
        due = start + number / rate
        time.sleep(max(0, due - time.perf_counter()))
        wrong = action(number)
        with lock:
            run.times.append(time.perf_counter() - due)
            run.errors += [wrong] if wrong else []

    with ThreadPoolExecutor(_TOGETHER) as pool:
        list(pool.map(one, range(rate * seconds)))
    return run


def calm(site: Site, rate: int) -> Run:
    """The reference: the page that answers without writing anything, at the same pace."""
    return at_a_pace(rate, _CALM, lambda _: _asked(site, "GET", "/sante", 200))


def posted(site: Site, path: str, rate: int, forms: list[dict[str, str]]) -> Run:
    """Post these forms to `path`, each from an address of its own."""
    bodies = [urlencode(form) for form in forms]
    return at_a_pace(
        rate,
        len(forms) // rate,
        lambda number: _asked(site, "POST", path, 303, bodies[number], _address(number)),
    )


def _asked(site: Site, how: str, path: str, hoped: int, body: str = "", address: str = "") -> str:
    """Ask, in a connection of its own; what was answered, when it is not what was `hoped` for."""
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)
    try:
        connection.request(how, path, body or None, {
            "Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address,
        })  # fmt: skip
        status = connection.getresponse().status
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()
    return "" if status == hoped else str(status)


def _address(number: int) -> str:
    return f"10.{number % 200}.{number // 200}.{number % 250 + 1}"


def drawn(site: Site, path: str) -> str:
    """The signed moment that the form at `path` holds."""
    page = requests.get(f"{site.url}{path}", timeout=60).text
    return page.split('name="drawn"')[1].split('value="')[1].split('"')[0]


PROOFS = """
import base64, hashlib, itertools, json
from crm.app import create_app
from crm.proof import challenge
def answered():
    asked = challenge(max_number=20)
    found = next(
        number for number in itertools.count()
        if hashlib.sha256(f"{{asked['salt']}}{{number}}".encode()).hexdigest() == asked["challenge"]
    )
    return base64.b64encode(json.dumps({{**asked, "number": found}}).encode()).decode()
with create_app().app_context():
    print(json.dumps([answered() for _ in range({count})]))
"""


def proofs(site: Site, count: int) -> list[str]:
    """So many proofs of work, short ones: that is the browser's time, not the site's."""
    made: list[str] = json.loads(python(site, PROOFS.format(count=count)))
    return made


def python(site: Site, script: str) -> str:
    """What a script says that runs with the settings of this installation."""
    done = subprocess.run([sys.executable, "-c", script], env=site.environ, check=True,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    return done.stdout
