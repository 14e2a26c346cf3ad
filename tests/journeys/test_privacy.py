"""Somebody asks what is kept about them, then to be forgotten: a browser, real processes."""

import json
import re
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import asking
import live
import pytest
from accessibility import faults, headings
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PASSWORD = "un mot de passe de test"
FIRST, LAST, EMAIL = "Zylphée", "Vorkazin", "zylphee.vorkazin@example.org"
MARKS = ("zylph", "vorkazin", "besoinxylo", "reponsexylo")


def press(tab, role, name):
    with tab.expect_navigation():
        tab.get_by_role(role, name=name).click()


@pytest.fixture
def site(tmp_path):
    """On SQLite: all there is lies in one folder (tests/privacy look into PostgreSQL too)."""
    with live.installation("sqlite", tmp_path) as running:
        yield running


@pytest.fixture
def guest(browser, site):
    context = browser.new_context(base_url=site.url, locale="fr-FR", java_script_enabled=False)
    yield context.new_page()
    context.close()


def link(site, pattern):
    """The personal link of the last mail that has one."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for message in reversed(site.mailbox.to(EMAIL)):
            text = message.get_body(("plain",)).get_content()
            if found := re.search(pattern, text):
                return urlsplit(found[0]).path
        time.sleep(0.1)
    raise AssertionError(f"no mail with {pattern}")


def leave_traces(guest, site, plan):
    """What a visitor does with their name and address, and what goes wrong."""
    guest.goto("/lettres/inscription")
    guest.get_by_label("Votre adresse de courriel").fill(EMAIL)
    guest.get_by_label("Prénom").fill(FIRST)
    guest.get_by_label("Nom", exact=False).last.fill(LAST)
    press(guest, "button", "M’abonner")
    guest.goto(link(site, r"https?://\S+/confirmation/\S+"))
    press(guest, "button", "Oui, je m’abonne")
    guest.goto("/demandes/nouvelle")
    guest.get_by_label("Je cherche une information").check()
    guest.get_by_label("Votre demande").fill(f"Je suis {FIRST} {LAST}, besoinxylo")
    guest.get_by_label("Prénom").fill(FIRST)
    guest.get_by_label("Nom", exact=True).fill(LAST)
    guest.get_by_label("Courriel").fill(EMAIL)
    plan.write_bytes(asking.PDF + b"% besoinxylo")
    guest.get_by_label("Documents utiles").set_input_files(plan)
    guest.get_by_label("J’accepte que").check()
    guest.wait_for_timeout(4000)  # nobody fills in a form in less
    press(guest, "button", "Envoyer ma demande")
    page = link(site, r"https?://\S+/demandes/[\w-]{20,}")
    guest.goto(page)
    guest.get_by_label("Votre message").fill(f"Merci, reponsexylo. {FIRST} {LAST}")
    press(guest, "button", "Envoyer ce message")
    for path in (f"/lettres/preferences/{LAST}", f"/rien/{EMAIL}", f"/agenda/{LAST}?q={EMAIL}"):
        guest.goto(path)
    guest.goto("/connexion")
    guest.get_by_label("Courriel").fill(EMAIL)
    guest.get_by_label("Mot de passe", exact=True).fill(f"{LAST} est mon nom")
    press(guest, "button", "Se connecter")


def test_from_the_question_to_the_last_byte(guest, page, site, tmp_path):
    site.crm("users", "add", "nadia@example.org", "--role", "admin", "--name", "Nadia Roche",
             "--password-stdin", input=f"{PASSWORD}\n")  # fmt: skip
    leave_traces(guest, site, tmp_path / "plan.pdf")
    _sign_in(page)
    press(page, "link", "Réglages")
    press(page, "link", "Vie privée")
    page.get_by_label("Adresse ou nom").fill(LAST.lower())
    press(page, "button", "Chercher")
    press(page, "link", f"{FIRST} {LAST}")
    said = headings(page) + faults(page)
    expect(page.locator("main")).to_contain_text("besoinxylo")
    _take_away(page, tmp_path)
    press(page, "link", "Effacer…")
    said += headings(page) + faults(page)
    expect(page.locator("main")).to_contain_text("quitte RESA’CLIC")
    page.get_by_label("J’ai lu ce qui sera effacé").check()
    press(page, "button", "Effacer cette personne")
    expect(page.locator(".notice")).to_contain_text("il ne reste rien de cette personne")
    said += headings(page) + faults(page)
    assert said == []
    _wait_until_written_again(page)
    assert _in_files(Path(site.environ["CRM_INSTANCE"])) == []


def _sign_in(page):
    page.goto("/connexion")
    page.get_by_label("Courriel").fill("nadia@example.org")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/gestion/**")


def _take_away(page, folder):
    with page.expect_download() as download:
        page.get_by_role("button", name="Emporter le dossier").click()
    file = folder / "dossier.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as box:
        assert json.loads(box.read("dossier.json"))["personne"] == f"{FIRST} {LAST}"
        assert any(b"besoinxylo" in box.read(name) for name in box.namelist() if "plan.pdf" in name)
    file.unlink()
    (folder / "plan.pdf").unlink()


def _wait_until_written_again(page):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page.goto("/gestion/vie-privee/")
        if page.locator(".state-good", has_text="réécrits").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("the files of the database were not written again")


def _in_files(folder):
    """The files where a mark is: the database and its journals, the queue, what processes log."""
    logs = {file.name for file in folder.glob("*.log")}
    assert {"serve.log", "worker.log"} <= logs
    return [
        (file.name, mark) for file in folder.rglob("*") if file.is_file() for mark in MARKS
        if mark.encode() in file.read_bytes().lower()
    ]  # fmt: skip
