"""Short ways to write issues, whole or of one item, and texts nobody should have typed."""

from datetime import UTC, date, datetime

from crm.identity import Identity
from crm.newsletter.content import Block, Content, Image, Part
from crm.newsletter.issues import Layout
from crm.newsletter.items import Kind

BASE = "https://lettres.example.org"
WEB = f"{BASE}/lettres/resaclic/12"
LONG = "Le projet associe des habitantes et des habitants, des artisanes et des élus. " * 12
HOSTILE = [
    "{{7*7}} {% raw %}{# x #}",
    "<mj-raw><script>alert(1)</script></mj-raw>",
    "</mj-text></mj-column><mj-image src='https://pisteur.example.net/p.gif' />",
    "<!-- [if mso]> --> ]]> & &amp; &#60; \"'`",
    "Vélo 🚲 et famille 👩‍👩‍👧, \u202eolleh\u202c \u200fشكرا",
    "pris\x00 de\x0b Word\x1f \ud800\ufffe",
    "x" * 3000,
]


def identity(**values) -> Identity:
    return Identity(**{
        "name": "Réseau Horizons", "short_name": "Horizons", "tagline": "",
        "postal_address": "12 rue des Acacias\n69003 Lyon", "email": "contact@example.org",
        "phone": "04 00 00 00 00", "website": "https://horizons.example.org", "brand": "#0b6e69",
        "attention": "#b4531c", "logo_type": "",
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
    } | values)  # fmt: skip


def block(number: int = 1, kind: Kind = Kind.NEWS, **values) -> Block:
    values.setdefault("title", f"Titre {number}")
    values.setdefault("url", f"https://site.example.org/{number}")
    return Block(number, kind, **values)


def issue(*parts: Part, **values) -> Content:
    return Content(**{
        "publication": "RESA’CLIC", "slug": "resaclic", "number": 12, "subject": "Au printemps",
        "preheader": "", "editorial": "", "sent_on": date(2026, 3, 3), "parts": parts,
    } | values)  # fmt: skip


def full(count: int = 40, summary: str = LONG, title: str = "Un titre de longueur ordinaire"):
    """`count` items in five sections of every layout, with pictures."""
    layouts = [Layout.FEATURE, Layout.CARDS, Layout.CARDS, Layout.LINES, Layout.LINES]
    kinds = [Kind.NEWS, Kind.NEWS, Kind.RESOURCE, Kind.FUNDING, Kind.JOB]
    image = Image("0123456789abcdef0123456789abcdef.jpeg", 1200, 800, "Une place de marché")
    numbers = range(1, count + 1)
    blocks = [
        block(
            n, kinds[n % 5], title=f"{title} {n}", summary=f"{n} {summary}", image=image,
            organisation=f"Association {n}", place="Lyon", ends_on=date(2026, 4, 1 + n % 28),
        )
        for n in numbers
    ]  # fmt: skip
    parts = [
        Part(f"Rubrique {i}", layouts[i], tuple(blocks[i - 1 :: 5] if i else blocks[4::5]))
        for i in range(5)
    ]
    return issue(*parts, editorial="Bonjour à **toutes** et à tous.\n\n# Ce mois-ci\n\nBien.")


def one(layout: Layout = Layout.CARDS, **values) -> Content:
    return issue(Part("Rubrique", layout, (block(**values),)))
