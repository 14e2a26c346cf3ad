"""Requests in a real browser: without JavaScript, in another site's frame, from form to answer."""

import contextlib
import http.server
import os
import re
import signal
import sqlite3
import threading
from pathlib import Path

import asking
import live
import pytest
import requests
from accessibility import faults, headings
from playwright.sync_api import expect
from services import free_port
from tabs import PASSWORD, late, opening

from crm.colours import contrast

pytestmark = pytest.mark.browser


class Host(http.server.BaseHTTPRequestHandler):
    """The network's own site: one page that holds the snippet."""

    page = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_):
        """Nothing to say."""


@contextlib.contextmanager
def another_site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def host():
    with another_site() as address:
        yield address


@pytest.fixture(scope="module")
def place(tmp_path_factory, host):
    """An installation on PostgreSQL that lets the other site frame its form; Benoît can sign in."""
    folder = tmp_path_factory.mktemp("requests")
    with live.installation("postgresql", folder, CRM_EMBED_ORIGINS=host) as running:
        running.crm("users", "add", "benoit@example.org", "--role", "charge_de_mission", "--name",
                    "Benoît Faure", "--password-stdin", input=f"{PASSWORD}\n")  # fmt: skip
        yield running


@pytest.fixture
def opened(browser, place):
    with opening(browser, place.url) as open_tab:
        yield open_tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_forms_draw_themselves_is_seen(opened, scheme):
    """File buttons, arrows, ticks: no text of the page (WCAG 2.2, 1.4.3 and 1.4.11)."""
    tab = opened(color_scheme=scheme)
    tab.goto("/demandes/nouvelle")
    tab.get_by_label("Je cherche une information").check()
    drawn = tab.evaluate(DRAWN)
    assert contrast(*(as_hex(one) for one in drawn["button"])) >= 4.5
    for picture, ground in drawn["pictures"]:
        [colour] = re.findall(r"(?:stroke|fill)='%23(\w+)'", picture)
        colour = "".join(2 * letter for letter in colour) if len(colour) == 3 else colour
        assert contrast(f"#{colour}", as_hex(ground)) >= 3


DRAWN = """() => {
    const style = (what, part) => getComputedStyle(document.querySelector(what), part);
    const button = style("input[type=file]", "::file-selector-button");
    const drawing = what => [style(what).backgroundImage, style(what).backgroundColor];
    return {button: [button.color, button.backgroundColor],
            pictures: [drawing("select.form-select"), drawing("input[type=radio]:checked")]};
}"""


def as_hex(colour):
    """« #1d2129 », of « rgb(29, 33, 41) »."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def press(tab, role, name):
    with tab.expect_navigation():
        tab.get_by_role(role, name=name).click()


def fill(tab, email, need):
    tab.get_by_label("Je cherche une information").check()
    tab.get_by_label("Votre demande").fill(need)
    tab.get_by_label("Nom", exact=True).fill("Martin")
    tab.get_by_label("Courriel").fill(email)
    tab.get_by_label("J’accepte que").check()


def personal_page(place, email):
    text = place.mailbox.wait_for(email).get_body(("plain",)).get_content()
    return re.search(r"/demandes/[\w-]{20,}", text)[0]


def test_from_the_form_without_javascript_to_the_answer(opened, place, tmp_path):
    guest = opened(java_script_enabled=False)
    guest.goto("/demandes/nouvelle")
    guest.get_by_label("Je souhaite être accompagné·e").check()
    expect(guest.get_by_label("Dans quel pays")).to_be_visible()
    guest.get_by_label("Je cherche une information").check()
    expect(guest.get_by_label("Dans quel pays")).to_be_hidden()
    fill(guest, "chloe@example.org", "Existe-t-il un annuaire des jumelages ?")
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(asking.PDF)
    guest.get_by_label("Documents utiles").set_input_files(plan)
    guest.wait_for_timeout(4000)  # nobody fills in a form in less
    press(guest, "button", "Envoyer ma demande")
    expect(guest.locator("h1")).to_have_text("Votre demande est reçue")
    reference = guest.locator("strong", has_text="D-20").inner_text()
    address = personal_page(place, "chloe@example.org")

    officer = opened()
    officer.goto("/connexion?suite=/gestion/demandes/")
    officer.get_by_label("Courriel").fill("benoit@example.org")
    officer.get_by_label("Mot de passe").fill(PASSWORD)
    press(officer, "button", "Se connecter")
    press(officer, "link", re.compile("Existe-t-il un annuaire"))
    officer.get_by_label("Votre réponse").fill("Oui, le voici.")
    press(officer, "button", "Envoyer à chloe@example.org")

    guest.goto(address)
    expect(guest.locator(".said")).to_contain_text("Oui, le voici.")
    guest.get_by_label("Votre message").fill("Merci, c’est parfait.")
    press(guest, "button", "Envoyer ce message")
    press(guest, "button", "Ma demande est réglée")
    expect(guest.locator(".where")).to_contain_text("Close le")
    officer.goto("/gestion/demandes/?etat=closes")
    expect(officer.locator("table")).to_contain_text(reference)
    answers = place.mailbox.to("chloe@example.org")
    assert "Oui, le voici." in answers[-1].get_body(("plain",)).get_content()
    assert place.mailbox.to("benoit@example.org")


def test_every_public_page_suits_everybody(opened, place):
    tab = opened()
    said = []

    def look(path=""):
        if path:
            tab.goto(path)
        said.extend(f"{tab.url} {fault}" for fault in headings(tab) + faults(tab))

    look("/demandes/nouvelle")
    tab.get_by_label("Je souhaite être accompagné·e").check()
    look()
    press(tab, "button", "Envoyer ma demande")
    assert tab.evaluate("document.activeElement.id") == "erreurs"
    look()
    fill(tab, "axe@example.org", "Une question sur les jumelages.")
    tab.wait_for_timeout(4000)
    press(tab, "button", "Envoyer ma demande")
    look()
    address = personal_page(place, "axe@example.org")
    for path in ("", "/retrait", "/mes-donnees", "/effacement"):
        look(address + path)
    look("/demandes/lien")
    look("/demandes/coupé")
    press_erase(tab, address)
    look()
    assert said == []


def press_erase(tab, address):
    tab.goto(f"{address}/effacement")
    press(tab, "button", "Effacer tout")


def test_in_the_frame_of_another_site(opened, place, host):
    Host.page = (
        f'<!doctype html><title>Réseau</title><iframe src="{place.url}/demandes/nouvelle?cadre=1" '
        f'title="Formulaire" width="600" height="300"></iframe>'
        f'<script src="{place.url}/demandes/cadre.js" defer></script>'
    ).encode()
    tab = opened()
    tab.goto(host)
    frame = tab.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("Demander un accompagnement")
    expect(frame.locator("header")).to_have_count(0)
    short = _height(tab, lambda found: found > 1000)
    frame.get_by_label("Je souhaite être accompagné·e").check()
    assert _height(tab, lambda found: found > short) > short
    fill(frame, "cadre@example.org", "Une question depuis le site du réseau.")
    tab.wait_for_timeout(4000)
    frame.get_by_role("button", name="Envoyer ma demande").click()
    expect(frame.locator("h1")).to_have_text("Votre demande est reçue")
    assert _height(tab, lambda found: found < short) < short
    assert place.mailbox.wait_for("cadre@example.org")


def _height(tab, enough):
    """How tall the frame is, once it has become so."""
    for _ in range(100):
        found = tab.locator("iframe").evaluate("frame => frame.clientHeight")
        if enough(found):
            return found
        tab.wait_for_timeout(50)
    raise AssertionError(f"the frame stays {found} px tall")


def test_what_is_typed_is_found_again_and_robots_work_for_it(opened, place):
    tab = opened()
    tab.goto("/demandes/nouvelle")
    fill(tab, "brouillon@example.org", "Ma demande, commencée hier.")
    expect(tab.locator("[data-saved]")).to_have_text("Brouillon enregistré sur cet appareil.")
    expect(tab.locator("[name=altcha]")).not_to_have_value("")
    tab.reload()
    expect(tab.get_by_label("Votre demande")).to_have_value("Ma demande, commencée hier.")
    expect(tab.get_by_label("J’accepte que")).not_to_be_checked()
    tab.get_by_role("button", name="Tout effacer").click()
    expect(tab.get_by_label("Votre demande")).to_have_value("")
    tab.reload()
    expect(tab.get_by_label("Votre demande")).to_have_value("")


def test_what_is_typed_before_the_script_has_come_is_not_written_over(opened):
    tab = opened()
    tab.goto("/demandes/nouvelle")
    tab.get_by_label("Votre demande").fill("Un puits au Bénin")
    tab.get_by_label("Prénom").fill("Chloé")
    expect(tab.locator("[data-saved]")).to_have_text("Brouillon enregistré sur cet appareil.")
    with late(tab, "/demandes/nouvelle", "request.js"):
        tab.get_by_label("Votre demande").fill("Une école au Togo")
    expect(tab.get_by_label("Prénom")).to_have_value("Chloé")
    expect(tab.get_by_label("Votre demande")).to_have_value("Une école au Togo")


def test_what_was_answered_received_survives_a_kill(tmp_path):
    with live.installation("sqlite", tmp_path, CRM_ENV="production",
                           CRM_SECRET_KEY="secret" * 8) as running:  # fmt: skip
        serve = running.processes[0]
        received = []

        def post(number):
            data = asking_form(number)
            with contextlib.suppress(requests.RequestException):
                answer = requests.post(
                    f"{running.url}/demandes/nouvelle", data=data, timeout=20,
                    allow_redirects=False, headers={"X-Forwarded-For": f"10.0.{number}.1"},
                )  # fmt: skip
                if answer.status_code == 303:
                    received.append(data["email"])

        threads = [threading.Thread(target=post, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        while len(received) < 5:
            threading.Event().wait(0.01)
        for child in _children(serve.pid):
            _kill(child)
        serve.kill()
        for thread in threads:
            thread.join()
        kept = _emails(Path(running.environ["CRM_INSTANCE"], "crm.db"))
    assert len(received) >= 5
    assert set(received) <= kept


def asking_form(number):
    return {"kind": "other", "need": f"Demande {number}", "last_name": "Martin", "consent": "y",
            "email": f"kill{number}@example.org"}  # fmt: skip


def _children(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def _kill(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _emails(file):
    with contextlib.closing(sqlite3.connect(file)) as database:
        return {row[0] for row in database.execute("SELECT email FROM requests")}
