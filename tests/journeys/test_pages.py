"""Every page, for everybody: axe, keyboard, no JavaScript."""

import re
import time
from urllib.parse import urlsplit

import live
import pytest
from accessibility import LAPTOP, faults, headings, ready
from playwright.sync_api import expect
from tabs import late

from crm.seed.team import PASSWORD

pytestmark = pytest.mark.browser

NOT_PAGES = re.compile(r".*\.(html|txt|xml|json|csv|xlsx|ics|pdf)|.*/html|/lettres/images/.*")
STATES = "?etat=partis", "?etat=attente", "?q=zzz"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The demonstration network, small, its site running; a draft is waiting."""
    with live.installation("sqlite", tmp_path_factory.mktemp("pages"), seeded=True) as running:
        running.crm("newsletter", "draft", "resaclic")
        yield running


@pytest.fixture
def opened(browser, network):
    """Open a tab, signed in or not; what it complains about, or asks of others, fails the test."""
    contexts, complaints = [], []

    def open_tab(who: str = "", **options):
        context = browser.new_context(
            base_url=network.url, viewport=LAPTOP, locale="fr-FR", **options
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(f"{tab.url}: {error}"))
        tab.on("console", lambda said: _keep(said, tab, complaints))
        tab.on("request", lambda asked: _look(asked.url, network.url, complaints))
        if who:
            tab.goto("/connexion")
            tab.get_by_label("Courriel").fill(f"{who}@example.org")
            tab.get_by_label("Mot de passe").fill(PASSWORD)
            tab.get_by_role("button", name="Se connecter").click()
            tab.wait_for_url("**/gestion/")
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


def _keep(said, tab, complaints):
    # A page that says no (404, 422…) is a line of the console too; it is what we asked for.
    if said.type == "error" and "status of 4" not in said.text:
        complaints.append(f"{tab.url}: {said.text}")


def _look(url, home, complaints):
    if not url.startswith((home, "about:", "data:")):
        complaints.append(f"asks {url}")


def links(tab):
    """The paths of our pages that this one leads to."""
    # Asked of the page at once: a locator would bring its tools to each page.
    found = tab.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)")
    home = urlsplit(tab.url).netloc
    paths = {urlsplit(url).path for url in found if urlsplit(url).netloc == home}
    return {path for path in paths if not NOT_PAGES.fullmatch(path)}


# What stands for one among many of its kind, in an address.
ONE = re.compile(r"\d+|(?<=/agenda/)[a-z0-9-]+|(?<=/publications/)(?!nouvelle)[a-z]+")


def walk(tab, start):
    """Open every kind of page one can reach from `start` and that is under it; yields the path of
    each, once opened."""
    waiting, kinds = [start], set()
    while waiting:
        path = waiting.pop(0)
        kind = ONE.sub("N", path)
        if kind in kinds:
            continue
        kinds.add(kind)
        tab.set_viewport_size(LAPTOP)
        tab.goto(path)
        waiting += sorted(link for link in links(tab) if link.startswith(start))
        yield path


def test_every_page_of_the_team_suits_everybody(opened):
    tab = opened("nadia")
    ready(tab.context)
    said, seen = [], []
    for path in walk(tab, "/gestion/"):
        seen.append(path)
        said += [f"{path} {fault}" for fault in headings(tab) + faults(tab)]
    for query in STATES:
        tab.goto(f"/gestion/lettres/abonnes/{query}")
        said += [f"{query} {fault}" for fault in faults(tab)]
    assert said == []
    assert len(seen) > 30, seen


def test_every_page_of_visitors_suits_everybody(opened, network):
    tab = opened()
    ready(tab.context)
    said = []

    def look():
        said.extend(f"{tab.url} {fault}" for fault in headings(tab) + faults(tab))

    seen = [look() for _ in walk(tab, "/")]
    for path in ("/rien", "/lettres/inscription?cadre=1", "/lettres/preferences/coupé"):
        tab.goto(path)
        look()
    for path, button in (("/connexion", "Se connecter"), ("/lettres/inscription", "M’abonner")):
        tab.goto(path)
        follow(tab, "button", button)
        tab.locator(".summary").wait_for()
        assert tab.evaluate("document.activeElement.id") == "erreurs"
        look()
    _subscribe(tab, network, look)
    assert said == []
    assert len(seen) >= 6


def follow(tab, role, name):
    """Press what leads to another page, and wait for that page."""
    with tab.expect_navigation():
        tab.get_by_role(role, name=name).click()


def _subscribe(tab, network, look):
    """The personal pages, by the links of the mail."""
    tab.get_by_label("Votre adresse de courriel").fill("visiteuse@example.org")
    follow(tab, "button", "M’abonner")
    look()
    letter = network.mailbox.wait_for("visiteuse@example.org").get_body(("plain",)).get_content()
    tab.goto(re.search(r"https?://\S+/confirmation/\S+", letter)[0])
    look()
    for role, name in (
        ("button", "Oui, je m’abonne"),
        ("link", "Changer mes préférences"),
        ("link", "Me désinscrire"),
        ("button", "Me désinscrire"),
    ):
        follow(tab, role, name)
        look()


def focused(tab):
    return tab.evaluate("document.activeElement.textContent.trim() || document.activeElement.id")


def reach(tab, name, at_most=60):
    """Press Tab until something so named has focus; how many times it took."""
    for count in range(1, at_most + 1):
        tab.keyboard.press("Tab")
        if name in focused(tab):
            return count
    raise AssertionError(f"{name} is never reached")


def test_the_tab_key_goes_the_way_one_reads(opened):
    tab = opened("awa")
    tab.goto("/gestion/lettres/contenus/")
    order = ("Aller au contenu", "Accueil", "Lettres", "recherche", "Ajouter un contenu", "Numéros")
    assert all(reach(tab, name) for name in order)
    tab.goto("/gestion/lettres/contenus/")
    reach(tab, "Aller au contenu")
    tab.keyboard.press("Enter")
    assert reach(tab, "Ajouter un contenu") == 1
    tab.keyboard.press("/")
    assert focused(tab) == "recherche"


def titles(tab, section):
    box = tab.locator("[data-section]", has=tab.locator("h3", has_text=section))
    return box.locator(".what > strong").all_inner_texts()


def test_the_keyboard_alone_composes(opened):
    tab = opened("awa")
    tab.goto("/gestion/lettres/")
    reach(tab, "Reprendre le n°")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/numeros/*")
    before = titles(tab, "Offres d’emploi")
    assert len(before) > 2
    last = tab.locator("[data-placement]", has_text=before[-1]).last
    last.focus()
    tab.keyboard.press("Alt+ArrowUp")
    rank = f"place {len(before) - 1} sur {len(before)}"
    place = f"{before[-1]}\u00a0: {rank}, rubrique Offres d’emploi."
    tab.locator("#annonce", has_text=place).wait_for(state="attached")
    assert titles(tab, "Offres d’emploi") == [*before[:-2], before[-1], before[-2]]
    assert before[-1] in focused(tab), "the item keeps the focus as it moves"
    # Tab to « Retirer », take it out, then take it again from the left.
    for _ in range(4):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.locator("#annonce", has_text="Le contenu est retiré.").wait_for(state="attached")
    assert titles(tab, "Offres d’emploi") == before[:-1]
    drawer = tab.locator(".source details", has_text=before[-1])
    drawer.locator("summary").focus()
    if drawer.get_attribute("open") is None:
        tab.keyboard.press("Enter")
    tab.get_by_role("button", name=f"Prendre «\u00a0{before[-1]}").focus()
    tab.keyboard.press("Enter")
    tab.locator("#annonce", has_text="rubrique Offres d’emploi.").wait_for(state="attached")
    assert titles(tab, "Offres d’emploi") == before


def test_what_is_typed_survives_what_is_moved(opened):
    tab = opened("awa")
    tab.goto("/gestion/lettres/")
    tab.get_by_role("link", name="Reprendre le n°").click()
    drawers = tab.locator(".rewording")
    drawers.nth(1).locator("summary").click()
    drawers.nth(1).locator("textarea").fill("Pas encore enregistré")
    tab.get_by_label("Phrase d’aperçu").fill("Tapée sans bouton")
    with tab.expect_response(re.compile(r"/place$")):
        tab.get_by_role("button", name="Descendre").first.click()
    tab.locator("#annonce", has_text="\u00a0: place ").wait_for(state="attached")
    kept = tab.locator(".rewording[open] textarea")
    expect(kept).to_have_value("Pas encore enregistré")
    expect(tab.get_by_label("Phrase d’aperçu")).to_have_value("Tapée sans bouton")
    tab.reload()
    assert tab.get_by_label("Phrase d’aperçu").input_value() == "Tapée sans bouton"


@pytest.mark.parametrize("leaves", [False, True])
def test_what_is_typed_before_the_scripts_have_come_is_kept_too(opened, leaves):
    tab = opened("awa")
    tab.goto("/gestion/lettres/")
    desk = tab.get_by_role("link", name="Reprendre le n°").get_attribute("href")
    field = tab.get_by_label("Phrase d’aperçu")
    with late(tab, desk, "desk.js"):
        field.fill(f"Tapée tôt {leaves}")
        if leaves:
            field.press("Tab")
    tab.locator("[data-texts] [data-saved]", has_text="Enregistré.").wait_for()
    tab.reload()
    assert field.input_value() == f"Tapée tôt {leaves}"


def test_what_is_ticked_before_the_scripts_have_come_is_kept_too(opened):
    tab = opened("awa")
    tab.goto("/gestion/lettres/")
    desk = tab.get_by_role("link", name="Reprendre le n°").get_attribute("href")
    tab.goto(desk)
    first = tab.locator(".rewording", has=tab.get_by_label("Montrer son image")).first
    name = first.get_attribute("id")
    drawer = tab.locator(f"#{name}")
    was = drawer.get_by_label("Montrer son image").is_checked()
    with late(tab, desk, "desk.js"):
        drawer.locator("summary").click()
        drawer.get_by_label("Montrer son image").set_checked(not was)
    drawer.locator("[data-saved]", has_text="Enregistré.").wait_for()
    tab.reload()
    assert drawer.get_by_label("Montrer son image").is_checked() is not was


def test_what_is_searched_before_the_script_has_come_is_found(opened):
    tab = opened("awa")
    with late(tab, "/gestion/", "search.js"):
        tab.get_by_role("combobox").fill("lyon")
    tab.get_by_role("option").first.wait_for()


def test_everything_works_without_javascript(opened, network):
    tab = opened("awa", java_script_enabled=False)
    tab.get_by_role("link", name="Lettres", exact=True).click()
    follow(tab, "button", "Composer le prochain numéro")
    news = "Vie du réseau"
    [first, second, *rest] = titles(tab, news)
    follow(tab, "button", f"Descendre «\u00a0{first}\u00a0»")
    assert titles(tab, news) == [second, first, *rest]
    follow(tab, "button", f"Monter «\u00a0{first}\u00a0»")
    assert titles(tab, news) == [first, second, *rest]
    row = tab.locator("[data-placement]", has_text=first).first
    row.locator("summary").click()
    row.get_by_label("Titre dans ce numéro").fill("Redit autrement")
    with tab.expect_navigation():
        row.get_by_role("button", name="Enregistrer pour ce numéro").click()
    assert titles(tab, news) == ["Redit autrement", second, *rest]
    tab.get_by_label("Éditorial").fill("Bonjour **à tous**.")
    follow(tab, "button", "Enregistrer ces textes")
    number = tab.locator("h1").inner_text()
    assert number.startswith("La Lettre n°")
    follow(tab, "link", "Envoyer…")
    follow(tab, "button", re.compile("Envoyer à"))
    assert tab.locator("h1").inner_text() == number
    letter = _wait_for_letter(network, "La Lettre n°")
    assert "Redit autrement" in letter.get_body(("plain",)).get_content()
    tab.goto(letter["List-Unsubscribe"].strip("<>"))
    follow(tab, "button", "Me désinscrire")
    assert tab.locator("h1").inner_text() == "Désinscription faite"


def _wait_for_letter(network, start):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for mail in network.mailbox.messages:
            if str(mail["Subject"]).startswith(start):
                return mail
        time.sleep(0.2)
    raise AssertionError([str(mail["Subject"]) for mail in network.mailbox.messages])
