"""Contacts in a browser: found from the keyboard, taken in, taken back, kept and sent out again."""

import csv
import io
import re

import pytest
from accessibility import faults

FILE = """Structure;Sigle;Ville;Site
Fédération Lucien Garance;FLG;Lyon;https://garance.example.org
Federation Lucienne Garance;;Lyon;
Les Tisserands du Vercors;LTV;Villard-de-Lans;https://tisserands.example.org
"""

pytestmark = pytest.mark.browser
on_sqlite = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("site", ["postgresql"], indirect=True)


@pytest.fixture
def seeded():
    return True


@pytest.fixture
def officer(page):
    """Benoît of the demonstration network, signed in."""
    page.goto("/connexion")
    page.get_by_label("Courriel").fill("benoit@example.org")
    page.get_by_label("Mot de passe").fill("bonjour-arvalia")
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/gestion/")
    return page


@on_sqlite
def test_contacts_from_the_first_search_to_the_last_file(officer, tmp_path):
    """One installation, three stories: a browser and four processes are not light."""
    _search_from_the_keyboard(officer)
    _import_and_undo(officer)
    _keep_export_and_import_back(officer, tmp_path)


@on_postgresql
def test_a_file_comes_in_and_goes_on_postgresql(officer):
    _import_and_undo(officer)


def _search_from_the_keyboard(page):
    page.locator("body").press("/")
    box = page.get_by_role("combobox")
    assert page.evaluate("document.activeElement.id") == "recherche"
    page.keyboard.type("federation lucien garence")
    found = page.get_by_role("option")
    found.first.wait_for()
    assert "Fédération Lucien Garance (FLG)" in found.first.inner_text()
    _is_accessible(page)
    page.keyboard.press("Escape")
    assert found.first.is_hidden()
    assert box.get_attribute("aria-expanded") == "false"
    assert box.input_value() == "federation lucien garence"
    page.keyboard.type(" ")
    found.first.wait_for()
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == found.first.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/organisations/*")
    assert page.locator("h1").inner_text() == "Fédération Lucien Garance (FLG)"
    page.locator("body").press("/")
    page.keyboard.type("garence")
    found.first.wait_for()
    page.keyboard.press("Enter")  # nothing is chosen: the full page
    page.wait_for_url("**/contacts/?q=garence")
    assert page.locator(".count").inner_text() == "12\u00a0fiches"
    _is_accessible(page)
    page.goto("/gestion/contacts/?vue=carte")
    _is_accessible(page)


def _import_and_undo(page):
    before = _count(page)
    page.goto("/gestion/contacts/imports/")
    _is_accessible(page)
    page.get_by_label("Un tableau de contacts").set_input_files(
        {"name": "suite.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp1252")}
    )
    page.get_by_role("button", name="Regarder ce fichier").click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    page.get_by_text("Ce que disent les colonnes").click()
    _is_accessible(page)
    doubt = page.get_by_role("group", name="Federation Lucienne Garance")
    doubt.get_by_label("C’est une nouvelle fiche").check()
    doubt.get_by_role("button", name="Choisir").click()
    page.get_by_role("button", name="Revenir sur ce choix").wait_for()
    assert _count(page, back=True) == before
    page.get_by_role("button", name="Appliquer 3\u00a0lignes").click()
    undo = page.get_by_role("link", name="Annuler cet import")
    undo.wait_for()
    assert page.locator(".tally tbody").inner_text().split("\n") == ["créées\t2", "modifiées\t1"]
    _is_accessible(page)
    assert _count(page, back=True) == before + 2
    with page.expect_navigation():
        undo.click()
    _is_accessible(page)
    page.get_by_role("button", name="Annuler cet import").click()
    told = page.get_by_text("Import annulé")
    told.wait_for()
    assert "2\u00a0fiches retirées, 1\u00a0fiche remise comme avant" in told.inner_text()
    assert _count(page) == before


def _keep_export_and_import_back(page, folder):
    page.goto("/gestion/contacts/?departement=38")
    with page.expect_navigation():
        page.get_by_role("link", name="Garder cette recherche").click()
    page.get_by_label("Nom du segment").fill("Isère")
    _is_accessible(page)
    page.get_by_role("button", name="Garder ce segment").click()
    page.get_by_role("heading", name="Isère").wait_for()
    _is_accessible(page)
    with page.expect_navigation():
        page.get_by_role("link", name="Exporter").click()
    _is_accessible(page)
    page.get_by_label("Organisations (").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Télécharger le fichier").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline=""), delimiter=";"))
    page.goto("/gestion/contacts/imports/")
    page.get_by_label("Un tableau de contacts").set_input_files(file)
    page.get_by_role("button", name="Regarder ce fichier").click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    assert page.locator(".tallies a").all_inner_texts() == [f"{len(rows) - 1} inchangées"]
    assert page.get_by_role("button", name="Appliquer").count() == 0


def _count(page, *, back=False):
    """How many cards there are, as the full page says."""
    here = page.url
    page.goto("/gestion/contacts/")
    said = page.locator(".count strong").inner_text().split("\u00a0")[0]
    if back:
        page.goto(here)
    return int(said)


def _is_accessible(page):
    """No fault for the rules of accessibility, nothing wider than the screen."""
    assert faults(page) == [], page.url
