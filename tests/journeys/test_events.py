"""Events in a real browser: from the team's form to the last place."""

import re
from datetime import timedelta

import live
import pytest
from accessibility import faults, headings
from playwright.sync_api import expect
from tabs import PASSWORD, opening

from crm.filters import today

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An installation on PostgreSQL where Awa can sign in."""
    folder = tmp_path_factory.mktemp("events")
    with live.installation("postgresql", folder) as running:
        running.crm("users", "add", "awa@example.org", "--role", "communication", "--name",
                    "Awa Diallo", "--password-stdin", input=f"{PASSWORD}\n")  # fmt: skip
        yield running


@pytest.fixture
def opened(browser, place):
    with opening(browser, place.url) as open_tab:
        yield open_tab


def press(tab, role, name, exact=False):
    with tab.expect_navigation():
        tab.get_by_role(role, name=name, exact=exact).click()


def announce(tab, title, places):
    """Awa announces an event in ten days; the address of its public page."""
    tab.goto("/gestion/evenements/nouveau")
    tab.get_by_label("Titre", exact=True).fill(title)
    tab.get_by_label("Date", exact=True).first.fill((today() + timedelta(days=10)).isoformat())
    tab.get_by_label("De", exact=True).first.fill("14:00")
    tab.get_by_label("À", exact=True).first.fill("16:00")
    tab.get_by_label("En ligne").check()
    tab.get_by_label("Lien pour se connecter").fill("https://visio.example.org/salle")
    tab.get_by_label("Places", exact=False).first.fill(str(places))
    press(tab, "button", "Publier dans l’agenda")
    return tab.locator("main a[href^='/agenda/']").first.get_attribute("href")


def fill(page, **tabs):
    """Open the form in each tab, and fill it in under the name of the tab, as slowly as people."""
    for name, tab in tabs.items():
        tab.goto(page)
        press(tab, "link", re.compile("S’inscrire|Rejoindre la liste"))
        tab.get_by_label("Prénom").first.fill(name)
        tab.get_by_label("Nom", exact=True).first.fill("Martin")
        tab.get_by_label("Courriel").first.fill(f"{name}@example.org")
    tab.wait_for_timeout(4000)


def send(tab):
    press(tab, "button", re.compile("M’inscrire"))


def own_page(place, address, subject):
    """The personal link of the last mail to this address, which has this subject."""
    mail = place.mailbox.wait_for(address)
    assert str(mail["Subject"]).startswith(subject)
    text = mail.get_body(("plain",)).get_content()
    found = re.search(r"/inscriptions/[\w-]{20,}", text)[0]
    place.mailbox.messages.remove(mail)
    return found


def test_from_the_last_place_to_the_one_that_is_freed(opened, place):
    page = announce(opened("awa"), f"Rencontre {place.url[-4:]}", 1)
    chloe, ali = opened(), opened(java_script_enabled=False)
    chloe.goto("/agenda")
    expect(chloe.get_by_role("link", name=re.compile("Rencontre"))).to_be_visible()
    fill(page, chloe=chloe, ali=ali)
    send(chloe)
    expect(chloe.locator("h1")).to_have_text("Votre place est réservée")
    mine = own_page(place, "chloe@example.org", "Votre inscription")
    chloe.goto(mine)
    expect(chloe.get_by_role("link", name="https://visio.example.org/salle")).to_be_visible()

    send(ali)
    expect(ali.locator("h1")).to_have_text("Vous êtes en liste d’attente")
    theirs = own_page(place, "ali@example.org", "Liste d’attente")

    press(chloe, "link", "Me désister")
    press(chloe, "button", "Rendre ma place")
    expect(chloe.locator(".where .now")).to_have_text("Vous n’êtes plus inscrit·e")

    assert own_page(place, "ali@example.org", "Une place pour vous") == theirs
    ali.goto(theirs)
    expect(ali.locator(".where .now")).to_contain_text("Une place est à vous jusqu’au")
    press(ali, "button", "J’accepte cette place")
    expect(ali.locator(".where .now")).to_have_text("Votre place est réservée")
    mail = place.mailbox.wait_for("ali@example.org")
    assert "invitation.ics" in [part.get_filename() for part in mail.walk()]


def test_axe_has_nothing_to_say_of_what_visitors_meet(opened, place):
    team, tab, said = opened("awa"), opened(), []
    page = announce(team, "Rencontre pour tout le monde", 1)

    def look(path=""):
        if path:
            tab.goto(path)
        said.extend(f"{tab.url} {fault}" for fault in headings(tab) + faults(tab))

    month = f"{today():%Y-%m}"
    for path in ("/agenda", f"/agenda?mois={month}", "/agenda?passes=1", "/agenda/widget", page,
                 f"{page}/inscription"):  # fmt: skip
        look(path)
    tab.get_by_text("Je viens avec d’autres personnes").click()
    press(tab, "button", "M’inscrire")
    assert tab.evaluate("document.activeElement.id") == "erreurs"
    look()
    other = opened()
    fill(page, axelle=tab, zoe=other)
    send(tab)
    look()
    own = own_page(place, "axelle@example.org", "Votre inscription")
    for path in ("", "/modification", "/desistement", "/mes-donnees", "/effacement"):
        look(own + path)
    send(other)
    tab.goto(other.url)
    look()
    look(own_page(place, "zoe@example.org", "Liste d’attente"))
    tab.goto(own + "/desistement")
    press(tab, "button", "Rendre ma place")
    look()
    look(own_page(place, "zoe@example.org", "Une place pour vous"))
    assert said == []


def test_axe_has_nothing_to_say_of_what_the_team_meets(opened, place):
    """What the walk of all pages (test_pages) does not meet."""
    tab, said = opened("awa"), []
    announce(tab, "Rencontre de l’équipe", 3)
    card = tab.url

    def look(path=""):
        if path:
            tab.goto(path)
        said.extend(f"{tab.url} {fault}" for fault in headings(tab) + faults(tab))

    look()
    tab.goto(card + "/inscriptions/groupe")
    tab.get_by_label("Nom du groupe").fill("Classe")
    tab.get_by_label("Nombre de personnes").fill("3")
    tab.get_by_label("Son nom").fill("Roy")
    tab.get_by_label("Noms des personnes").fill("Ali Traoré\nZoé Petit")
    press(tab, "button", "Inscrire ce groupe")
    expect(tab.locator(".rows tbody tr")).to_have_count(3)
    look()
    look("/gestion/evenements/?etat=tous&q=zzz")
    assert said == []
