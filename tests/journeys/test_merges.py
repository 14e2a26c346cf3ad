"""Two cards become one, work goes on, and they become two again."""

import pytest
from accessibility import faults, headings

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded():
    return True


@pytest.fixture
def officer(page, site):
    """Benoît, signed in, who makes the same association twice; the cards are then compared."""
    page.goto("/connexion")
    page.get_by_label("Courriel").fill("benoit@example.org")
    page.get_by_label("Mot de passe").fill("bonjour-arvalia")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/gestion/")
    _make(page, "Les Passeurs de rives (PDR)", "04 72 00 00 11")
    _make(page, "Passeurs de Rive", "04 72 00 00 12", "https://passeurs.example.org")
    site.crm("contacts", "duplicates")
    return page


def _make(page, name, phone, website=""):
    page.goto("/gestion/contacts/organisations/nouvelle")
    page.get_by_label("Nom").fill(name)
    page.get_by_label("Code postal").fill("69001")
    with page.expect_navigation():
        page.get_by_role("button", name="Créer la fiche").click()
    if page.get_by_text("existe peut-être déjà").count():
        with page.expect_navigation():
            page.get_by_role("button", name="C’est une autre : créer sa fiche").click()
    page.goto(f"{page.url}/modifier/coordonnees")
    page.get_by_label("Téléphones").fill(phone)
    page.get_by_label("Site").fill(website)
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer les coordonnées").click()


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)  # on SQLite: tests/contacts
def test_two_cards_become_one_and_two_again(officer):
    kept = _merge(officer)
    _note(officer, "Appelés au sujet du forum.")
    _both_are_found_in_one(officer, kept)
    _undo(officer, kept)
    assert _cards(officer) == {"Les Passeurs de rives (PDR)", "Passeurs de Rive"}


def _merge(page):
    page.goto("/gestion/contacts/doublons/")
    row = page.get_by_role("row").filter(has_text="Passeurs de Rive")
    assert "noms" in row.inner_text()
    _suits_everybody(page)
    with page.expect_navigation():
        row.get_by_role("link", name="Comparer").click()
    _suits_everybody(page)
    if "Les Passeurs" not in page.locator("th[scope=col]").nth(1).inner_text():
        with page.expect_navigation():
            page.get_by_role("link", name="Garder plutôt l’autre fiche").click()
    site = page.get_by_role("row").filter(has_text="https://passeurs.example.org")
    assert site.get_by_role("radio").last.is_checked(), "what one card alone says is proposed"
    with page.expect_navigation():
        page.get_by_role("button", name="Fusionner les deux fiches").click()
    assert page.locator("h1").inner_text() == "Les Passeurs de rives (PDR)"
    said = page.locator("main").inner_text()
    assert "04 72 00 00 11" in said
    assert "04 72 00 00 12" in said
    assert "passeurs.example.org" in said
    return page.url


def _note(page, text):
    page.get_by_role("link", name="Noter un appel").click()
    page.keyboard.type(text)
    page.get_by_role("button", name="Ajouter au journal").click()
    page.locator(".entries li", has_text=text).wait_for()


def _both_are_found_in_one(page, kept):
    assert _cards(page) == {"Les Passeurs de rives (PDR)"}
    page.goto(kept)


def _undo(page, kept):
    with page.expect_navigation():
        page.get_by_role("link", name="Fusionner…").click()
    _suits_everybody(page)
    with page.expect_navigation():
        page.get_by_role("link", name="Défaire…").click()
    _suits_everybody(page)
    page.get_by_label("Passeurs de Rive", exact=True).check()
    with page.expect_navigation():
        page.get_by_role("button", name="Défaire la fusion").click()
    said = page.locator("main").inner_text()
    assert "04 72 00 00 12" not in said
    assert "Appelés au sujet du forum." not in said
    page.goto("/gestion/contacts/?q=passeurs+de+rive")
    with page.expect_navigation():
        page.get_by_role("link", name="Passeurs de Rive", exact=True).click()
    said = page.locator("main").inner_text()
    assert "04 72 00 00 12" in said
    assert "Appelés au sujet du forum." in said


def _cards(page):
    """The names of the cards that a search of the second one shows."""
    page.goto("/gestion/contacts/?q=passeurs+de+rive")
    return set(page.locator("tbody a[href*='/organisations/']").all_inner_texts())


def _suits_everybody(page):
    assert headings(page) + faults(page) == []
