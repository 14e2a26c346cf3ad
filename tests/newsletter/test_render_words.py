"""What a letter says: dates in words, who writes and why, the text part, the confirmation."""

from dataclasses import replace
from datetime import date
from email import message_from_bytes

import pytest
from factories import resaclic, subscriber
from letters import BASE, LONG, WEB, block, full, identity, issue, one
from pages import Page, squeezed

from crm.newsletter import emails
from crm.newsletter.content import Part
from crm.newsletter.issues import Layout
from crm.newsletter.items import Kind
from crm.newsletter.render import (
    compact,
    prose,
    render,
    web,
)


@pytest.fixture
def network():
    return identity()


def test_short_summaries_are_whole_and_long_ones_lead_to_their_end(network):
    letter = render(one(summary="Deux lignes, pas plus."), network, BASE)
    assert '<p style="margin:6px 0 0">Deux lignes, pas plus.</p>' in letter.html
    page = Page(render(one(summary=LONG), network, BASE).html)
    told = next(word for word in page.words if word.startswith("Le projet"))
    assert LONG.startswith(told.strip().removesuffix("…") + " ")
    assert f"{WEB}#contenu-1" in page.links
    assert "Lirelasuite" in page.text


MARCH = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("kind", "starts_on", "ends_on", "words"),
    [
        (Kind.FUNDING, None, date(2026, 4, 3), "avant le 3 avril"),
        (Kind.JOB, None, date(2026, 5, 1), "avant le 1er mai"),
        (Kind.JOB, None, date(2027, 1, 4), "avant le 4 janvier 2027"),
        (Kind.EVENT, MARCH, MARCH, "mardi 3 mars"),
        (Kind.EVENT, MARCH, None, "mardi 3 mars"),
        (Kind.EVENT, date(2026, 6, 3), date(2026, 6, 5), "du 3 au 5 juin"),
        (Kind.EVENT, date(2026, 6, 1), date(2026, 6, 5), "du 1er au 5 juin"),
        (Kind.EVENT, date(2026, 5, 30), date(2026, 6, 2), "du 30 mai au 2 juin"),
        (Kind.EVENT, date(2026, 12, 30), date(2027, 1, 2), "du 30 décembre 2026 au 2 janvier 2027"),
        (Kind.EVENT, None, date(2026, 6, 5), "jusqu’au 5 juin"),
        (Kind.TRAINING, date(2026, 5, 12), date(2026, 4, 20),
         "mardi 12 mai inscription avant le 20 avril"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layout", [Layout.CARDS, Layout.LINES])
def test_dates_are_said_in_words(network, kind, starts_on, ends_on, words, layout):
    content = one(layout, kind=kind, starts_on=starts_on, ends_on=ends_on)
    letter = render(content, network, BASE)
    for html in (letter.html, str(web(content))):
        assert squeezed(words) in Page(html).text
    assert squeezed(words) in squeezed(letter.text.replace("mai,", "mai"))


def test_news_keeps_its_end_for_the_team(network):
    assert "avril" not in render(one(ends_on=date(2026, 4, 3)), network, BASE).html


def test_deadline_wears_the_attention_colour(network):
    html = render(one(Layout.LINES, kind=Kind.JOB, ends_on=date(2026, 4, 3)), network, BASE).html
    assert '<b class="limit" style="color:#b4531c">avant le 3 avril</b>' in html


def test_title_band_names_the_number_and_its_day(network):
    letter = render(one(), network, BASE)
    assert squeezed("RESA’CLIC n° 12 mardi 3 mars 2026") in Page(letter.html).text
    assert letter.text.startswith("RESA’CLIC n°\u00a012\n===============\n\nmardi 3 mars 2026\n")


def test_inbox_shows_the_first_titles_unless_told_otherwise(network):
    three = issue(
        Part("R", Layout.CARDS, tuple(block(n, title=f"T{n} " + "a" * 60) for n in (1, 2, 3)))
    )
    assert f">T1 {'a' * 60} · T2 {'a' * 60}<" in render(three, network, BASE).html
    assert ">À lire<" in render(replace(three, preheader="À lire"), network, BASE).html


def test_footer_says_who_writes_and_how_to_leave(network):
    letter = render(one(), network, BASE)
    for text in (Page(letter.html).text, squeezed(letter.text)):
        for words in (
            "Réseau Horizons", "12 rue des Acacias", "69003 Lyon", "contact@example.org",
            "04 00 00 00 00", "Se désinscrire", "Mes préférences",
            "parce que votre adresse est abonnée à RESA’CLIC",
            "Cette lettre ne contient aucun pisteur.",
        ):  # fmt: skip
            assert squeezed(words) in text


def test_text_part_tells_everything_in_72_columns(network):
    summary = "Un résumé qui tient sur deux lignes ou trois, écrit par une personne. " * 2
    content = full(
        40, summary, "Un titre qui ne tient pas sur une seule ligne, ce qui arrive parfois, au"
    )
    letter = render(content, network, BASE)
    told = squeezed(letter.text)
    for part in content.parts:
        assert f"{part.title}\n{'-' * len(part.title)}\n" in letter.text
    for shown in content.blocks:
        assert squeezed(shown.title) in told
        assert squeezed(shown.organisation) in told
        assert f"\n{shown.url}\n" in letter.text
    lines = letter.text.split("\n")
    assert max(len(line) for line in lines if "://" not in line) <= 72
    assert f"\n{WEB}\n" in letter.text
    assert "**" not in letter.text


def test_compacting_keeps_spaces_that_are_read():
    assert (
        compact("<b>a</b> <i>b</i>\n\n   <p>c\u00a0 d</p>") == "<b>a</b> <i>b</i>\n<p>c\u00a0 d</p>"
    )


def test_prose_gives_its_links_the_colour_of_the_network():
    html = prose("[site](https://example.org) <a href=x>", "color:#123456")
    assert '<a style="color:#123456" href="https://example.org"' in html
    assert "&lt;a href=x&gt;" in html


def test_confirmation_asks_the_address_itself(app):
    subscription = subscriber("lea@example.org", resaclic())
    mail = emails.confirm(subscription, f"{BASE}/lettres/confirmation/abc")
    message = message_from_bytes(mail.message)
    plain, html = (
        part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart()
    )
    assert (mail.recipient, mail.subject) == (
        "lea@example.org",
        "Confirmez votre abonnement à RESA’CLIC",
    )
    assert f"\n{BASE}/lettres/confirmation/abc" in plain.replace("\r", "")
    page = Page(html)
    assert page.errors == []
    assert page.links.count(f"{BASE}/lettres/confirmation/abc") == 2
    assert page.levels == [1]
