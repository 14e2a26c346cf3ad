"""The letter as it arrives: heard by a screen reader, seen without pictures, in the dark, large."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import meta
from letters import BASE, block, full, identity, issue

from crm.config import ROOT
from crm.mail import environment, render_mjml
from crm.newsletter.content import Image, Part
from crm.newsletter.issues import Layout
from crm.newsletter.items import Kind
from crm.newsletter.render import personal, render

TEMPLATES = ROOT / "templates"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIOLATIONS = {"resultTypes": ["violations"]}  # what is well is counted, not told
# A mail is a part of the page of a mailbox: the landmarks are that page's.
OF_THE_MAILBOX = {"landmark-one-main", "region"}
VOID = {"img", "br", "hr", "meta", "link", "input", "col"}


class Nesting(HTMLParser):
    """Whether each tag that opens is closed, in its order."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.tables = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append(dict(attrs).get("role"))

    def handle_startendtag(self, tag, attrs):
        if tag not in VOID:
            self.wrong.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def letter(content=None, **who):
    mail = render(content or full(12), identity(**who), BASE)
    return personal(mail.html, f"{BASE}/l", f"{BASE}/p")


@pytest.mark.parametrize(
    "words",
    ["n°\u00a012", "déjà\u202f!", "e\u0301", "👩\u200d👧", r"a\u{a0}b", r"c:\n\t", "«\u00a0\"'&<»"],
)
def test_attributes_are_heard_as_they_were_written(words):
    image = Image("0123456789abcdef0123456789abcdef.png", 600, 400, words)
    html = letter(issue(Part("R", Layout.FEATURE, (block(image=image),)), subject=words))
    read = re.compile(r'(?:alt|aria-label)="([^"]*)"')
    said = {unescape(found) for found in read.findall(html)}
    assert said - {""} == {words}


def test_every_layout_table_says_it_is_one_and_tags_are_well_nested():
    for content in (full(12), full(40)):
        html = letter(content)
        read = Nesting()
        read.feed(re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL))
        assert (read.wrong, read.open) == ([], [])
        assert set(read.tables) == {"presentation"}
        assert '<html lang="fr"' in html
        assert "<!--[if mso" in html, "Outlook reads its own comments"


def test_a_small_emblem_has_the_name_beside_it_and_a_wide_logo_says_it():
    small = letter(logo_type="image/png", logo_width=100, logo_height=100)
    assert 'alt="" width="44"' in small
    assert small.count("Réseau Horizons") >= 2
    wide = letter(logo_type="image/png", logo_width=400, logo_height=100)
    assert 'alt="Réseau Horizons" width="176"' in wide


def test_single_mails_keep_their_no_break_spaces_too():
    html = render_mjml(
        "mail/newsletter/confirm.mjml.html", subject="Confirmez\u00a0!", publication="RESA’CLIC",
        confirm_url=BASE, identity=identity(), base_url=BASE,
    )  # fmt: skip
    assert 'aria-label="Confirmez\u00a0!"' in html
    assert "u{a0}" not in html


def parts(kind: str) -> list[Path]:
    """The templates of mails that make a whole part, HTML or text."""
    return [
        path.relative_to(TEMPLATES)
        for path in sorted((TEMPLATES / "mail").rglob(f"*{kind}"))
        if not path.name.startswith("_")
    ]


def test_every_mail_of_the_house_leads_to_what_we_do_with_data():
    """In the layout of the HTML, in the foot of the text: for each mail, those to come too."""
    layout = (TEMPLATES / "layouts/mail.mjml.html").read_text()
    assert layout.count("/confidentialite") == 1
    sources = environment().loader
    for kind, wanted in ((".mjml.html", "layouts/mail.mjml.html"), (".txt", "/confidentialite")):
        assert len(parts(kind)) > 20
        for path in parts(kind):
            assert wanted in whole(sources, str(path)), path


def whole(loader, name: str) -> str:
    """A template with all it includes and extends."""
    source = loader.get_source(environment(), name)[0]
    names = meta.find_referenced_templates(environment().parse(source))
    return source + "".join(f"{one}\n{whole(loader, one)}" for one in names)


@pytest.mark.browser
def test_the_letter_has_no_fault_of_accessibility_in_light_or_dark(tmp_path, browser):
    kinds = [Kind.JOB, Kind.EVENT, Kind.TRAINING, Kind.NEWS]
    lines = tuple(
        block(n, kinds[n % 4], organisation="Association", place="Lyon") for n in range(8)
    )
    content = full(12)
    content = issue(
        *content.parts, Part("Offres", Layout.LINES, lines), editorial="Bonjour *vous*."
    )
    file = tmp_path / "lettre.html"
    file.write_text(letter(content, brand="#0b6e69"))
    for scheme, width in (("light", 640), ("dark", 640), ("dark", 390), ("light", 320)):
        tab = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
        tab.route("http*://**", lambda route: route.abort())  # pictures off
        tab.goto(file.as_uri())
        found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": TAGS}, **VIOLATIONS})
        faults = {one["id"]: one["nodes"][0]["html"] for one in found.response["violations"]}
        assert not faults.keys() - OF_THE_MAILBOX, (scheme, width, faults)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.close()
