"""The letter in a real browser: accessible, as wide as the screen, asking nothing of others."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from letters import BASE, identity

from crm.identity import Identity
from crm.mail import render_mjml
from crm.newsletter.content import Block, Content, Image, Part
from crm.newsletter.issues import Layout
from crm.newsletter.items import Kind
from crm.newsletter.render import personal, render

pytestmark = pytest.mark.browser

# What RGAA 4.1 asks of a public body, and WCAG 2.2.
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    },
    "resultTypes": ["violations"],
}
PICTURE = Image("0123456789abcdef0123456789abcdef.jpeg", 1200, 800, "Une place de marché")
PORTRAIT = Image("0123456789abcdef0123456789abcdef.jpeg", 600, 900)


def network() -> Identity:
    return identity(
        tagline="Le réseau de la coopération", logo_type="image/png", logo_width=300, logo_height=90
    )


def letter(title: str = "Trois communes s’allient pour l’accès à l’eau") -> str:
    blocks = [
        Block(
            number, kind, f"{title} {number}", "Un résumé de deux lignes. " * 30,
            f"https://site.example.org/{number}", picture, "Ville d’Albertmont", "Savoie",
            date(2026, 3, 28), date(2026, 4, 3),
        )
        for number, (kind, picture) in enumerate(
            [(Kind.NEWS, PICTURE), (Kind.NEWS, PORTRAIT), (Kind.FUNDING, None),
             (Kind.TRAINING, PICTURE), (Kind.JOB, None), (Kind.EVENT, None)], 1
        )
    ]  # fmt: skip
    content = Content(
        "RESA’CLIC", "resaclic", 12, "Au printemps", "",
        "Bonjour, **voici** le [programme](https://site.example.org).\n\n# Merci\n\n> À vous.",
        date(2026, 3, 3),
        (
            Part("À la une", Layout.FEATURE, tuple(blocks[:1])),
            Part("Actualités", Layout.CARDS, tuple(blocks[1:4])),
            Part("Offres et dates", Layout.LINES, tuple(blocks[4:])),
        ),
    )  # fmt: skip
    html = render(content, network(), BASE).html
    return personal(html, f"{BASE}/lettres/desinscription/x", f"{BASE}/lettres/preferences/x")


def confirmation() -> str:
    return render_mjml(
        "mail/newsletter/confirm.mjml.html", identity=network(), base_url=BASE,
        subject="Confirmez votre abonnement à RESA’CLIC", publication="RESA’CLIC",
        confirm_url=f"{BASE}/lettres/confirmation/{'x' * 60}",
    )  # fmt: skip


@pytest.fixture
def opened(browser):
    """Open a mail, pictures off: `page, asked = opened(html)`; `asked` is what it asks for."""
    contexts = []

    def show(html: str, width: int = 1280, scheme: str = "light"):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        page, asked = context.new_page(), []
        page.route("**", lambda route: (asked.append(route.request.url), route.abort()))
        page.set_content(html)
        return page, asked

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("mail", [letter, confirmation])
def test_mail_has_no_accessibility_fault(opened, mail, width, scheme):
    page, _ = opened(mail(), width, scheme)
    found = Axe().run(page, options=RULES)
    assert [
        (fault["id"], fault["nodes"][0]["html"]) for fault in found.response["violations"]
    ] == []


@pytest.mark.parametrize("width", [1280, 640, 390, 320])
@pytest.mark.parametrize("title", ["Trois communes s’allient", "x" * 3000])
def test_mail_is_never_wider_than_the_screen(opened, width, title):
    page, _ = opened(letter(title), width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_mail_asks_nothing_of_anybody_else(opened):
    _, asked = opened(letter())
    assert asked
    assert all(url.startswith(f"{BASE}/") for url in asked)
