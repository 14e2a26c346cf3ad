"""The public form: thirty posts a second, each with its proof of work, while a letter is sent.

Whole processes, as in production: the site, its worker, `crm newsletter send`, a mail server.
Beside it: the page that answers without writing anything (`/sante`), at the same pace.
"""

import subprocess
import time
from pathlib import Path

from benchmarks._pace import CRM, Site, calm, drawn, posted, proofs, sites

RATE = 30  # posts a second
SECONDS = 20
READERS = 40_000
PAGE = "/demandes/nouvelle"


def run() -> None:
    """Print the times of the form, on each database."""
    print(f"\nFormulaire public : {RATE} envois par seconde pendant un envoi de lettre")
    with sites() as each:
        for kind, site in each():
            _measure(kind, site)


def _measure(kind: str, site: Site) -> None:
    _prepare(site)
    opened = drawn(site, PAGE)
    forms = [
        _filled(number, proof) | {"drawn": opened}
        for number, proof in enumerate(proofs(site, RATE * SECONDS))
    ]
    time.sleep(5)
    reference = calm(site, RATE)
    letter = subprocess.Popen([CRM, "newsletter", "send"], env=site.environ,
                              stdout=subprocess.DEVNULL)  # fmt: skip
    time.sleep(2)
    run = posted(site, PAGE, RATE, forms)
    was_sending = letter.poll() is None
    letter.terminate()
    letter.wait(timeout=60)
    run.say(kind, PAGE)
    reference.say(kind, "/sante, sans lettre")
    if not was_sending:
        print("  la lettre était déjà partie : augmentez READERS")


def _prepare(site: Site) -> None:
    """A letter to many readers, due now."""
    readers = Path(site.environ["CRM_INSTANCE"], "abonnes.csv")
    readers.write_text("email\n" + "\n".join(f"a{n}@example.org" for n in range(READERS)))
    site.crm("newsletter", "subscribers", "import", str(readers), "--publication", "resaclic",
             "--consent", "mesure")  # fmt: skip
    number = site.crm("newsletter", "draft", "resaclic").stdout.split()[-1].strip(".")
    site.crm("newsletter", "schedule", "resaclic", number)


def _filled(number: int, proof: str) -> dict[str, str]:
    return {
        "kind": "project", "last_name": f"Martin {number}", "email": f"c{number}@example.org",
        "need": f"Un puits pour l’école numéro {number}, avec la commune et le comité de gestion "
        "de l’eau, qui demande un devis et un diagnostic avant la saison sèche.",
        "organisation_name": f"Puits sans frontières {number % 40}", "consent": "y",
        "key": f"mesure-{number}", "altcha": proof,
    }  # fmt: skip
