"""The day of an event and after: the door without network, never twice; a certificate verified."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import live
import pytest
import tabs
from accessibility import faults, headings
from PIL import Image
from playwright.sync_api import expect
from tabs import opening, sign_in

from crm.events import tickets
from crm.seed.team import PASSWORD

pytestmark = pytest.mark.browser

# One event that began a moment ago, one that is over: their numbers, and a personal link of each.
PREPARE = """
from datetime import time, timedelta
from crm.app import create_app
from crm.db import db, now
with create_app().app_context():
    from gatherings import event, happening, in_days, registration
    from crm.events import tickets
    from crm.events.attend import mark
    from crm.events.kinds import Attendance, Known
    from crm.events.links import page_token
    from crm.events.schedule import Day
    here = happening(now() - timedelta(minutes=2), title="Forum", department="69")
    past = event(Day(in_days(-2), time(14), time(17)), title="Formation")
    for name in ("Chloé Martin", "Karim Haddad", "Léa Bonnard", "Nour El Amrani"):
        first, last = name.split(" ", 1)
        for one in (here, past):
            who = registration(one, first_name=first, last_name=last, organisation_name="Ville")
            if one is here:
                ticket = tickets.url(who)
            else:
                mark(who, past.held[0], Attendance.CAME, Known.SHEET)
    db.session.commit()
    print(here.id, past.id, page_token(who), ticket)
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    with live.installation("sqlite", tmp_path_factory.mktemp("day"), seeded=True) as running:
        yield running


@pytest.fixture(scope="module")
def prepared(network):
    """The event of today, the one that is over, a personal link to the second, and what the code
    of somebody who is expected today says."""
    folder = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH", ""))))
    told = subprocess.run(
        [sys.executable, "-c", PREPARE], env=network.environ | {"PYTHONPATH": path},
        check=True, capture_output=True, text=True, timeout=120,
    ).stdout.split()  # fmt: skip
    return int(told[-4]), int(told[-3]), told[-2], told[-1]


@pytest.fixture
def opened(browser, network):
    with opening(browser, network.url, PASSWORD) as open_tab:
        yield open_tab


def point(tab, name):
    tab.get_by_label("Nom ou structure").fill(name)
    tab.get_by_role("button", name=f"Pointer {name}", exact=False).first.click()


@contextlib.contextmanager
def no_network(site):
    """Nothing answers at the address of the site."""
    served = site.processes.pop(0)
    served.terminate()
    served.wait(timeout=20)
    yield
    site.start("serve", "--port", site.url.rpartition(":")[2])
    site.wait()


def test_people_are_marked_without_network_and_never_twice(opened, network, prepared):
    event_id, *_ = prepared
    address = f"/gestion/evenements/{event_id}/pointage/"
    tab = opened("benoit", viewport={"width": 390, "height": 844})
    desk = opened("awa")
    tab.goto(address)
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    state, left, count = (tab.locator(f"[data-{one}]") for one in ("state", "left", "count"))
    point(tab, "Chloé Martin")
    expect(state).to_have_text("C’est noté.")
    expect(count).to_have_text("1")
    with no_network(network):
        tab.reload()
        expect(count).to_have_text("1")
        point(tab, "Karim Haddad")
        expect(state).to_contain_text("cela partira avec le réseau")
        tab.get_by_text("Une personne sans inscription").click()
        tab.get_by_label("Nom", exact=True).fill("Imprévu")
        tab.get_by_role("button", name="Ajouter et pointer").click()
        expect(left).to_contain_text("2\u00a0gestes attendent")
        tab.reload()  # the telephone was put away, and taken out again
        expect(left).to_contain_text("2\u00a0gestes attendent")
        expect(count).to_have_text("3")
        kept = tab.evaluate(
            "Object.entries({...localStorage}).filter(([name]) => name.startsWith('pointage:'))"
            ".map(([, one]) => one)"
        )
    desk.goto(address)
    tab.evaluate("window.dispatchEvent(new Event('online'))")
    expect(left).to_be_hidden(timeout=25_000)
    desk.reload()
    expect(desk.locator("[data-count]")).to_have_text("3")
    # The same ones, sent again by a network that lost the answer.
    sent = tab.evaluate(
        """([address, list]) => fetch(address, {method: "POST", body: `[${list}]`,
        headers: {"Content-Type": "application/json"}}).then(answer => answer.json())""",
        [address, ",".join(kept)],
    )
    assert len(sent["kept"]) == 2
    desk.reload()
    expect(desk.locator("[data-count]")).to_have_text("3")
    assert desk.locator("[data-name]", has_text="Imprévu").count() == 1
    desk.get_by_role("button", name="Annuler Karim Haddad").click()
    expect(desk.locator("[data-state]")).to_have_text("C’est noté.")
    desk.goto(f"/gestion/evenements/{event_id}/presences/")
    expect(desk.get_by_text("2\u00a0participants")).to_be_visible()
    assert faults(tab) == []
    tab.get_by_role("button", name="Oublier cette liste").click()
    expect(state).to_have_text("La liste n’est plus sur cet appareil.")
    assert (
        tab.evaluate("caches.keys().then(all => all.filter(one => one.startsWith('point')))") == []
    )


@pytest.fixture
def filmed(browser, prepared, tmp_path):
    """A browser whose camera sees the code that somebody shows."""
    shown = Image.open(io.BytesIO(tickets.as_picture(prepared[3]))).convert("RGB")
    scene = Image.new("RGB", (640, 480), "#998877")
    scene.paste(shown.rotate(12, expand=True, fillcolor="#998877"), (200, 90))
    film = tmp_path / "film.mjpeg"
    frame = io.BytesIO()
    scene.save(frame, "JPEG", quality=90)
    film.write_bytes(frame.getvalue() * 10)
    other = tabs.chromium(
        browser.browser_type,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield other
    other.close()


def test_a_code_is_read_by_the_camera_of_any_browser(filmed, network, prepared):
    """Chromium has no reader of codes on Linux, like Safari and Firefox everywhere."""
    tab = filmed.new_page(base_url=network.url, locale="fr-FR")
    sign_in(tab, "benoit", PASSWORD)
    tab.goto(f"/gestion/evenements/{prepared[0]}/pointage/")
    assert tab.evaluate("'BarcodeDetector' in window") is False
    tab.get_by_role("button", name="Lire un code").click()
    expect(tab.get_by_role("button", name="Annuler Nour El Amrani")).to_be_visible()
    expect(tab.locator("[data-state]")).to_have_text(re.compile("Nour El Amrani|C’est noté"))
    assert faults(tab) == []
    tab.get_by_role("button", name="Fermer la caméra").click()
    expect(tab.locator("video")).to_be_hidden()


def test_a_certificate_is_taken_then_verified_by_anybody(opened, prepared):
    _, event_id, token, _ = prepared
    own, anybody, desk = opened(), opened(), opened("awa")
    own.goto(f"/inscriptions/{token}")
    with own.expect_download() as download:
        own.get_by_role("link", name="Mon attestation de présence").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    desk.goto(f"/gestion/evenements/{event_id}/attestations/")
    link = desk.get_by_role("link", name=re.compile("^faite le")).get_attribute("href")
    anybody.goto("/attestations")
    said = headings(anybody) + faults(anybody)
    anybody.get_by_label("Code de l’attestation").fill(link.rsplit("/", 1)[1].lower())
    with anybody.expect_navigation():
        anybody.get_by_role("button", name="Vérifier cette attestation").click()
    expect(anybody.get_by_role("heading", level=1)).to_have_text("Attestation authentique")
    expect(anybody.get_by_text("N. E. A.")).to_be_visible()
    assert anybody.get_by_text("Amrani").count() == 0
    said += headings(anybody) + faults(anybody)
    desk.once("dialog", lambda asked: asked.accept())
    with desk.expect_navigation():
        desk.get_by_role("button", name="Retirer").click()
    anybody.reload()
    expect(anybody.get_by_role("heading", level=1)).to_have_text("Attestation retirée")
    assert said + faults(anybody) == []


def test_an_opinion_is_given_by_the_keyboard_and_shown_as_a_picture(opened, prepared):
    _, event_id, token, _ = prepared
    tab, desk = opened(), opened("awa")
    tab.goto(f"/inscriptions/{token}/avis")
    said = headings(tab) + faults(tab)
    tab.locator("[name=overall]").first.focus()
    tab.keyboard.press("Space")
    tab.get_by_label("Ce qui vous a été utile").fill("Les exemples.")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Donner mon avis").press("Enter")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Merci de votre avis")
    said += headings(tab) + faults(tab)
    desk.goto(f"/gestion/evenements/{event_id}/satisfaction/")
    expect(desk.get_by_role("img", name=re.compile("Tout à fait\\s: 1")).first).to_be_visible()
    expect(desk.get_by_text("Les exemples.")).to_be_visible()
    assert said + headings(desk) + faults(desk) == []


def test_a_past_table_goes_in_and_its_figures_suit_everybody(opened):
    tab = opened("awa")
    tab.goto("/gestion/evenements/tableaux/")
    said = headings(tab) + faults(tab)
    tab.set_input_files("[name=file]", Path(__file__).parents[1] / "data" / "events-2021.csv")
    with tab.expect_navigation():
        tab.get_by_role("button", name="Voir ce que fera ce tableau").click()
    said += headings(tab) + faults(tab)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Reprendre 49").click()
    expect(tab.locator(".lead")).to_contain_text("807\u00a0participants")
    said += headings(tab) + faults(tab)
    with tab.expect_navigation():
        tab.get_by_role("link", name="10\u00a0effectifs manquent").first.click()
    expect(tab.get_by_text("10\u00a0événements, 0\u00a0participant")).to_be_visible()
    said += headings(tab) + faults(tab)
    tab.goto("/gestion/evenements/effectifs")
    said += headings(tab) + faults(tab)
    assert said == []
