"""What the desk remembers: what is new, what is left out and why, and what was decided of it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from drafts import FUNDING, REGION, draft, section
from factories import awa, feed, in_days, item, resaclic

from crm.db import db, now
from crm.newsletter.asides import Aside, Choice
from crm.newsletter.compose import candidates, compose, count_new
from crm.newsletter.content import freeze
from crm.newsletter.desk.memory import Why, age, explain, shelf, warnings
from crm.newsletter.issues import Publication
from crm.newsletter.items import Kind

LETTERS = "/gestion/lettres"


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


def sent(issue, days_ago=30):
    """As if it had left so many days ago."""
    at = now() - timedelta(days=days_ago)
    freeze(issue, at)
    issue.composed_at = issue.scheduled_at = issue.started_at = issue.sent_at = at
    db.session.flush()


def next_issue(days=1):
    issue = compose(resaclic(), in_days(days))
    db.session.commit()
    return issue


def empty(issue):
    """With nothing placed: everything is left to be taken."""
    for one in issue.sections:
        one.placements = []
    db.session.flush()
    return issue


def out(issue):
    """Why each title is left out, and in which words."""
    groups = shelf(issue).left_out
    return {
        known.item.title: (why, known.words) for why, group in groups.items() for known in group
    }


def new(issue):
    return [known.item.title for group in shelf(issue).new.values() for known in group]


def test_what_is_new_has_its_age_its_deadline_and_its_source(client):
    source = feed()
    source.title = "Les actualités du site"
    item(title="Du site", feed=source, published_at=now() - timedelta(days=3))
    item(Kind.FUNDING, title="Un appel", ends_on=in_days(20))
    issue = empty(next_issue())
    page = client.get(f"{LETTERS}/numeros/{issue.id}").text
    for said in ("il y a 3\u00a0jours", "Les actualités du site", "ajouté à la main", "jusqu’au"):
        assert said in page.replace("&nbsp;", "\u00a0")
    assert new(issue) == ["Du site", "Un appel"]


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "aujourd’hui"), (1, "hier"), (2, "il y a 2\u00a0jours"), (59, "il y a 59\u00a0jours"),
     (75, "il y a 2\u00a0mois")],
)  # fmt: skip
def test_an_age_in_words(app, days, words):
    at = datetime(2026, 3, 3, 14, tzinfo=UTC)  # no change of hour in between
    assert age(item(published_at=at - timedelta(days=days)), at) == words


def test_what_is_left_out_says_why(app):
    at, before = now(), now() - timedelta(days=40)
    item(title="Envoyé", seen_at=before, published_at=before)
    first = compose(resaclic(), in_days(-30), at=at - timedelta(days=30))
    sent(first)
    item(Kind.FUNDING, title="Clos", ends_on=in_days(-2))
    item(Kind.FUNDING, title="Avant l’envoi", ends_on=in_days(3))
    item(Kind.FUNDING, title="Juste après", ends_on=in_days(6))
    item(title="Disparu", link_error="La page n’existe plus (erreur 404).")
    item(title="Ancien", seen_at=before, published_at=before)
    item(title="Refusé"), item(title="Plus tard")
    issue = empty(next_issue(5))
    for title, choice in (("Refusé", Choice.NEVER), ("Plus tard", Choice.NEXT)):
        found = next(
            known.item for known in shelf(issue).new[Kind.NEWS] if known.item.title == title
        )
        db.session.add(
            Aside(publication=resaclic(), item=found, choice=choice, number=issue.number)
        )
    db.session.flush()
    assert {title: why for title, (why, _) in out(issue).items()} == {
        "Envoyé": Why.SENT, "Clos": Why.OVER, "Avant l’envoi": Why.LATE, "Juste après": Why.LATE,
        "Disparu": Why.DEAD, "Ancien": Why.OLD, "Refusé": Why.NEVER, "Plus tard": Why.NEXT,
    }  # fmt: skip
    said = {title: words for title, (_, words) in out(issue).items()}
    assert said["Envoyé"].startswith("envoyé dans le n°\u00a01, le ")
    assert said["Disparu"] == "La page n’existe plus (erreur 404)."
    assert "1\u00a0jour seulement après l’envoi" in said["Juste après"]
    assert new(issue) == []


def test_the_number_that_has_it_is_one_click_away(client):
    before = now() - timedelta(days=40)
    item(title="Envoyé", seen_at=before, published_at=before)
    first = compose(resaclic(), in_days(-30), at=now() - timedelta(days=30))
    sent(first)
    page = client.get(f"{LETTERS}/numeros/{next_issue().id}").text
    assert f'<a href="{LETTERS}/numeros/{first.id}">envoyé dans le n°' in page


def test_what_was_sent_in_one_letter_may_go_in_the_other(app):
    item(title="Pour les deux")
    sent(compose(resaclic(), in_days(1)))
    lettre = Publication.find("lettre")
    assert count_new(lettre) == 1
    assert [one.title for one in compose(lettre, in_days(1)).placements] == ["Pour les deux"]
    assert "Pour les deux" in out(next_issue())


def test_left_for_good_never_comes_back_until_taken_back(client):
    item(title="Une"), item(title="Deux")
    issue = next_issue()
    placed = next(one for one in issue.placements if one.title == "Deux")
    data = {"item": placed.item_id, "choice": "never"}
    client.post(f"{LETTERS}/numeros/{issue.id}/ecartes", data=data)
    assert [one.title for one in issue.placements] == ["Une"]
    assert out(issue)["Deux"][0] is Why.NEVER
    assert "par Awa Diallo" in out(issue)["Deux"][1]
    sent(issue, 0)
    following = next_issue()
    assert "Deux" not in [one.title for one in following.placements] + new(following)
    client.post(f"{LETTERS}/numeros/{following.id}/ecartes/reprise", data=data)
    assert db.session.scalars(sa.select(Aside)).all() == []


def test_kept_for_next_time_comes_first_in_the_next_number(client):
    item(title="Maintenant")
    waits = item(title="Plus tard", published_at=now() - timedelta(days=20))
    issue = next_issue()
    data = {"item": waits.id, "choice": "next"}
    for _ in range(2):
        client.post(f"{LETTERS}/numeros/{issue.id}/ecartes", data=data)
    assert [one.title for one in issue.placements] == ["Maintenant"]
    assert (new(issue), out(issue)["Plus tard"][0]) == ([], Why.NEXT)
    sent(issue, 0)
    item(title="Tout neuf", published_at=now() + timedelta(seconds=1))
    following = next_issue()
    following.composed_at = now() + timedelta(seconds=2)
    assert [one.title for one in candidates(empty(following))] == ["Plus tard", "Tout neuf"]
    told = next(one for one in shelf(following).new[Kind.NEWS] if one.item is waits)
    assert told.words == "gardé depuis le n°\u00a01"


@pytest.mark.parametrize("data", [{}, {"choice": "never"}, {"item": "{item}"},
                                  {"item": "{item}", "choice": "demain"},
                                  {"item": "9" * 30, "choice": "next"}])  # fmt: skip
def test_what_cannot_be_set_aside_is_refused(client, data):
    issue = draft(news=1)
    filled = {name: value.format(item=item().id) for name, value in data.items()}
    answer = client.post(f"{LETTERS}/numeros/{issue.id}/ecartes", data=filled)
    assert answer.status_code in (400, 404)
    assert db.session.scalars(sa.select(Aside)).all() == []


def test_what_was_placed_and_turned_bad_is_said_in_its_row(client):
    issue = draft(news=2, funding=1)
    closing = section(issue, FUNDING).placements[0]
    closing.item.ends_on = in_days(2)
    issue.placements[0].item.link_error = "La page n’existe plus (erreur 404)."
    issue.planned_on = in_days(4)
    db.session.flush()
    told = warnings(issue)
    assert set(told) == {closing.id, issue.placements[0].id}
    assert told[closing.id].startswith("finit le ")
    assert "avant l’envoi du" in told[closing.id]
    assert "erreur 404" in client.get(f"{LETTERS}/numeros/{issue.id}").text


def test_any_item_is_found_by_its_words_with_what_is_known_of_it(client):
    old = now() - timedelta(days=400)
    item(title="Très vieux <b>marché</b>", seen_at=old, published_at=old)
    issue = next_issue()
    page = client.get(f"{LETTERS}/numeros/{issue.id}?q=march%C3%A9").text
    assert "1\u00a0contenu trouvé" in page.replace("&nbsp;", "\u00a0")
    assert "Très vieux &lt;b&gt;marché&lt;/b&gt;" in page
    assert "avant le dernier numéro" in page
    assert client.get(f"{LETTERS}/numeros/{issue.id}?q={'x' * 5000}").status_code == 200


def test_an_item_goes_where_its_tags_and_the_room_say(app):
    issue = empty(next_issue())
    mairie = item(tags=["Collectivités"])
    [known] = explain(issue, [mairie])
    assert known.section.title == "Du côté des collectivités"
    [plain] = explain(issue, [item()])
    assert plain.section.title == REGION, "a front page is chosen, not filled"
    [job] = explain(issue, [item(Kind.JOB)])
    assert job.section.title == "Offres d’emploi"


def test_a_free_block_does_not_hide_what_is_new(client):
    """NOT IN finds nothing beside a NULL: a block has no item."""
    issue = draft(news=1)
    data = {"form": "text", "section": section(issue, REGION).id}
    client.post(f"{LETTERS}/numeros/{issue.id}/blocs", data=data)
    item(title="Arrivée depuis")
    db.session.commit()
    issue.composed_at = now()
    assert [one.title for one in candidates(issue)] == ["Arrivée depuis"]
