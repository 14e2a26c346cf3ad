"""A morning at the telephone: make a card, note a call, correct it in place, two at once."""

import pytest
from accessibility import faults
from playwright.sync_api import expect

PASSWORD = "un mot de passe de test"

# On SQLite: the same pages by the client, tests/contacts.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("site", ["postgresql"], indirect=True),
]


@pytest.fixture
def awa(browser, site):
    """Awa's browser; what the page complains about fails the test, but for refusals we sent."""
    context = browser.new_context(base_url=site.url, locale="fr-FR")
    tab, complaints = context.new_page(), []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield _sign_in(tab, "awa@example.org")
    context.close()
    assert [text for text in complaints if "status of 422" not in text and "409" not in text] == []


@pytest.fixture
def benoit(browser, site):
    """Another browser, where Benoît is signed in and JavaScript is off."""
    site.crm(
        "users", "add", "benoit@example.org", "--role", "charge_de_mission", "--name",
        "Benoît Faure", "--password-stdin", input=f"{PASSWORD}\n",
    )  # fmt: skip
    context = browser.new_context(base_url=site.url, java_script_enabled=False, locale="fr-FR")
    yield _sign_in(context.new_page(), "benoit@example.org")
    context.close()


def _sign_in(tab, address):
    tab.goto("/connexion")
    tab.get_by_label("Courriel").fill(address)
    tab.get_by_label("Mot de passe").fill(PASSWORD)
    tab.get_by_role("button", name="Se connecter").click()
    tab.get_by_role("button", name="Se déconnecter").wait_for()
    return tab


def test_a_morning_at_the_telephone(awa, benoit):
    _make(awa, "Fédération Garance (FLG)")
    card = _make(awa, "Sahel-Isère Amitié (SIA)")
    _correct_from_the_keyboard(awa)
    _note_a_call(awa)
    _both_at_once(awa, benoit, card)
    _change_structure(benoit, card)
    _is_accessible(awa, card)


def _make(page, name):
    page.goto("/gestion/contacts/organisations/nouvelle")
    page.get_by_label("Nom").fill(name)
    page.get_by_label("Code postal").fill("38000")
    page.get_by_role("button", name="Créer la fiche").click()
    page.get_by_role("heading", level=1, name=name).wait_for()
    return page.url


def _correct_from_the_keyboard(page):
    """The form comes where the section was, and the card shows what was saved."""
    page.get_by_role("link", name="Modifier\u00a0: Coordonnées").press("Enter")
    mails = page.get_by_label("Courriels")
    mails.wait_for()
    assert page.evaluate("document.activeElement.id") == "emails"
    page.keyboard.type("contact@sia.example")
    page.keyboard.press("Escape")  # what was typed is not thrown away
    assert mails.input_value() == "contact@sia.example"
    mails.fill("pas une adresse")
    page.get_by_role("button", name="Enregistrer les coordonnées").press("Enter")
    page.get_by_text("n’est pas un courriel complet").first.wait_for()
    assert mails.input_value() == "pas une adresse"
    mails.fill("contact@sia.example.org")
    page.get_by_role("button", name="Enregistrer les coordonnées").press("Enter")
    page.locator("#coordonnees").get_by_role("link", name="contact@sia.example.org").wait_for()
    assert page.evaluate("document.activeElement.className") == "edit"
    assert page.locator("#annonce").inner_text() == "C’est enregistré\u00a0: courriels changés."
    assert "Courriels changés" in page.locator(".entries li").first.inner_text()


def _note_a_call(page):
    page.get_by_role("link", name="Noter un appel").click()
    page.keyboard.type("Rappeler mardi.")
    page.get_by_role("button", name="Ajouter au journal").click()
    page.wait_for_url("**#journal")
    first = page.locator(".entries li").first.inner_text()
    assert first.startswith("Appel · Awa Diallo · à l’instant")
    assert "Rappeler mardi." in first


def _both_at_once(awa, benoit, card):
    """Benoît, without JavaScript, saves while Awa types: she is told, and chooses."""
    awa.get_by_role("link", name="Modifier\u00a0: Adresse").click()
    awa.get_by_label("Commune").fill("Vizille")
    benoit.goto(card)
    benoit.get_by_role("link", name="Modifier\u00a0: Adresse").click()
    benoit.get_by_label("Commune").fill("Vif")
    benoit.get_by_role("button", name="Enregistrer l’adresse").click()
    expect(benoit.locator(".notices")).to_contain_text("C’est enregistré\u00a0: commune changée.")
    awa.get_by_role("button", name="Enregistrer l’adresse").click()
    told = awa.locator(".clash")
    told.wait_for()
    assert "Commune\u00a0: c’était vide, c’est devenu Vif, par Benoît Faure" in told.inner_text()
    assert awa.get_by_label("Commune").input_value() == "Vizille"
    awa.get_by_role("button", name="Enregistrer mes valeurs à la place").click()
    awa.locator("#adresse").get_by_text("38000 Vizille").wait_for()


def _change_structure(page, card):
    page.goto(card)
    page.get_by_role("link", name="Ajouter une personne").click()
    page.get_by_label("Prénom").fill("Fatoumata")
    page.get_by_label("Nom", exact=True).fill("Traoré")
    page.get_by_label("Fonction").fill("présidente")
    page.get_by_role("button", name="Créer la fiche").click()
    page.get_by_role("link", name="A changé de structure").first.click()
    page.get_by_label("Nouvelle organisation").fill("federation garance")
    page.get_by_label("Nouvelle fonction").fill("déléguée")
    page.get_by_role("button", name="Noter le changement de structure").click()
    page.locator("#fonctions", has_text="Fédération Garance").wait_for()
    roles = page.locator("#fonctions").inner_text()
    assert "Déléguée, Fédération Garance (FLG)" in roles
    assert "Présidente, Sahel-Isère Amitié (SIA)" in roles.partition("Avant")[2]


def _is_accessible(page, card):
    for url in (card, f"{card}/modifier/activite", f"{card}/modifier/liens"):
        page.goto(url)
        assert faults(page) == []
