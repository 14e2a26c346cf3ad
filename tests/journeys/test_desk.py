"""A newcomer at the desk: composes, checks and schedules twenty items in sixty gestures at most."""

import contextlib
import re
import time
from datetime import timedelta

import pytest
from accessibility import faults, headings
from feed_server import jsonfeed, serving
from playwright.sync_api import expect

from crm.db import now
from crm.filters import day, today

pytestmark = pytest.mark.browser
on_sqlite = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("site", ["postgresql"], indirect=True)
MOST = 60
KINDS = {"news": 8, "funding": 5, "job": 6, "event": 4, "resource": 3}


@pytest.fixture
def fetched(site, tmp_path):
    """What the website publishes in a month is read, and somebody is subscribed."""
    with serving() as website:
        for kind, count in KINDS.items():
            entries = [_entry(website, kind, number) for number in range(count)]
            address = website.give(f"/{kind}", jsonfeed(*entries), "application/feed+json")
            site.crm("newsletter", "feeds", "add", address, "--kind", kind)
        site.crm("newsletter", "fetch")
        yield _subscribe(site, tmp_path)


def _entry(website, kind, number):
    ends = day(today() + timedelta(days=20 + number))
    words = {"funding": f"Date limite : le {ends}.", "job": f"Candidature avant le {ends}."}
    page = website.give(f"/page/{kind}-{number}", "<title>Page</title>", "text/html")
    return {
        "id": f"{kind}-{number}",
        "title": f"{kind.capitalize()} du mois, numéro {number}",
        "url": page,
        "summary": words.get(kind, f"Rendez-vous le {ends}."),
        "date_published": f"{now() - timedelta(hours=number + 1):%Y-%m-%dT%H:%M:%SZ}",
    }


def _subscribe(site, tmp_path):
    file = tmp_path / "abonnes.csv"
    file.write_text("email\nchloe@example.org\n")
    site.crm(
        "newsletter", "subscribers", "import", str(file),
        "--publication", "resaclic", "--consent", "Inscription au forum du 3 mars",
    )  # fmt: skip


class Hand:
    """What a person does with the mouse and the keyboard, counted: a click, a key, a text typed."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def press(self, role, name, leads=False, **options):
        self.count += 1
        target = self.page.get_by_role(role, name=name, **options).first
        if not leads:
            target.click()
            return
        with self.page.expect_navigation():
            target.click()

    def write(self, place, text):
        self.count += 2
        place.fill(text)

    def key(self, key):
        self.count += 1
        self.page.keyboard.press(key)


def titles(page):
    return page.locator("[data-placement] [data-title]").all_inner_texts()


def heard(page, words):
    page.locator("#annonce", has_text=words).wait_for(state="attached")


@on_sqlite
def test_a_newcomer_composes_checks_and_schedules_twenty_items(awa, fetched):
    hand = Hand(awa)
    hand.press("link", "Lettres", leads=True)
    hand.press("button", "Composer le prochain numéro", leads=True)
    count = len(titles(awa))
    assert count >= 20
    hand.write(awa.get_by_label("Phrase d’aperçu"), "Cinq appels, six emplois, quatre rencontres")
    hand.write(awa.get_by_label("Éditorial"), "Bonjour à **toutes** et à tous,\n\nbonne lecture !")
    frame = awa.frame_locator("#cadre")
    expect(frame.get_by_text("bonne lecture")).to_be_visible()
    _quote(awa, hand)
    _choose(awa, hand)
    _look(awa, hand)
    _send(awa, hand)
    print(f"\n{hand.count} gestes, {count} contenus")
    assert hand.count <= MOST, f"{hand.count} gestures"


def _quote(awa, hand):
    """A quotation in its place, seen in the letter while it is typed."""
    awa.locator(".menu summary").first.click()
    hand.count += 1
    hand.press("button", "Citation", exact=True)
    heard(awa, "Citation")
    awa.keyboard.type("On apprend {{ 7*7 }} <b>ensemble</b>")
    hand.count += 1
    letter = awa.frame_locator("#cadre").locator("blockquote")
    expect(letter).to_contain_text("On apprend {{ 7*7 }} <b>ensemble</b>")
    awa.locator("[data-words]", has_text="Enregistré.").first.wait_for()
    hand.press("button", re.compile(r"^Monter «\sCitation"))
    heard(awa, "place 1 sur")


def _choose(awa, hand):
    """Leave one, keep one for next time, undo, take another from the left, reword one."""
    before = titles(awa)
    hand.press("button", f"Retirer «\u00a0{before[-1]}\u00a0»")
    heard(awa, "Le contenu est retiré")
    hand.press("button", re.compile("^Annuler"))
    heard(awa, "Annulé")
    assert titles(awa) == before
    awa.locator("[data-placement]").last.focus()
    hand.key("Alt+ArrowUp")
    heard(awa, re.compile("place \\d+ sur \\d+, rubrique"))
    assert titles(awa)[-2:] == [before[-1], before[-2]]
    row = awa.locator("[data-placement]").nth(2)
    row.locator(".rewording > summary").click()
    hand.count += 1
    hand.write(row.get_by_label("Titre dans ce numéro"), "Dit autrement dans ce numéro")
    heading = awa.frame_locator("#cadre").get_by_role("heading", name="Dit autrement")
    expect(heading).to_have_count(1)


def _look(awa, hand):
    """Each way of reading it."""
    frame = awa.frame_locator("#cadre")
    for name, classes in (
        ("Téléphone", "telephone"),
        ("Sombre", "sombre"),
        ("Noir et blanc", "gris"),
    ):
        hand.press("link", name)
        expect(awa.locator("#cadre")).to_have_class(re.compile(classes))
    hand.press("link", "Sombre")
    sheet = frame.locator(".sheet").first
    expect(sheet).to_have_css("background-color", "rgb(27, 31, 39)")
    hand.press("link", "Texte")
    expect(frame.locator("body")).to_contain_text("Dit autrement dans ce numéro")
    hand.write(awa.get_by_label("Comme le reçoit"), "chloe@example.org")
    hand.press("button", "Voir", exact=True, leads=True)
    expect(frame.locator("body")).to_contain_text("Dit autrement dans ce numéro")
    assert "example.org" not in awa.url, "no address in an address"
    awa.locator("[data-texts]").wait_for()


def _send(awa, hand):
    hand.press("link", "Envoyer…", leads=True)
    awa.wait_for_load_state()
    moment = f"{today() + timedelta(days=3):%Y-%m-%d}T09:00"
    hand.write(awa.get_by_label("Partir le"), moment)
    hand.press("button", re.compile("Envoyer à|Programmer"), leads=True)
    assert "partira" in awa.locator("main").inner_text()


@on_sqlite
def test_the_desk_suits_everybody(awa, fetched):
    awa.goto("/gestion/lettres/")
    with awa.expect_navigation():
        awa.get_by_role("button", name="Composer le prochain numéro").first.click()
    _type_on(awa)
    _stays_still(awa)
    awa.locator(".menu summary").first.click()
    awa.get_by_role("button", name="Bouton", exact=True).first.click()
    heard(awa, "Bouton")
    awa.locator(".source details summary").last.click()
    assert headings(awa) + faults(awa) == []


@contextlib.contextmanager
def texts_on_their_way(awa):
    """What is being kept does not reach the server before the end of this block."""
    held = []

    def hold(route):
        held.append(route)

    awa.route("**/textes", hold)
    yield
    held[0].continue_()
    awa.unroute("**/textes")


def _type_on(awa):
    """What is typed while the beginning is on its way is kept too."""
    with awa.expect_response("**/textes"), texts_on_their_way(awa):
        with awa.expect_request("**/textes"):
            awa.get_by_label("Éditorial").fill("Le début")
        awa.get_by_label("Phrase d’aperçu").fill("et la suite")
    expect(awa.locator("[data-texts] [data-saved]")).to_have_text("Enregistré.")
    awa.reload()
    expect(awa.get_by_label("Éditorial")).to_have_value("Le début")
    expect(awa.get_by_label("Phrase d’aperçu")).to_have_value("et la suite")


def _stays_still(awa):
    """Nothing moves under the hand while words are kept: a click on its way would be lost."""
    button = awa.get_by_role("button", name="Descendre").first
    said = awa.locator("[data-texts] [data-saved]")
    before = button.bounding_box()
    with texts_on_their_way(awa):
        awa.get_by_label("Phrase d’aperçu").fill("une autre suite")
        expect(said).to_have_text("Enregistrement…")
        assert button.bounding_box() == before
    expect(said).to_have_text("Enregistré.")
    assert button.bounding_box() == before


@on_sqlite
def test_ones_own_gesture_is_not_told_as_somebody_elses(awa, site, fetched):
    awa.goto("/gestion/lettres/")
    with awa.expect_navigation():
        awa.get_by_role("button", name="Composer le prochain numéro").first.click()

    answered = []
    awa.route("**/place", lambda route: answered.append((route, route.fetch())))
    awa.get_by_role("button", name="Descendre").first.click()
    while not answered:
        awa.wait_for_timeout(20)
    # The server has moved it, and the page does not know yet when it asks who else is here.
    with awa.expect_response("**/presence"):
        awa.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    [(route, answer)] = answered
    route.fulfill(response=answer)
    heard(awa, "\u00a0: place ")
    awa.wait_for_load_state("networkidle")
    heard(awa, "\u00a0: place ")


@on_postgresql
def test_two_people_see_each_other(awa, browser, site, fetched):
    awa.goto("/gestion/lettres/")
    with awa.expect_navigation():
        awa.get_by_role("button", name="Composer le prochain numéro").first.click()
    first = titles(awa)
    other = browser.new_context(base_url=site.url, storage_state=awa.context.storage_state())
    tab = other.new_page()
    tab.goto(awa.url)
    tab.get_by_role("button", name=f"Retirer «\u00a0{first[0]}\u00a0»").click()
    heard(tab, "retiré")
    until = time.monotonic() + 25
    while titles(awa) == first and time.monotonic() < until:
        awa.wait_for_timeout(300)
    assert titles(awa) == first[1:], "what she did is shown here too"
    other.close()
