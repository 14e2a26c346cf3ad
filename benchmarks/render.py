"""Rendering a 40-item issue: mail HTML within its budget, text part, marks."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from crm import app  # noqa: F401  (loads every table)
from crm.identity import Identity
from crm.mail import environment
from crm.newsletter.content import Block, Content, Image, Part
from crm.newsletter.issues import Layout
from crm.newsletter.items import Kind
from crm.newsletter.render import render

TIMES = 20
BASE = "https://lettres.example.org"
SUMMARY = "Deux lignes qui disent de quoi il s’agit, pour qui, et ce que l’on y trouvera. " * 2
# The same words in the shortest template there is: what Jinja alone costs.
PLAIN = """<h1>{{ content.title }}</h1>{{ content.editorial }}
{% for part in content.parts %}<h2>{{ part.title }}</h2>
{% for item in part.blocks %}<h3><a href="{{ item.url }}">{{ item.title }}</a></h3>
<p>{{ item.organisation }} {{ item.place }}</p><p>{{ item.summary }}</p>
{% endfor %}{% endfor %}"""


def run() -> None:
    """Print the median time of a whole rendering, beside the same words through Jinja alone."""
    content, identity = issue(), network()
    plain = environment().from_string(PLAIN)
    whole = median(lambda: render(content, identity, BASE))
    alone = median(lambda: plain.render(content=content))
    weight = len(render(content, identity, BASE).html.encode()) / 1000
    print(
        f"Rendu d’un numéro de 40 contenus (médiane de {TIMES}) : {_ms(whole)} ms pour le HTML "
        f"({weight:.0f} ko) et le texte ; les mêmes mots par Jinja seul : {_ms(alone)} ms"
    )


def median(work: Callable[[], object]) -> float:
    """Milliseconds; a first call warms up the templates."""
    work()
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _ms(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def network() -> Identity:
    return Identity(
        name="Réseau Horizons", short_name="Horizons", tagline="", email="contact@example.org",
        postal_address="12 rue des Acacias, 69003 Lyon", phone="", website="", brand="#0b6e69",
        attention="#b4531c", logo_type="", updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def issue() -> Content:
    """One story on the front page, 15 articles with or without picture, 24 lines."""
    return Content(
        "RESA’CLIC", "resaclic", 12, "Au printemps", "", "Bonjour à **toutes** et à tous. " * 20,
        date(2026, 3, 3),
        (
            Part("À la une", Layout.FEATURE, (_block(1, Kind.NEWS),)),
            Part("Actualités", Layout.CARDS, _blocks(2, 17, Kind.NEWS)),
            Part("Financements", Layout.LINES, _blocks(17, 25, Kind.FUNDING)),
            Part("Agenda", Layout.LINES, _blocks(25, 33, Kind.EVENT)),
            Part("Offres d’emploi", Layout.LINES, _blocks(33, 41, Kind.JOB)),
        ),
    )  # fmt: skip


def _blocks(first: int, end: int, kind: Kind) -> tuple[Block, ...]:
    return tuple(_block(number, kind) for number in range(first, end))


def _block(number: int, kind: Kind) -> Block:
    image = Image(f"{number:032x}.jpeg", 1200, 800, "Une place de marché")
    return Block(
        number, kind, f"Un titre de longueur ordinaire pour le contenu {number}", SUMMARY,
        f"https://site.example.org/contenus/{number}", image if number % 2 else None,
        "Association des Deux Rives", "Lyon", date(2026, 4, number % 28 + 1), date(2026, 5, 1),
    )  # fmt: skip


if __name__ == "__main__":
    run()
