"""Once it left: compared with the numbers before, found in the archive, begun again as another."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from drafts import draft as composed
from factories import awa, in_days, item, resaclic, save, subscriber
from sending import draft

from crm.db import db, now
from crm.filters import today
from crm.newsletter import archive
from crm.newsletter.clicks import Link
from crm.newsletter.content import freeze
from crm.newsletter.counting.compare import outcomes, usual_rate
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.duplicate import create, duplicate, free_slug
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.placements import Form, Placement


def sent(number: int, days_ago: int, *, states=(), clicks: int = 0, **values) -> Issue:
    """A number that left, with one recipient for each of these states."""
    issue = draft(number=number, **values)
    freeze(issue, now())
    issue.scheduled_at = issue.started_at = issue.sent_at = now() - timedelta(days=days_ago)
    for state in states:
        save(Delivery(issue=issue, subscription=subscriber(), state=state))
    if clicks:
        save(Link(issue=issue, rank=1, url="https://s.example.org", people=clicks))
    db.session.flush()
    return issue


def left(days_ago: int) -> None:
    subscriber().left_at = now() - timedelta(days=days_ago)


def test_a_number_stands_beside_those_before_it(app):
    first = sent(1, 60, states=[State.SENT] * 4 + [State.FAILED, State.BOUNCED], clicks=2)
    second = sent(2, 30, states=[State.SENT, State.COMPLAINED], clicks=3)
    for days in (58, 44, 29):
        left(days)
    db.session.flush()
    old, new = outcomes(second)
    assert (old.issue, old.received, old.refused, old.left, old.clicks) == (first, 4, 2, 1, 2)
    assert (new.issue, new.received, new.refused, new.left, new.clicks) == (second, 2, 0, 1, 3)
    assert (old.rate, new.rate, usual_rate([old])) == (50.0, 150.0, 50.0)


def test_twelve_before_and_no_more(app):
    for number in range(1, 16):
        sent(number, 200 - number * 10)
    found = outcomes(db.session.scalars(sa.select(Issue).where(Issue.number == 14)).one())
    assert [one.issue.number for one in found] == list(range(2, 15))


def test_nobody_left_is_counted_before_anything_was_sent(app):
    left(90)
    issue = sent(1, 60)
    left(40)  # more than fourteen days afterwards
    db.session.flush()
    assert [one.left for one in outcomes(issue)] == [0]


def test_the_page_shows_the_picture_and_the_table(signed_in, app):
    sent(1, 60, states=[State.SENT], clicks=1)
    issue = sent(2, 30, states=[State.SENT, State.SENT], clicks=1)
    db.session.commit()
    page = signed_in(awa()).get(f"/gestion/lettres/numeros/{issue.id}/chiffres").text
    assert "50&nbsp;liens suivis pour 100&nbsp;lecteurs, contre 100 d’habitude" in page
    assert 'class="trend"' in page
    assert page.count('data-label="Pour 100"') == 2


def told(**values) -> Issue:
    only = values.pop("only", {})
    one = item(title="Forêts du Mékong", summary="L’eau et l’œuvre.")
    placed = [Placement(item=one, position=1, only=only)]
    section = Section(title="Rubrique", kinds=["news"], position=1, placements=placed)
    return sent(values.pop("number", 1), 10, sections=[section], editorial="Édito **vif**.")


def test_the_archive_is_found_by_its_words(visitor, app):
    issue = told()
    archive.learn_new()
    archive.learn_new()
    db.session.commit()
    for words in ("forets mekong", "œuvre", "Édito vif", "FORÊTS"):
        assert [one.issue for one in archive.search(words)] == [issue], words
    assert archive.search("forets absentes") == []
    assert archive.search("100% _") == []
    assert archive.search("  ") == []
    page = visitor.get("/lettres/recherche?q=mekong").text
    assert "1\u00a0numéro en parle" in page
    assert "/lettres/resaclic/1#contenu-1" in page
    assert "Aucun numéro" in visitor.get("/lettres/recherche?q=<script>").text


def test_the_archive_says_nothing_of_what_was_for_some(app):
    told(only={"departments": ["38"]})
    archive.learn_new()
    db.session.flush()
    assert archive.search("mekong") == []
    assert len(archive.search("edito")) == 1


def test_an_item_leads_back_to_the_numbers_that_carried_it(app, signed_in):
    issue = told()
    carried = issue.placements[0].item
    assert archive.carrying(carried) == [issue]
    assert archive.carrying(item()) == []
    db.session.commit()
    page = signed_in(awa()).get(f"/gestion/lettres/contenus/{carried.id}").text
    assert "RESA’CLIC n°\u00a01</a>, parti le" in page


def test_a_number_begins_as_another_and_is_its_own(app, signed_in):
    issue = composed()
    save(Placement(section=issue.sections[0], form=Form.TEXT, position=9, own_summary="Un texte."))
    issue.sections[0].only = {"departments": ["38"]}
    issue.editorial = "Bonjour."
    db.session.commit()
    answer = signed_in(awa()).post(f"/gestion/lettres/numeros/{issue.id}/copie")
    copy = db.session.scalars(sa.select(Issue).order_by(Issue.id.desc())).first()
    assert answer.location.endswith(f"/numeros/{copy.id}")
    assert (copy.number, copy.editorial, copy.is_draft) == (2, "Bonjour.", True)
    assert copy.subject == issue.subject.replace("n°\u00a01", "n°\u00a02")
    assert [(s.title, s.only) for s in copy.sections] == [(s.title, s.only) for s in issue.sections]
    assert [p.name for p in copy.placements] == [p.name for p in issue.placements]
    copy.placements[0].reword("Autre", "")
    assert issue.placements[0].title != "Autre"


def test_what_was_sent_may_begin_another_too(app):
    copy = duplicate(told(), in_days(5, today()))
    assert (copy.number, copy.frozen_at, copy.placements[0].title) == (2, None, "Forêts du Mékong")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Lettre des élu·es", "lettre-des-elu-es"),
        ("Inscription", "inscription-2"),
        ("RESACLIC", "resaclic-2"),
        ("!!!", "lettre-2"),
        ("x" * 80, "x" * 50),
    ],
)
def test_a_new_letter_has_an_address_of_its_own(app, name, slug):
    assert free_slug(name) == slug


def test_a_new_letter_is_made_in_one_page(app, signed_in, visitor):
    client = signed_in(awa())
    url = "/gestion/lettres/publications/nouvelle"
    assert client.post(url, data={"name": ""}).status_code == 422
    assert client.post(url, data={"name": "A", "like": "inconnue"}).status_code == 422
    answer = client.post(url, data={"name": "Lettre des élus", "like": "resaclic"})
    assert answer.location.endswith("/publications/lettre-des-elus")
    made = Publication.find("lettre-des-elus")
    assert [one.title for one in made.recipe] == [one.title for one in resaclic().recipe]
    client.post("/gestion/lettres/lettre-des-elus/numeros")
    assert db.session.scalars(sa.select(Issue)).one().publication == made
    assert visitor.get("/lettres/lettre-des-elus/").status_code == 200


def test_a_letter_may_begin_without_any_section(app):
    assert create("Nue").recipe == []
