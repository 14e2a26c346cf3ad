"""What was typed is shown as text: no markup, no dangerous link, no mark of ours."""

import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import BASE, HOSTILE, WEB, block, full, identity, issue, one
from pages import Page, squeezed

from crm.config import ROOT
from crm.mail import environment, render_mjml
from crm.newsletter.content import Part
from crm.newsletter.issues import Layout
from crm.newsletter.render import (
    LEAVE_MARK,
    PREFERENCES_MARK,
    personal,
    render,
    web,
)


@pytest.fixture
def network():
    return identity()


def test_nothing_is_asked_of_anybody_else(network):
    network.logo_type, network.logo_width, network.logo_height = "image/png", 300, 100
    html = render(full(), network, BASE).html
    sources = {image["src"] for image in Page(html).all("img")}
    assert sources == {
        f"{BASE}/identite/logo?v={network.version}",
        f"{BASE}/lettres/images/0123456789abcdef0123456789abcdef.jpeg",
    }
    assert not re.search(r"<(link|script|iframe|form|object)\b|@import|url\(|@font-face", html)


def test_links_are_whole_addresses_the_same_for_everybody(network):
    links = Page(render(full(), network, BASE).html).links
    personal_links = [link for link in links if link.startswith("%%")]
    assert personal_links == [PREFERENCES_MARK, LEAVE_MARK]
    others = set(links) - {LEAVE_MARK, PREFERENCES_MARK, "mailto:contact@example.org"}
    assert all(link.startswith(("https://", "http://")) for link in others)
    assert {f"https://site.example.org/{n}" for n in range(1, 41)} < others
    assert WEB in others


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " JaVaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x",
     "//pisteur.example.net/x", "/relatif", "https://", "http://[::1", "mailto:a@example.org", ""],
)  # fmt: skip
def test_only_web_addresses_become_links(network, url, layout):
    for html in (render(one(layout, url=url), network, BASE).html, str(web(one(layout, url=url)))):
        page = Page(html)
        assert "Titre1" in page.text
        own = {LEAVE_MARK, PREFERENCES_MARK, network.website, f"{BASE}/confidentialite"}
        kept = own | {WEB, "mailto:contact@example.org"}
        assert set(page.links) <= kept


def test_address_with_spaces_is_mended(network):
    letter = render(one(url=' https://site.example.org/un "deux"&a=1'), network, BASE)
    assert "https://site.example.org/un%20%22deux%22&a=1" in Page(letter.html).links


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize("layout", Layout)
def test_what_was_typed_is_shown_as_text(network, typed, layout):
    content = issue(
        Part(typed, layout, (block(title=typed, organisation=typed, place=typed),)),
        subject=typed, preheader=typed, editorial="Bonjour.",
    )  # fmt: skip
    letter = render(content, network, BASE)
    for html in (letter.html, str(web(content))):
        page = Page(html)
        assert page.text.count(squeezed(typed)) >= 3
        assert page.errors == []
        assert {tag for tag, _ in page.tags} & {"script", "mj-raw", "mj-image"} == set()
    assert "pisteur" not in "".join(image["src"] for image in Page(letter.html).all("img"))
    assert squeezed(letter.text).count(squeezed(typed)) >= 3


@pytest.mark.parametrize("typed", HOSTILE)
def test_editorial_and_summary_execute_nothing(network, typed):
    content = replace(one(summary=typed), editorial=f"{typed}\n\n<b onclick=x>gras</b>")
    for html in (render(content, network, BASE).html, str(web(content))):
        page = Page(html)
        assert page.errors == []
        assert squeezed("<b onclick=x>gras</b>") in page.text
        assert {tag for tag, _ in page.tags} & {"script", "mj-raw", "b"} == set()
        assert not any(name.startswith("on") for _, names in page.tags for name in names)


def test_marks_are_where_the_links_are_and_nowhere_else(network):
    typed = f"{LEAVE_MARK} {PREFERENCES_MARK}"
    content = issue(
        Part(typed, Layout.CARDS, (block(title=typed, summary=typed, url=f"{BASE}/{LEAVE_MARK}"),)),
        subject=typed, preheader=typed,
        editorial=f"{typed} %%MAILLAGE\\-QUITTER%% &#37;%MAILLAGE-QUITTER%%",
    )  # fmt: skip
    letter = render(content, network, BASE)
    for part in (letter.html, letter.text):
        assert part.count(LEAVE_MARK) == part.count(PREFERENCES_MARK) == 1
    assert squeezed(typed) in Page(letter.html).text
    assert Page(personal(letter.html, "https://a.example/q", "https://a.example/p")).links[-2:] == [
        "https://a.example/p",
        "https://a.example/q",
    ]


def test_marks_survive_quoted_printable_whole(network):
    for length in range(76):  # whatever column they would fall in
        letter = render(replace(one(), publication="R" * length), network, BASE)
        for part in (letter.html, letter.text):
            message = EmailMessage()
            message.set_content(part, cte="quoted-printable")
            raw = message.as_bytes()
            assert raw.count(LEAVE_MARK.encode()) == raw.count(PREFERENCES_MARK.encode()) == 1


typed = st.text(max_size=60) | st.sampled_from(HOSTILE[:-1])


@settings(max_examples=60, deadline=None)
@given(typed, typed, typed, typed, st.sampled_from(Layout))
def test_any_text_makes_a_whole_letter(title, summary, editorial, organisation, layout):
    shown = block(title=title, summary=summary, organisation=organisation)
    content = issue(Part("Rubrique", layout, (shown,)), editorial=editorial, subject=title)
    letter = render(content, identity(), BASE)
    for html in (letter.html, str(web(content))):
        page = Page(html)
        assert page.errors == []
        assert squeezed(title) in page.text
        assert squeezed(organisation) in page.text
    assert squeezed(title) in squeezed(letter.text)
    assert letter.html.count(LEAVE_MARK) == letter.text.count(LEAVE_MARK) == 1
    assert "\n" not in letter.subject


@pytest.mark.parametrize("broken", ["<mj-section>", "</mj-text>", "<mj-text>&</b></mj-text>"])
def test_broken_markup_is_an_error_not_an_empty_mail(broken):
    source = f"<mjml><mj-body>{broken}</mj-body></mjml>"
    with pytest.raises(ValueError, match="root template"):
        render_mjml(environment().from_string(source))


def test_templates_use_tags_that_exist():
    """An unknown tag vanishes without a word, with what it holds."""
    known = {
        "all", "attributes", "body", "button", "column", "divider", "head", "image",
        "preview", "raw", "section", "spacer", "style", "text", "title",
    }  # fmt: skip
    used = {
        name
        for path in (ROOT / "templates").rglob("*.mjml.html")
        for name in re.findall(r"<mj-([a-z-]+)", path.read_text())
    }
    assert used <= known
