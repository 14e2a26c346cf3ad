"""Awa's month: fetch, compose, reorder, rewrite, preview, test, send; then someone leaves."""

import re

import pytest
from feed_server import serving
from playwright.sync_api import expect

SUBSCRIBERS = """email;prénom;nom;organisation
chloe@example.org;Chloé;Vasseur;Les Semeurs
idriss@example.org;Idriss;N’Diaye;
zoe@example.org;Zoé;Léger;Commune de Saint-Aubrac
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def fetched(site, tmp_path):
    """The website's feeds are read, and three people subscribe."""
    with serving() as website:
        for kind, address in website.give_samples().items():
            site.crm("newsletter", "feeds", "add", address, "--kind", kind)
        said = site.crm("newsletter", "fetch").stdout
    file = tmp_path / "abonnes.csv"
    file.write_text(SUBSCRIBERS)
    site.crm(
        "newsletter", "subscribers", "import", str(file),
        "--publication", "resaclic", "--consent", "Inscription au forum du 3 mars",
    )  # fmt: skip
    return said


def titles(page):
    return page.locator("[data-placement] .what > strong").all_inner_texts()


def test_from_the_website_to_the_mailbox(awa, site, fetched):
    assert fetched.count("nouveau") == 6
    _compose(awa)
    _reorder(awa)
    title = _rewrite(awa)
    _preview(awa, title)
    _try(awa, site, title)
    _send(awa, site, title)
    _leave(awa, site)


def _compose(awa):
    awa.get_by_role("link", name="Lettres").click()
    awa.get_by_role("button", name="Composer le prochain numéro").first.click()
    expect(awa.locator("h1")).to_have_text("RESA’CLIC n°\u00a01")
    assert len(titles(awa)) > 15
    awa.get_by_label("Éditorial").fill("Chères lectrices, chers lecteurs,\n\nBonne **rentrée** !")
    awa.get_by_role("button", name="Enregistrer ces textes").click()
    awa.get_by_text("C’est enregistré.").wait_for(state="attached")


def _reorder(awa):
    box = awa.get_by_role("region", name=re.compile("^Financements"))
    names = box.locator(".what > strong")
    before = names.all_inner_texts()
    place = box.locator("[data-placement]").first
    place.focus()
    awa.keyboard.press("Alt+ArrowDown")
    awa.get_by_text(re.compile("place 2 sur")).wait_for(state="attached")
    assert names.all_inner_texts() == [before[1], before[0], *before[2:]]
    assert awa.evaluate("document.activeElement.dataset.placement") is not None
    # By mouse, with the letter shown beside: the last goes above the first.
    expect(awa.frame_locator("#cadre").get_by_role("heading").first).to_be_visible()
    box.locator("[data-placement]").last.drag_to(box.locator("[data-placement]").first)
    awa.get_by_text(re.compile("place 1 sur")).wait_for(state="attached")
    assert names.all_inner_texts()[0] == before[-1]


def _rewrite(awa):
    awa.get_by_text(re.compile("^Réécrire")).first.click()
    title = "Ce que nous avons appris à Mahajanga"
    awa.get_by_label("Titre dans ce numéro").first.fill(title)
    awa.get_by_role("button", name="Enregistrer pour ce numéro").first.click()
    expect(awa.locator("[data-placement] .what > strong").first).to_have_text(title)
    return title


def _preview(awa, title):
    awa.get_by_role("link", name="Aperçu").click()
    frame = awa.frame_locator("iframe.mail")
    expect(frame.get_by_role("heading", name=title)).to_have_count(1)
    awa.get_by_role("link", name="Texte").click()
    expect(awa.locator("pre")).to_contain_text(title)
    awa.get_by_role("link", name="Téléphone").click()
    awa.wait_for_function("document.querySelector('iframe.mail')?.offsetWidth < 400")


def _try(awa, site, title):
    awa.get_by_role("link", name="M’envoyer un essai").click()
    awa.get_by_role("button", name="Envoyer l’essai").click()
    trial = site.mailbox.wait_for("awa@example.org")
    assert trial["Subject"].startswith("[Essai] RESA’CLIC")
    assert title in trial.get_body(("html",)).get_content()


def _send(awa, site, title):
    awa.goto("/gestion/lettres/")
    awa.get_by_role("link", name=re.compile("RESA’CLIC n°")).click()
    awa.get_by_role("link", name="Envoyer…").click()
    awa.get_by_role("button", name="Envoyer à 3\u00a0abonnés").click()
    awa.locator(".state", has_text="envoyé").wait_for(timeout=30_000)
    letters = [site.mailbox.wait_for(f"{who}@example.org") for who in ("chloe", "idriss", "zoe")]
    assert len({letter["Message-ID"] for letter in letters}) == 3
    for letter in letters:
        assert title in letter.get_body(("plain",)).get_content()
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    status = site.crm("newsletter", "status", "resaclic", "1", "--json").stdout
    assert '"sent": 3' in status.replace('"sent":3', '"sent": 3')


def _leave(page, site):
    letter = site.mailbox.wait_for("chloe@example.org")
    address = letter["List-Unsubscribe"].strip("<>")
    page.goto(address)
    assert page.get_by_text("chloe@example.org").count() == 1
    page.get_by_role("button", name="Me désinscrire").click()
    expect(page.locator("h1")).to_have_text("Désinscription faite")
    page.goto("/lettres/resaclic/1")
    assert page.locator("h1").inner_text().startswith("RESA’CLIC")
