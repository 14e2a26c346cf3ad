"""Checks before sending: what is found, how much it weighs, where it is mended."""

import dataclasses
import ipaddress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import awa, in_days, item, save, subscriber
from feed_server import serving
from hypothesis import given
from hypothesis import strategies as st
from letters import block, identity
from letters import issue as content_of
from sending import draft

from crm.db import db, now
from crm.filters import today
from crm.newsletter.checks import letter, links, pictures, texts, timing
from crm.newsletter.checks.look import blocking, look
from crm.newsletter.content import Part, freeze
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.issues import Issue, Layout, Publication, Section
from crm.newsletter.items import Kind, Picture
from crm.newsletter.placements import Form, Placement
from crm.newsletter.probes import Probe, digest
from crm.newsletter.render import render
from crm.newsletter.typography import is_right, mend

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def section(title="Rubrique", layout=Layout.CARDS, *items, **values) -> Section:
    placed = [Placement(item=one, position=place) for place, one in enumerate(items, 1)]
    values = {"kinds": ["news"], "position": 1} | values
    return Section(title=title, layout=layout, placements=placed, **values)


def number(*items, **values) -> Issue:
    values = {"subject": "Un objet", "planned_on": today()} | values
    return draft(sections=[section("Rubrique", Layout.CARDS, *items)], **values)


def said(findings) -> list[str]:
    return [one.words for one in findings]


def test_a_good_number_has_nothing_to_say_but_its_links(app):
    issue = number(item())
    assert blocking(issue) == []
    assert said(look(issue)) == [
        "1\u00a0lien reste à vérifier.", "Votre adresse postale manque au bas de la lettre.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "words", "is_blocking"),
    [
        ("  ", "L’objet est vide.", True),
        (
            "x" * 91,
            "L’objet a 91\u00a0caractères",
            False,
        ),
    ],
)
def test_a_subject_is_there_and_short(app, subject, words, is_blocking):
    [found] = texts.subject(number(subject=subject))
    assert (found.words.partition("\u00a0: au-delà")[0], found.is_blocking) == (words, is_blocking)


def test_a_subject_says_nothing_of_what_is_for_some_only(app):
    issue = number(item(title="Appel réservé aux écoles"), subject="Appel réservé aux écoles !")
    issue.placements[0].only = {"departments": ["38"]}
    [found] = texts.subject(issue)
    assert found.is_blocking
    issue.placements[0].only = {}
    assert list(texts.subject(issue)) == []


def test_empty_sections_and_empty_numbers_are_seen(app):
    issue = draft(sections=[section("Vide")], editorial=" ")
    whole, part = texts.emptiness(issue)
    assert whole.is_blocking
    assert part.words == "La rubrique «\u00a0Vide\u00a0» est vide\u00a0: elle ne paraîtra pas."


def test_what_closes_before_the_letter_arrives_blocks_it(app):
    late = item(Kind.FUNDING, title="Tôt", ends_on=in_days(1, today()))
    soon = item(Kind.FUNDING, title="Bientôt", ends_on=in_days(4, today()))
    issue = number(late, soon, item())
    issue.sections[0].lead_days = 3
    first, second = timing.deadlines(issue, in_days(2, today()))
    assert (first.is_blocking, first.row) == (True, late.id)
    assert (second.is_blocking, second.row) == (False, soon.id)


def sent(*items, **values) -> Issue:
    issue = number(*items, number=values.pop("number", 9), **values)
    freeze(issue, now())
    issue.scheduled_at = issue.started_at = now() - timedelta(days=30)
    db.session.flush()
    return issue


def test_what_was_already_sent_is_said_with_when(app):
    again, other = item(title="Revenant"), item(title="Autre", url="https://s.example.org/a")
    other.canonical_url = "s.example.org/a"
    sent(again, other)
    twin = item(title="Jumeau", url="https://s.example.org/a?utm_source=x",
                canonical_url="s.example.org/a")  # fmt: skip
    found = said(timing.repeats(number(again, twin, item())))
    assert sorted(words.partition(", le")[0] for words in found) == [
        "«\u00a0Jumeau\u00a0» mène à une page déjà relayée dans le n°\u00a09",
        "«\u00a0Revenant\u00a0» a déjà paru dans le n°\u00a09",
    ]


def test_a_draft_is_no_sending(app):
    again = item()
    number(again, number=9)
    assert list(timing.repeats(number(again, number=10))) == []


def test_who_was_written_to_lately_is_counted(app):
    issue = sent(item())
    issue.started_at = now() - timedelta(days=1)
    for state in (State.SENT, State.SENT, State.FAILED):
        save(Delivery(issue=issue, subscription=subscriber(), state=state,
                      settled_at=now() - timedelta(hours=5)))  # fmt: skip
    [found] = timing.tiredness(number(item(), number=10))
    assert found.words.startswith("2\u00a0destinataires ont déjà reçu une lettre de vous")
    assert "RESA’CLIC" in found.words


def picture(size: int = 10) -> Picture:
    count = db.session.scalar(sa.select(sa.func.count(Picture.id)))
    return save(Picture(digest=f"{count:064}", media_type="image/png", width=600, height=400,
                        content=b"x" * size))  # fmt: skip


def test_pictures_have_words_and_little_weight(app):
    bare = item(title="Muette", picture=picture(300_001))
    told = item(picture=picture(), picture_alt="Un marché")
    lost = item(title="Perdue", picture_url="https://s.example.org/p.png", picture_tried_at=now())
    issue = number(bare, told, lost)
    assert said(pictures.descriptions(issue)) == [
        "L’image de «\u00a0Muette\u00a0» n’a pas de texte de remplacement."
    ]
    assert said(pictures.weights(issue)) == ["L’image de «\u00a0Muette\u00a0» pèse 293\u00a0Ko."]
    assert said(pictures.absences(issue)) == [
        "L’image de «\u00a0Perdue\u00a0» n’a pas pu être chargée."
    ]
    issue.sections[0].layout = Layout.LINES
    assert not [*pictures.descriptions(issue), *pictures.absences(issue)]


def test_a_picture_alone_must_be_told(app):
    issue = number()
    save(Placement(section=issue.sections[0], form=Form.PICTURE, position=1,
                   own_picture=picture()))  # fmt: skip
    [found] = pictures.descriptions(issue)
    assert found.is_blocking


def made(*blocks, **values):
    return render(
        content_of(Part("R", Layout.CARDS, blocks), **values), identity(), "https://e.org"
    )


def test_a_letter_too_heavy_is_blocked(app):
    heavy = made(*(block(n, title="Un titre long " * 20) for n in range(1, 400)))
    light = made(block())
    assert list(letter.size(light)) == []
    assert [found.is_blocking for found in letter.size(heavy)] in ([True], [False], [])
    [found] = letter.size(dataclasses.replace(light, html=light.html + "x" * 80_000))
    assert found.is_blocking


def test_headings_follow_each_other_and_links_say_where_they_lead(app):
    good = made(block(), editorial="Bonjour.\n\n# Un\n\n### Deux\n\n[Le programme](https://e.org)")
    assert list(letter.outline(good)) == []
    bad = dataclasses.replace(good, html=good.html.replace("<h2", "<h4").replace("</h2", "</h4"))
    assert "saute un niveau" in next(letter.outline(bad)).words
    vague = made(block(), editorial="Lisez [ici](https://e.org/a).")
    assert said(letter.outline(vague)) == [
        "Un lien s’appelle «\u00a0ici\u00a0»\u00a0: dites où il mène (RGAA 6.1)."
    ]


def test_colours_and_the_foot_are_looked_at(app):
    assert list(letter.colours(identity())) == []
    [found] = letter.colours(identity(attention="#ffb347"))
    assert found.is_blocking
    mail = made(block())
    assert list(letter.foot(mail, identity())) == []
    gone = dataclasses.replace(mail, text="")
    assert said(letter.foot(gone, identity(postal_address=" "))) == [
        "Rien ne permet de se désinscrire.", "Votre adresse postale manque au bas de la lettre.",
    ]  # fmt: skip


def test_links_are_visited_kept_and_said(app, setting):
    with serving() as site:
        good = site.give("/bonne", "ici")
        old = site.give("/ancienne", status=301, Location="/nouvelle")
        site.give("/nouvelle", "ici")
        gone = site.give("/disparue", status=404)
        down = site.give("/panne", status=500)
        setting(feed_allow=LOOPBACK)
        items = [item(title=name, url=url) for name, url in
                 (("Bon", good), ("Vieux", old), ("Mort", gone), ("Panne", down))]  # fmt: skip
        issue = number(*items, editorial=f"[La suite]({site.give('/suite')}) et [ceci]({good}).")
        assert links.progress(issue).total == 5
        assert links.ask(issue, now()) == 5
        assert links.progress(issue).waiting == 5
        assert said(links.links(issue)) == ["La visite des liens est en cours\u00a0: 0 sur 5."]
        db.session.commit()
        links.visit_asked()
        db.session.expire_all()
        assert links.progress(issue).answered == 5
        asked = len(site.requests)
        assert links.ask(issue, now()) == 0, "kept for a while"
        links.visit_asked()
        assert len(site.requests) == asked
    assert [(one.words.partition("\u00a0»")[0], one.is_blocking) for one in links.links(issue)] == [
        ("«\u00a0Vieux", False), ("«\u00a0Mort", True), ("«\u00a0Panne", False),
    ]  # fmt: skip
    assert links.ask(issue, now() + timedelta(hours=13)) == 5, "and asked for again after that"
    assert items[2].link_error.startswith("La page n’existe pas")
    assert items[0].link_error == ""


def test_a_new_address_is_adopted_in_one_gesture(app):
    moved = item(title="Vieux", url="https://s.example.org/vieux")
    issue = number(moved, editorial="[Lire](https://s.example.org/vieux)")
    probe = save(Probe(url=moved.url, digest="d" * 64, checked_at=now(),
                       leads_to="https://s.example.org/neuf"))  # fmt: skip
    issue.editorial += " https://s.example.org/vieux-port https://s.example.org/vieux."
    links.adopt(issue, probe)
    assert (moved.url, moved.canonical_url) == ("https://s.example.org/neuf", "s.example.org/neuf")
    assert "url" in moved.kept
    assert issue.editorial == (
        "[Lire](https://s.example.org/neuf) https://s.example.org/vieux-port "
        "https://s.example.org/neuf."
    )


def test_a_new_address_is_undone_like_any_gesture(desk):
    moved = item(url="https://s.example.org/vieux")
    issue = number(moved)
    probe = save(Probe(url=moved.url, digest=digest(moved.url), checked_at=now(),
                       leads_to="https://s.example.org/neuf"))  # fmt: skip
    db.session.commit()
    url = f"/gestion/lettres/numeros/{issue.id}"
    desk.post(f"{url}/verifications/liens/{probe.id}", data={"choix": "adopter"})
    assert (moved.url, moved.kept) == ("https://s.example.org/neuf", ["canonical_url", "url"])
    desk.post(f"{url}/gestes/annule")
    assert (moved.url, moved.canonical_url) == (
        "https://s.example.org/vieux", "s.example.org/vieux",
    )  # fmt: skip
    assert moved.kept == []
    desk.post(f"{url}/gestes/refait")
    assert moved.url == "https://s.example.org/neuf"


@pytest.fixture
def desk(signed_in):
    return signed_in(awa())


def test_the_page_says_where_to_mend_and_blocks_the_sending(desk):
    subscriber()
    late = item(Kind.FUNDING, title="Trop tard", ends_on=in_days(-1, today()))
    issue = number(late, item(url=""))
    db.session.commit()
    page = desk.get(f"/gestion/lettres/numeros/{issue.id}/verifications").text
    assert "1\u00a0point empêche ce numéro de partir" in page
    assert f"/gestion/lettres/contenus/{late.id}" in page
    answer = desk.post(f"/gestion/lettres/numeros/{issue.id}/envoi", data={})
    assert answer.status_code == 422
    assert "se termine le" in answer.text
    assert issue.scheduled_at is None


def test_a_link_found_dead_may_be_vouched_for(desk):
    dead = item(title="Mort", url="https://s.example.org/mort")
    issue = number(dead)
    probe = save(Probe(url=dead.url, digest=digest(dead.url),
                       checked_at=now(), error="Erreur 404.", is_gone=True))  # fmt: skip
    db.session.commit()
    url = f"/gestion/lettres/numeros/{issue.id}/verifications"
    assert "mène à une page disparue" in desk.get(url).text
    desk.post(f"{url}/liens/{probe.id}", data={"choix": "garder"})
    assert "mène à une page disparue" not in desk.get(url).text


def test_typography_is_mended_in_one_gesture_in_this_number_alone(desk):
    one = item(title="L'eau : un bien commun ?", summary='Il dit "oui" ; «non».')
    issue = number(one, editorial="Voir https://e.org/l'eau?a=b : c'est « ici ».")
    db.session.commit()
    url = f"/gestion/lettres/numeros/{issue.id}/verifications"
    assert "Tout corriger" in desk.get(url).text
    desk.post(f"{url}/typographie")
    assert issue.placements[0].title == "L’eau\u00a0: un bien commun\u00a0?"
    assert one.title == "L'eau : un bien commun ?"
    assert issue.editorial == "Voir https://e.org/l'eau?a=b\u00a0: c’est «\u00a0ici\u00a0»."
    assert "Tout corriger" not in desk.get(url).text
    desk.post(f"/gestion/lettres/numeros/{issue.id}/gestes/annule")
    assert "Tout corriger" in desk.get(url).text, "it is undone like any gesture"


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("Quoi ?! Vraiment !", "Quoi\u00a0?! Vraiment\u00a0!"),
        ("mot: mot; mot", "mot\u00a0: mot\u00a0; mot"),
        ("à 14 h 30, 3 500 € soit 5 %", "à 14\u00a0h 30, 3\u00a0500\u00a0€ soit 5\u00a0%"),
        ("https://e.org/a?b=1;c : d", "https://e.org/a?b=1;c\u00a0: d"),
        ("[l'eau](https://e.org/l'eau) et `l'eau`", "[l’eau](https://e.org/l'eau) et `l'eau`"),
        ("12:30 et a:b", "12:30 et a:b"),
        ("**Note :** n° 12", "**Note\u00a0:** n°\u00a012"),
        ("- liste\n- suite", "- liste\n- suite"),
        ("a@b.example : écrire", "a@b.example\u00a0: écrire"),
        ("déjà\u202f! bon\u00a0?", "déjà\u202f! bon\u00a0?"),
    ],
)
def test_french_is_set_as_it_is_printed(typed, right):
    assert mend(typed) == right


@given(st.text(alphabet="aé'’ :;?!»«%€0\u00a0\n.-*[](`", max_size=40))
def test_mending_is_stable_and_changes_no_word(text):
    right = mend(text)
    assert is_right(right)
    kept = str.maketrans("", "", " \u00a0\u2009'’")
    assert right.translate(kept) == text.translate(kept)


def test_a_section_that_makes_no_sense_is_said(app):
    issue = draft(sections=[section("Sans genre", Layout.CARDS, item(), kinds=[])])
    assert "n’accepte aucun genre" in next(texts.recipe(issue)).words


def test_every_check_is_made(app):
    """One number with all that can be wrong: what each check says is on the page."""
    again = item(title="Revenant")
    sent(again).started_at = now() - timedelta(days=1)
    reader = subscriber()
    old = db.session.scalars(sa.select(Issue)).one()
    save(Delivery(issue=old, subscription=reader, state=State.SENT, settled_at=now()))
    wrong = number(
        again, item(Kind.FUNDING, ends_on=in_days(-1, today())),
        item(picture=picture(300_001)),
        item(picture_url="https://s.example.org/p.png", picture_tried_at=now()),
        number=10, subject="", editorial="L'eau\n\n[ici](https://e.org)",
    )  # fmt: skip
    wrong.sections.append(section("Vide", kinds=[], position=2))
    db.session.flush()
    told = "\n".join(said(look(wrong)))
    for words in (
        "L’objet est vide", "La rubrique «\u00a0Vide\u00a0» est vide",
        "avant l’envoi", "a déjà paru", "à vérifier", "n’a pas de texte de remplacement",
        "n’a pas pu être chargée", "293\u00a0Ko", "Un lien s’appelle", "adresse postale",
        "Typographie à corriger", "n’accepte aucun genre", "a déjà reçu une lettre",
    ):  # fmt: skip
        assert words in told, words
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letter, "HTML_BUDGET", 1_000)
        patch.setattr(letter, "ENOUGH", 99)
        patch.setattr(letter, "LEAVE_MARK", "ailleurs")
        told = "\n".join(said(look(wrong)))
    for words in ("Le courriel pèse", "se lit mal", "Rien ne permet de se désinscrire"):
        assert words in told, words


def probed(url: str, **values) -> Probe:
    return save(Probe(url=url, digest=digest(url), checked_at=now(), **values))


def test_a_page_sent_to_the_front_page_is_sought_elsewhere(app):
    moved = item(title="Vieux", url="https://s.example.org/vieux")
    probed(moved.url, leads_to="https://s.example.org/")
    [found] = links.links(number(moved))
    assert found.words.startswith("«\u00a0Vieux\u00a0» mène à l’accueil du site")


def test_a_site_that_is_down_is_said_once(app):
    items = [item(url=f"https://s.example.org/{n}") for n in range(3)]
    for one in items:
        probed(one.url, error="Le site ne répond pas.")
    assert said(links.links(number(*items))) == [
        "s.example.org, où mènent 3\u00a0liens, n’a pas répondu. Le site ne répond pas."
    ]


def test_an_empty_heading_is_seen(app):
    mail = made(block())
    bad = dataclasses.replace(mail, html=mail.html.replace("</h1>", "</h1><h2> </h2>"))
    assert said(letter.outline(bad)) == ["Un titre du courriel est vide."]


@pytest.mark.parametrize(
    ("slug", "hours", "state", "is_counted"),
    [
        ("resaclic", 71, State.SENT, True),
        ("resaclic", 73, State.SENT, False),
        ("lettre", 5, State.SENT, True),
        ("lettre", 5, State.BOUNCED, False),
    ],
)
def test_lately_is_three_days_whatever_the_letter(app, slug, hours, state, is_counted):
    publication = Publication.named(slug)
    before = sent(item(), publication=publication)
    before.started_at = now() - timedelta(hours=hours)
    reader = subscriber("zoe@example.org", publication)
    if slug != "resaclic":
        subscriber("zoe@example.org")
    save(Delivery(issue=before, subscription=reader, state=state,
                  settled_at=now() - timedelta(hours=hours)))  # fmt: skip
    found = said(timing.tiredness(number(item(), number=10)))
    assert [one.partition(" (")[2] for one in found] == (
        [f"{publication.name})."] if is_counted else []
    )
