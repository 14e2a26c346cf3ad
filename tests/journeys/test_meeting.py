"""The weekly meeting by keyboard alone; a slot chosen, then moved; answers logged offline."""

import time

import live
import pytest
import requests as http
import vobject
from accessibility import faults
from playwright.sync_api import expect
from tabs import opening

from crm.seed.team import PASSWORD

pytestmark = pytest.mark.browser
MAIL = "requerante@example.org"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The demonstration network, small, its site and its worker running."""
    with live.installation("sqlite", tmp_path_factory.mktemp("meeting"), seeded=True) as running:
        yield running


@pytest.fixture
def opened(browser, network):
    with opening(browser, network.url, PASSWORD) as open_tab:
        yield open_tab


def ask(tab):
    """Somebody asks for help by the public form; the link of the mail."""
    tab.goto("/demandes/nouvelle")
    tab.get_by_label("Je souhaite être accompagné·e dans un projet international").check()
    tab.get_by_label("Votre demande", exact=True).fill("Un puits à Goundrélé, avec l’école.")
    tab.locator("[name=first_name]").fill("Jeanne")
    tab.locator("[name=last_name]").fill("Requin")
    tab.locator("[name=email]").fill(MAIL)
    tab.locator("[name=consent]").check()
    time.sleep(3)  # a robot would not wait
    with tab.expect_navigation():
        tab.locator("main form button.btn-primary").click()


def letters(network, start):
    return [one for one in network.mailbox.to(MAIL) if str(one["Subject"]).startswith(start)]


def wait_for(network, start, count=1):
    until = time.monotonic() + 40
    while time.monotonic() < until:
        if len(found := letters(network, start)) >= count:
            return found[-1]
        time.sleep(0.2)
    raise AssertionError([str(one["Subject"]) for one in network.mailbox.to(MAIL)])


def invitation(message):
    part = next(p for p in message.walk() if p.get_content_type() == "text/calendar"
                and p.get_content_disposition() != "attachment")  # fmt: skip
    return part.get_param("method"), vobject.readOne(part.get_content()).vevent


def reach(tab, words, at_most=90):
    """Press Tab until what is so named has focus."""
    for _ in range(at_most):
        tab.keyboard.press("Tab")
        if words in tab.evaluate("document.activeElement.textContent.trim()"):
            return
    raise AssertionError(f"{words} is never reached")


def test_from_the_meeting_to_the_calendar(opened, network):
    visitor, benoit = opened(), opened("benoit")
    ask(visitor)
    page = wait_for(network, "Votre demande").get_body(("plain",)).get_content()
    link = next(word for word in page.split() if "/demandes/" in word)
    hold_the_meeting(benoit, network)
    choose_and_move(visitor, network, link)
    minutes_of(benoit, network)


def hold_the_meeting(tab, network):
    """No mouse from here to the end of the meeting."""
    tab.goto("/gestion/demandes/reunion/")
    reach(tab, "Ouvrir la réunion")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    item = tab.locator("[data-request]", has_text="Jeanne Requin")
    while not item.evaluate("it => it === document.activeElement"):
        tab.keyboard.press("ArrowDown")
    tab.keyboard.press("l")
    expect(item.locator("[data-need]")).to_have_attribute("open", "")
    number = item.locator("button", has_text="Benoît Faure").get_attribute("aria-keyshortcuts")
    tab.keyboard.press(number)
    expect(item.locator("[data-verdict]")).to_contain_text("Confiée à Benoît Faure")
    expect(item.locator("[data-verdict]")).to_contain_text("3 créneaux proposés")
    expect(item).to_be_focused()
    tab.keyboard.press("p")
    tab.keyboard.press("Space")
    expect(item.locator("[data-verdict]")).to_contain_text("2 créneaux proposés")
    tab.keyboard.press("Escape")
    expect(item).to_be_focused()
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("s")
    expect(tab.locator(":focus [data-verdict]")).to_contain_text("Suit son cours")
    tab.keyboard.press("z")
    expect(tab.locator(":focus [data-verdict]")).to_have_count(0)
    assert faults(tab) == []
    assert letters(network, "Votre demande")[1:] == [], "nothing leaves before the end"
    reach(tab, "Clore et envoyer", 200)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_contain_text("Réunion du")
    assert faults(tab) == []


def choose_and_move(tab, network, link):
    told = wait_for(network, "Votre demande", 2).get_body(("plain",)).get_content()
    assert told.count("- ") >= 2
    tab.goto(link)
    choices = tab.locator("#rendez-vous [name=slot]")
    assert choices.count() == 2
    choices.first.check()
    assert faults(tab) == []
    with tab.expect_navigation():
        tab.get_by_role("button", name="Prendre ce rendez-vous").click()
    method, first = invitation(wait_for(network, "Rendez-vous le"))
    assert (method, first.sequence.value) == ("REQUEST", "0")
    with tab.expect_download() as saved:
        tab.get_by_role("link", name="Mettre dans mon agenda").click()
    event = vobject.readOne(saved.value.path().read_text()).vevent
    assert (event.uid.value, event.dtstart.value) == (first.uid.value, first.dtstart.value)
    tab.locator(".other-slots summary").click()
    tab.locator("#rendez-vous [name=slot]").first.check()
    with tab.expect_navigation():
        tab.get_by_role("button", name="Prendre cette heure à la place").click()
    method, moved = invitation(wait_for(network, "Rendez-vous déplacé"))
    assert (method, moved.sequence.value, moved.uid.value) == ("REQUEST", "1", first.uid.value)
    assert moved.dtstart.value != first.dtstart.value
    tab.get_by_role("link", name="Annuler ce rendez-vous").click()
    assert faults(tab) == []
    with tab.expect_navigation():
        tab.get_by_role("button", name="Oui, annuler ce rendez-vous").click()
    method, gone = invitation(wait_for(network, "Rendez-vous annulé"))
    assert (method, gone.sequence.value, gone.uid.value) == ("CANCEL", "2", first.uid.value)


def minutes_of(tab, network):
    with tab.expect_download() as saved:
        tab.get_by_role("link", name="Télécharger en PDF").click()
    assert saved.value.path().read_bytes().startswith(b"%PDF-")
    tab.goto("/gestion/demandes/reunions/")
    assert tab.locator("tbody tr").count() >= 1


def test_a_meeting_is_held_without_javascript(opened):
    tab = opened("awa", java_script_enabled=False)
    tab.goto("/gestion/demandes/reunion/")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Ouvrir la réunion").click()
    item = tab.locator("[data-request]").first
    with tab.expect_navigation():
        item.locator("button", has_text="Benoît Faure").click()
    item = tab.locator("[data-request]").first
    expect(item.locator("[data-verdict]")).to_contain_text("Confiée à Benoît Faure")
    item.get_by_label("Un mot pour le compte rendu").fill("Urgent")
    with tab.expect_navigation():
        item.get_by_role("button", name="Préciser").click()
    expect(tab.locator("[data-verdict]")).to_contain_text("Urgent")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Annuler la réunion").click()
    expect(tab.locator(".notice")).to_contain_text("rien n’est parti")


def counted(tab):
    """How many answers the site has."""
    tab.goto("/gestion/demandes/reponses/")
    return int(tab.locator("caption").inner_text().split()[0])


def log(tab):
    """One answer; how many gestures it takes."""
    gestures = ("theme", 1), ("department", 2), ("public", 0)
    for name, place in gestures:
        tab.locator(f"[name={name}] + label").nth(place).click()
    tab.get_by_role("button", name="Noter").click()
    return len(gestures) + 1


def test_answers_are_logged_without_network_and_never_twice(opened, network):
    tab, list_tab = opened("benoit", viewport={"width": 390, "height": 844}), opened("awa")
    before = counted(list_tab)
    tab.goto("/gestion/demandes/reponses/nouvelle")
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    state = tab.locator("[data-state]")
    begun = time.monotonic()
    assert log(tab) <= 5
    expect(state).to_have_text("C’est noté.")
    assert time.monotonic() - begun < 10
    tab.context.set_offline(True)
    tab.reload()
    for left in (1, 2):
        log(tab)
        expect(state).to_contain_text("elle partira avec le réseau")
        expect(tab.locator("[data-left]")).to_contain_text(f"{left}\u00a0réponse")
    tab.reload()  # the telephone was put away, and taken out again
    expect(tab.locator("[data-left]")).to_contain_text("2\u00a0réponses attendent")
    kept = tab.evaluate("Object.values({...localStorage}).filter(one => one.startsWith('{'))")
    tab.context.set_offline(False)
    expect(tab.locator("[data-left]")).to_be_hidden(timeout=20_000)
    assert counted(list_tab) == before + 3
    # The same ones, sent again by a network that lost the answer.
    sent = tab.evaluate(
        """list => fetch("/gestion/demandes/reponses/", {method: "POST", body: `[${list}]`,
        headers: {"Content-Type": "application/json"}}).then(answer => answer.json())""",
        ",".join(kept),
    )
    assert len(sent["kept"]) == 2
    assert counted(list_tab) == before + 3
    answer = http.get(f"{network.url}/gestion/demandes/reponses/hors-ligne.js", timeout=5,
                      allow_redirects=False)  # fmt: skip
    assert answer.status_code == 302, "signed out, nothing is told"
