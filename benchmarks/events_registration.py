"""Registering: fifty posts a second, each with its proof of work, for an event of 500 places.

Beside it: the page that answers without writing anything (`/sante`), at the same pace. The places
are counted at the end, and the mails that the worker has still to write.
"""

import json
import time
from collections import Counter

from benchmarks._pace import Site, calm, drawn, posted, proofs, python, sites

RATE = 50  # posts a second
SECONDS = 20
PLACES = 500
PAGE = "/agenda/mesure/inscription"

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
    states = {row[0].value: row[1] for row in db.session.execute(found)}
    owed = sa.select(sa.func.count()).where(Registration.owed.is_not(None))
    print(json.dumps({**states, "owed": db.session.scalar(owed)}))
"""


def run() -> None:
    """Print the times of the form, on each database, and the places that were given."""
    print(f"\nInscriptions : {RATE} par seconde, pour {PLACES} places")
    with sites() as each:
        for kind, site in each():
            _measure(kind, site)


def _measure(kind: str, site: Site) -> None:
    python(site, ANNOUNCE.format(places=PLACES))
    opened = drawn(site, PAGE)
    forms = [
        _filled(number, proof) | {"drawn": opened}
        for number, proof in enumerate(proofs(site, RATE * SECONDS))
    ]
    time.sleep(5)
    reference = calm(site, RATE)
    posted(site, PAGE, RATE, forms).say(kind, "inscription")
    reference.say(kind, "/sante")
    counted = Counter(json.loads(python(site, COUNT)))
    print(
        f"  {kind:<11}places données : {counted['confirmed']}, en attente : {counted['waiting']}, "
        f"à vérifier : {counted['suspect']} ; courriels encore à écrire : {counted['owed']}"
    )


def _filled(number: int, proof: str) -> dict[str, str]:
    return {
        "first_name": "Chloé", "last_name": f"Martin {number}", "email": f"c{number}@example.org",
        "organisation_name": f"Puits sans frontières {number % 40}", "altcha": proof,
        "access_needs": "Sous-titres" if number % 20 == 0 else "",
    }  # fmt: skip
