"""The public form: thirty posts a second, each with its proof of work, while a letter is sent.

Whole processes, as in production: the site, its worker, `crm newsletter send`, a mail server. Posts
leave at their hour whatever became of those before; the time is counted from that hour. Beside it:
the page that answers without writing anything (`/sante`), at the same pace.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

import requests

from crm.config import ROOT

sys.path.insert(0, str(ROOT / "tests"))
import services
from live import CRM, Site, installation

RATE = 30  # posts a second
SECONDS = 20
READERS = 40_000
PRODUCTION = {"CRM_ENV": "production", "CRM_SECRET_KEY": "mesure" * 8}


def run() -> None:
    """Print the times of the form, on each database."""
    print(f"\nFormulaire public : {RATE} envois par seconde pendant un envoi de lettre")
    for service in services.start():
        _stop.append(service)
    try:
        for kind in ("sqlite", "postgresql"):
            with (
                tempfile.TemporaryDirectory() as folder,
                installation(kind, Path(folder), **PRODUCTION) as site,
            ):
                _measure(kind, site)
    finally:
        for service in _stop:
            service.stop()


_stop: list[services.Service] = []


def _measure(kind: str, site: Site) -> None:
    _prepare(site)
    forms = [_filled(site, number) for number in range(RATE * SECONDS)]
    time.sleep(5)
    calm = _at_a_pace(lambda number: requests.get(f"{site.url}/sante", timeout=60), 5)
    letter = subprocess.Popen([CRM, "newsletter", "send"], env=site.environ,
                              stdout=subprocess.DEVNULL)  # fmt: skip
    time.sleep(2)
    posted = _at_a_pace(lambda number: _post(site, number, forms[number]), SECONDS)
    was_sending = letter.poll() is None
    letter.wait(timeout=600)
    for name, times in (("/demandes/nouvelle", posted), ("/sante, sans lettre", calm)):
        fifty, ninety_five, ninety_nine = (quantiles(times, n=100)[n] for n in (49, 94, 98))
        print(
            f"  {kind:<11}{name:<22}médiane {fifty * 1000:>4.0f} ms   p95 "
            f"{ninety_five * 1000:>4.0f} ms   p99 {ninety_nine * 1000:>4.0f} ms"
        )
    if not was_sending:
        print("  la lettre était déjà partie : augmentez READERS")


def _prepare(site: Site) -> None:
    """A letter to six thousand readers, due now."""
    readers = Path(site.environ["CRM_INSTANCE"], "abonnes.csv")
    readers.write_text("email\n" + "\n".join(f"a{n}@example.org" for n in range(READERS)))
    site.crm("newsletter", "subscribers", "import", str(readers), "--publication", "resaclic",
             "--consent", "mesure")  # fmt: skip
    number = site.crm("newsletter", "draft", "resaclic").stdout.split()[-1].strip(".")
    site.crm("newsletter", "schedule", "resaclic", number)


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
        "kind": "project", "last_name": f"Martin {number}", "email": f"c{number}@example.org",
        "need": f"Un puits pour l’école numéro {number}, avec la commune et le comité de gestion "
        "de l’eau, qui demande un devis et un diagnostic avant la saison sèche.",
        "organisation_name": f"Puits sans frontières {number % 40}", "consent": "y",
        "key": f"mesure-{number}", "altcha": proof,
    }  # fmt: skip


def _post(site: Site, number: int, form: dict[str, str]) -> None:
    address = f"10.{number % 200}.{number // 200}.{number % 250 + 1}"
    answer = requests.post(f"{site.url}/demandes/nouvelle", data=form, timeout=60,
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
