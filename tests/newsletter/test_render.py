"""A letter is light, well formed, and the same letter everywhere."""

import itertools
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from letters import BASE, LONG, full, identity, one
from pages import Page, outlook, squeezed

from crm.config import ROOT
from crm.newsletter.content import Image
from crm.newsletter.render import (
    render,
    web,
)

GMAIL_CLIPS = 102 * 1024


@pytest.fixture
def network():
    return identity()


@pytest.mark.parametrize("summary", ["Une phrase et une autre.", LONG])
def test_forty_items_stay_light_with_every_title(network, summary):
    content = full(40, summary)
    letter = render(content, network, BASE)
    page = Page(letter.html)
    assert len(letter.html.encode()) <= 80_000
    for shown in content.blocks:
        assert squeezed(shown.title) in page.text
        assert squeezed(shown.title) in squeezed(letter.text)


def test_whole_message_stays_below_what_gmail_shows(network):
    letter = render(full(40, LONG * 4), network, BASE)
    message = EmailMessage()
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    assert len(message.as_bytes()) < GMAIL_CLIPS - 2048
    assert abs(len(message.as_bytes()) - letter.weight) < 2048


def test_beyond_the_budget_the_last_items_are_counted_not_lost(network):
    content = full(300, "")
    letter = render(content, network, BASE)
    page = Page(letter.html)
    shown = sum(
        squeezed(item.title + "|") in squeezed("|".join(page.words)) for item in content.blocks
    )
    others = [int(n) for n in re.findall(r"et(\d+)autressurlaversionenligne", page.text)]
    assert letter.is_light
    assert len(letter.html.encode()) <= 80_000
    assert shown + sum(others) == 300
    assert shown > 60
    assert page.errors == []


def test_huge_editorial_is_shortened_on_the_web_version_alone(network):
    content = replace(full(20), editorial="Une phrase de l’éditorial.\n\n" * 6000)
    letter = render(content, network, BASE)
    assert letter.is_light
    assert "Lirelasuitedel’éditorial" in Page(letter.html).text
    assert web(content).count("Une phrase de l’éditorial.") == 6000


def test_page_is_well_formed_for_everybody_and_for_outlook(network):
    html = render(full(), network, BASE).html
    assert html.count("<!--[if mso | IE]>") > 10
    assert Page(html).errors == []
    assert Page(outlook(html)).errors == []
    assert Page(str(web(full()))).errors == []


def test_headings_go_down_without_a_gap(network):
    content = replace(full(), editorial="#### Petit\n\ntexte\n\n# Grand\n\n### Moyen\n\n## Fin")
    for html in (render(content, network, BASE).html, str(web(content))):
        levels = Page(html).levels
        assert levels[:6] == [1, 2, 3, 3, 4, 3]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_mail_says_its_language_and_hides_its_layout_from_readers(network):
    page = Page(render(full(), network, BASE).html)
    assert page.all("html")[0]["lang"] == "fr"
    assert {table.get("role") for table in page.all("table")} == {"presentation"}
    assert {"name": "color-scheme", "content": "light dark"} in page.all("meta")
    assert all(image["alt"] == "Une place de marché" for image in page.all("img"))


def test_decorative_picture_has_an_empty_text(network):
    image = Image("f.jpeg", 600, 900)
    shown = Page(render(one(image=image), network, BASE).html).all("img")[0]
    assert (shown["alt"], shown["width"], shown["height"]) == ("", "91", "136")


def test_web_version_is_whole_and_obeys_our_policy():
    content = full(40, LONG)
    page = Page(str(web(content)))
    assert page.text.count(squeezed(LONG)) == 40
    assert not any({"style", "onclick"} & set(attributes) for _, attributes in page.tags)
    assert [a["id"] for _, a in page.tags if "id" in a] == [
        f"contenu-{shown.number}" for shown in content.blocks
    ]


def test_web_version_only_wears_classes_that_exist():
    css = (ROOT / "crm/static/css/letter.css").read_text()
    worn = {name for _, a in Page(str(web(full()))).tags for name in a.get("class", "").split()}
    assert worn <= set(re.findall(r"\.([a-z-]+)", css)) | {"letter-text"}
