"""The desk: composing a draft, its texts, taking, moving, rewording, leaving, by plain forms."""

import html
from datetime import timedelta

import pytest
import sqlalchemy as sa
from drafts import FEATURE, FUNDING, REGION, decided, draft, layout, section, titles
from factories import awa, in_days, item, resaclic
from queries import cost

from crm.db import db
from crm.filters import today
from crm.newsletter.arrange import take
from crm.newsletter.issues import Issue, Publication
from crm.newsletter.items import Item, Kind
from crm.newsletter.placements import Placement

LETTERS = "/gestion/lettres"
HUGE = "x" * 100_000


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def address(issue, end=""):
    return f"{LETTERS}/numeros/{issue.id}{end}"


def place(placement, end=""):
    return f"{LETTERS}/places/{placement.id}{end}"


def texts(issue, **changes):
    return {
        "subject": issue.subject, "preheader": issue.preheader, "editorial": issue.editorial,
        "planned_on": issue.planned_on.isoformat(),
    } | changes  # fmt: skip


def test_composing_fills_a_draft_and_opens_it(client):
    titles_made = [item().title for _ in range(2)]
    answer = client.post(f"{LETTERS}/resaclic/numeros")
    [issue] = db.session.scalars(sa.select(Issue))
    assert answer.location == address(issue)
    assert {placement.title for placement in issue.placements} == set(titles_made)
    assert issue.composed_by.email == "awa@example.org"
    assert issue.planned_on > today()
    assert issue.planned_on.weekday() < 5, "a letter leaves on a working day"


def test_composing_twice_opens_the_same_draft(client):
    first = draft()
    answer = client.post(f"{LETTERS}/resaclic/numeros")
    assert answer.location == address(first)
    assert "est déjà en préparation" in client.get(answer.location).text
    assert db.session.scalars(sa.select(Issue.number)).all() == [1]


def test_the_two_letters_are_composed_apart(client):
    draft()
    client.post(f"{LETTERS}/lettre/numeros")
    found = db.session.execute(
        sa.select(Publication.slug, Issue.number).join(Issue.publication).order_by(Issue.id)
    )
    assert [tuple(row) for row in found] == [("resaclic", 1), ("lettre", 1)]


def test_the_desk_shows_sections_with_quota_and_what_was_not_kept(client):
    issue = draft(news=12, funding=2)
    page = client.get(address(issue)).text
    assert f"<h1>{issue.title}</h1>" in page
    assert "6 sur 6" in page
    left = db.session.scalars(sa.select(Item)).all()
    kept = {placement.item_id for placement in issue.placements}
    [a, *_] = missing = [one for one in left if one.id not in kept]
    assert len(missing) == 5
    assert f"Prendre «\u00a0{a.title}\u00a0»" in html.unescape(page)


def test_texts_are_saved(client):
    issue = draft()
    answer = client.post(
        address(issue, "/textes"),
        data=texts(
            issue, subject=" Au\u0000 printemps ", preheader="Trois appels", planned_on="",
        ) | {"editorial": "**Bonjour**\r\n\r\nà vous", "planned_on": in_days(3).isoformat()},
    )  # fmt: skip
    assert answer.location == address(issue)
    assert (issue.subject, issue.preheader) == ("Au printemps", "Trois appels")
    assert issue.editorial == "**Bonjour**\n\nà vous"
    assert issue.planned_on == in_days(3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": ""}, "Ce champ est à remplir."),
        ({"subject": " \u200e\t "}, "Ce champ est à remplir."),
        ({"subject": HUGE}, "200 caractères au plus."),
        ({"preheader": HUGE}, "200 caractères au plus."),
        ({"editorial": HUGE}, "20\u202f000 caractères au plus."),
        ({"planned_on": ""}, "Indiquez le jour de l’envoi."),
        ({"planned_on": "le 30 février"}, "Cette date n’existe pas"),
        ({"planned_on": "2026-02-30"}, "Cette date n’existe pas"),
        ({"planned_on": "1999-01-01"}, "Cette date est à plus d’un an d’aujourd’hui."),
        ({"planned_on": "9999-12-31"}, "Cette date est à plus d’un an d’aujourd’hui."),
    ],
)
def test_wrong_texts_come_back_as_typed_and_change_nothing(client, changes, said):
    issue = draft()
    before = texts(issue)
    answer = client.post(
        address(issue, "/textes"), data=texts(issue, preheader="Vu et <b>relu</b>") | changes
    )
    assert answer.status_code == 422
    assert said in answer.text
    if "preheader" not in changes:
        assert "Vu et &lt;b&gt;relu&lt;/b&gt;" in answer.text
    assert texts(issue) == before


def test_empty_texts_are_said_field_by_field(client):
    issue = draft()
    before = texts(issue)
    answer = client.post(address(issue, "/textes"), data=dict.fromkeys(before, ""))
    assert answer.status_code == 422
    assert "2\u00a0champs sont à corriger" in answer.text
    for name in ("subject", "planned_on"):
        assert f'<a href="#{name}">' in answer.text
        assert f'id="{name}-erreur"' in answer.text
    # A program that posts nothing at all changes nothing.
    client.post(address(issue, "/textes"))
    assert texts(issue) == before


def test_taking_gives_the_last_place_once(client):
    issue = draft(news=8)
    [new] = [one for one in db.session.scalars(sa.select(Item)) if not _is_in(issue, one)]
    before = titles(issue, FEATURE)
    for _ in range(2):
        answer = client.post(
            address(issue, "/contenus"),
            data={"item": new.id, "section": section(issue, FEATURE).id},
        )
        placed = section(issue, FEATURE).placements[-1]
        assert answer.location == f"{address(issue)}#place-{placed.id}"
    assert titles(issue, FEATURE) == [*before, new.title]


def _is_in(issue, one):
    return one.id in {placement.item_id for placement in issue.placements}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 404),
        ({"item": "0"}, 404),
        ({"item": "x", "section": "x"}, 404),
        ({"item": "9" * 30, "section": "1"}, 400),
        ({"item": "{item}"}, 400),
        ({"item": "{item}", "section": "987654"}, 400),
        ({"item": "{item}", "section": "{foreign}"}, 400),
    ],
)
def test_what_cannot_be_taken_is_refused(client, data, status):
    issue = draft(news=1)
    other = Issue(publication=resaclic(), number=9, planned_on=in_days(1))
    foreign = _with_section(other)
    new = item()
    db.session.commit()
    filled = {n: v.format(item=new.id, foreign=foreign.id) for n, v in data.items()}
    before = layout(issue)
    assert client.post(address(issue, "/contenus"), data=filled).status_code == status
    assert layout(issue) == before
    assert foreign.placements == []


def _with_section(issue):
    from crm.newsletter.issues import Section

    made = Section(issue=issue, position=1, title="Ailleurs")
    db.session.add(issue)
    db.session.flush()
    return made


def test_moving_by_steps_goes_through_sections(client):
    issue = draft(news=3)
    [front], [one, two] = titles(issue, FEATURE), titles(issue, REGION)
    first, second = section(issue, REGION).placements
    answer = client.post(place(second, "/place"), data={"sens": "haut"})
    assert answer.location == f"{address(issue)}#place-{second.id}"
    assert layout(issue) == {FEATURE: [front], REGION: [two, one]}
    # Past the first place: the end of the section above, however far.
    for _ in range(3):
        client.post(place(second, "/place"), data={"sens": "haut"})
    assert two in titles(issue, FEATURE) + titles(issue, "Du côté du réseau")
    assert titles(issue, REGION) == [one]
    client.post(place(first, "/place"), data={"sens": "bas"})
    assert titles(issue, REGION) == []


def test_moving_to_a_section_at_a_place(client):
    issue = draft(news=3)
    [front], [one, two] = titles(issue, FEATURE), titles(issue, REGION)
    moved = section(issue, REGION).placements[1]
    client.post(place(moved, "/place"), data={"section": section(issue, FEATURE).id, "index": "0"})
    assert layout(issue) == {FEATURE: [two, front], REGION: [one]}
    client.post(place(moved, "/place"), data={"section": section(issue, REGION).id})
    assert layout(issue) == {FEATURE: [front], REGION: [one, two]}


@pytest.mark.parametrize("index", ["-3", "x", "", "9" * 30])
def test_a_place_that_does_not_exist_is_the_nearest(client, index):
    issue = draft(news=3)
    moved = section(issue, FEATURE).placements[0]
    answer = client.post(
        place(moved, "/place"), data={"section": section(issue, REGION).id, "index": index}
    )
    assert answer.status_code == 302
    expected = 0 if index == "-3" else 2
    assert titles(issue, REGION).index(moved.title) == expected


@pytest.mark.parametrize("wanted", ["987654", "x", "foreign"])
def test_moving_elsewhere_is_refused(client, wanted):
    issue = draft(news=2)
    foreign = _with_section(Issue(publication=resaclic(), number=9, planned_on=in_days(1)))
    before = layout(issue)
    moved = issue.placements[0]
    data = {"section": foreign.id if wanted == "foreign" else wanted}
    assert client.post(place(moved, "/place"), data=data).status_code == 400
    assert (layout(issue), foreign.placements) == (before, [])


def test_leaving_gives_the_item_back(client):
    issue = draft(news=3)
    gone, kept = section(issue, REGION).placements
    again = place(gone, "/retrait")
    answer = client.post(again)
    assert answer.location == f"{address(issue)}#rubrique-{section(issue, REGION).id}"
    assert titles(issue, REGION) == [kept.title]
    assert [placement.position for placement in section(issue, REGION).placements] == [1]
    assert client.post(again).status_code == 404
    assert titles(issue, REGION) == [kept.title]


def test_words_are_for_this_issue_alone(client):
    issue = draft(news=1)
    [placement] = issue.placements
    told = placement.item.title, placement.item.summary
    answer = client.post(
        place(placement), data={"title": "<b>Autrement</b>", "summary": " Court.\x00 "}
    )
    assert answer.location == f"{address(issue)}#place-{placement.id}"
    assert (placement.title, placement.summary) == ("<b>Autrement</b>", "Court.")
    assert (placement.item.title, placement.item.summary) == told
    assert "&lt;b&gt;Autrement&lt;/b&gt;" in client.get(address(issue)).text
    client.post(place(placement), data={"title": told[0], "summary": told[1]})
    assert (placement.own_title, placement.own_summary) == (None, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Ce champ est à remplir."),
        ({"title": HUGE}, "300 caractères au plus."),
        ({"summary": HUGE}, "5\u202f000 caractères au plus."),
    ],
)
def test_wrong_words_come_back(client, changes, said):
    [placement] = draft(news=1).placements
    typed = {"title": "Un titre", "summary": "Un texte à garder"} | changes
    answer = client.post(place(placement), data=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert "summary" in changes or "Un texte à garder" in answer.text
    assert (placement.own_title, placement.own_summary) == (None, None)


def test_a_decided_issue_no_longer_changes(client):
    issue = decided(news=2, funding=1)
    placement = issue.placements[0]
    other = item()
    db.session.commit()
    before = layout(issue), texts(issue), issue.content
    attempts = {
        address(issue, "/textes"): texts(issue, subject="Autre"),
        address(issue, "/contenus"): {"item": other.id, "section": section(issue, FUNDING).id},
        address(issue, "/suppression"): {},
        place(placement): {"title": "Autre", "summary": ""},
        place(placement, "/place"): {"sens": "bas"},
        place(placement, "/retrait"): {},
    }
    for url, data in attempts.items():
        answer = client.post(url, data=data)
        assert answer.status_code == 409, url
        assert "est programmé ou envoyé" in answer.text, url
    assert (layout(issue), texts(issue), issue.content) == before
    assert client.get(address(issue)).location == address(issue, "/suivi")


def test_a_draft_is_deleted_after_a_question_with_the_number(client):
    issue = draft(news=3)
    asked = client.get(address(issue, "/suppression")).text
    assert "3\u00a0contenus" in asked
    assert db.session.get(Issue, issue.id) is not None
    assert client.post(address(issue, "/suppression")).location == f"{LETTERS}/"
    assert db.session.scalars(sa.select(Issue)).all() == []
    assert db.session.scalars(sa.select(Placement)).all() == []
    assert db.session.scalar(sa.select(sa.func.count(Item.id))) == 3


@pytest.mark.parametrize("number", ["987654", "9" * 30])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "numeros/{}"), ("POST", "numeros/{}/textes"), ("GET", "numeros/{}/suppression"),
        ("POST", "numeros/{}/contenus"), ("GET", "numeros/{}/apercu"), ("GET", "numeros/{}/envoi"),
        ("GET", "numeros/{}/suivi"), ("GET", "numeros/{}/suivi.json"), ("GET", "places/{}"),
        ("POST", "places/{}/place"), ("POST", "places/{}/retrait"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(client, method, path, number):
    answer = client.open(f"{LETTERS}/{path.format(number)}", method=method)
    assert answer.status_code in ({404} if len(number) < 9 else {400, 404})
    assert client.post(f"{LETTERS}/inconnue/numeros").status_code == 404


def test_pages_cost_the_same_for_many_rows(client):
    issue = draft(news=2, funding=1)
    item(Kind.JOB)
    db.session.commit()
    pages = (f"{LETTERS}/", address(issue), address(issue, "/apercu"), "/gestion/")
    few = [cost(client, page) for page in pages]
    for _ in range(25):
        take(item(), section(issue, REGION))
        item(Kind.JOB)
    for number in range(2, 12):
        db.session.add(
            Issue(publication=resaclic(), number=number, planned_on=in_days(1) + timedelta(number))
        )
    db.session.commit()
    assert [cost(client, page) for page in pages] == few


@pytest.mark.parametrize("view", ["ordinateur", "telephone", "texte", "autre"])
def test_the_preview_says_what_will_leave(client, view):
    issue = draft(news=2)
    assert client.get(address(issue, f"/apercu?vue={view}")).status_code == 200
    mail = client.get(address(issue, "/apercu.html"))
    assert all(placement.title in mail.text for placement in issue.placements)
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    text = client.get(address(issue, "/apercu.txt"))
    assert text.mimetype == "text/plain"
    assert all(placement.title in text.text for placement in issue.placements)
