"""An account's whole story, in a browser: invitation, password, second factor, sessions ended."""

import re
import time

import live
import pyotp
import pytest
from accessibility import LAPTOP, faults, headings
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

BOSS, PASSWORD = "nadia@example.org", "un mot de passe de test"
LUC, CHOSEN = "luc@example.org", "quatre mots sans lien"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A running site, on SQLite; Nadia is its administrator."""
    with live.installation("sqlite", tmp_path_factory.mktemp("office")) as running:
        running.crm(
            "users", "add", BOSS, "--role", "admin", "--name", "Nadia Roche", "--password-stdin",
            input=f"{PASSWORD}\n",
        )  # fmt: skip
        yield running


@pytest.fixture
def opened(browser, office):
    """Open a browser of its own; what its pages complain about fails the test."""
    contexts, complaints = [], []

    def open_browser(**options):
        context = browser.new_context(base_url=office.url, locale="fr-FR", **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda said: _keep(said, complaints))
        return tab

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints == []


def _keep(said, complaints):
    # A page that says no (422…) is a line of the console too; it is what was asked for.
    if said.type == "error" and "status of 4" not in said.text:
        complaints.append(said.text)


def look(tab):
    """The page suits everybody; those that links lead to are seen by test_pages."""
    assert headings(tab) + faults(tab) == []


def press(tab, name, role="button"):
    with tab.expect_navigation():
        tab.get_by_role(role, name=name).click()


def sign_in(tab, email, password):
    tab.goto("/connexion")
    tab.get_by_label("Courriel").fill(email)
    tab.get_by_label("Mot de passe").fill(password)
    press(tab, "Se connecter")


def link_in(office, address):
    text = office.mailbox.wait_for(address).get_body(("plain",)).get_content()
    return re.search(r"https?://\S+/connexion/lien/\S+", text)[0]


def choose(tab, link):
    tab.goto(link)
    tab.get_by_label("Nouveau mot de passe").fill("motdepasse2026")
    tab.get_by_label("Le même").fill("motdepasse2026")
    press(tab, "Enregistrer ce mot de passe")
    expect(tab.locator(".summary")).to_contain_text("se devine trop vite")
    look(tab)
    tab.get_by_label("Nouveau mot de passe").fill(CHOSEN)
    tab.get_by_label("Le même").fill(CHOSEN)
    press(tab, "Enregistrer ce mot de passe")
    expect(tab.get_by_role("status")).to_contain_text("Votre mot de passe est enregistré.")


def add_factor(tab):
    """The secret, and the recovery codes."""
    tab.goto("/gestion/compte/")
    press(tab, "Ajouter le second facteur", "link")
    press(tab, "Ajouter un second facteur")
    picture = tab.locator("img.factor")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    look(tab)
    secret = tab.locator("main code").inner_text().replace(" ", "")
    tab.get_by_label("Code à six chiffres").fill(pyotp.TOTP(secret).now())
    press(tab, "Activer le second facteur")
    look(tab)
    expect(tab.get_by_role("button", name="Imprimer")).to_be_visible()
    return secret, tab.locator("ol.codes code").all_inner_texts()


def next_code(secret):
    """A code that has not served yet."""
    return pyotp.TOTP(secret).at(time.time() + 30)


def test_from_the_invitation_to_the_end_of_every_session(opened, office):
    boss = opened(viewport=LAPTOP)
    sign_in(boss, BOSS, PASSWORD)
    boss.goto("/gestion/reglages/comptes/nouveau")
    boss.get_by_label("Prénom et nom").fill("Luc Martin")
    boss.get_by_label("Courriel").fill(LUC)
    boss.get_by_label("Rôle").select_option("lecture")
    press(boss, "Envoyer l’invitation")
    expect(boss.get_by_text("invitation envoyée")).to_be_visible()

    luc = opened(viewport=PHONE)
    link = link_in(office, LUC)
    choose(luc, link)
    luc.goto(link)
    expect(luc.get_by_role("heading", level=1)).to_have_text("Ce lien ne sert plus")
    look(luc)
    sign_in(luc, LUC, CHOSEN)
    secret, spare = add_factor(luc)

    other = opened(viewport=LAPTOP, java_script_enabled=False)
    sign_in(other, LUC, CHOSEN)
    expect(other.get_by_role("heading", level=1)).to_have_text("Votre code")
    other.get_by_label("Code à six chiffres").fill(spare[0])
    press(other, "Continuer")
    assert other.url.endswith("/gestion/")

    luc.goto("/gestion/compte/")
    expect(luc.locator("caption")).to_have_text("2\u00a0sessions ouvertes")
    press(luc, "Fermer toutes les autres")
    expect(luc.locator("caption")).to_have_text("1\u00a0session ouverte")
    other.goto("/gestion/")
    assert "/connexion" in other.url
    sign_in(other, LUC, CHOSEN)
    other.get_by_label("Code à six chiffres").fill(next_code(secret))
    press(other, "Continuer")

    boss.goto("/gestion/reglages/journal/")
    expect(boss.locator("table")).to_contain_text("Code de secours utilisé")
    boss.goto("/gestion/reglages/comptes/")
    press(boss, "Luc Martin", "link")
    press(boss, "Fermer toutes ses sessions")
    for tab in (luc, other):
        tab.goto("/gestion/")
        assert "/connexion" in tab.url
