"""Undoing and redoing, and two people on the same number."""

import json

import pytest
import sqlalchemy as sa
from drafts import FEATURE, FUNDING, REGION, decided, draft, layout, section
from factories import awa, benoit, item
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.db import db, now
from crm.newsletter import arrange
from crm.newsletter.arrange import NotADraft
from crm.newsletter.asides import Aside, Choice, set_aside
from crm.newsletter.desk import gestures
from crm.newsletter.desk.agree import agree
from crm.newsletter.desk.gestures import KEPT, DeskGesture, gesture, redo, undo
from crm.newsletter.desk.snapshot import snapshot
from crm.newsletter.placements import Form, Placement
from crm.newsletter.staff.words import said_by, texts_of
from crm.users import UserRole

LETTERS = "/gestion/lettres"


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


@pytest.fixture
def other(signed_in):
    """Another member of the team who may publish too."""
    user = benoit()
    user.role = UserRole.COMMUNICATION
    return signed_in(user)


def said(issue):
    """What a draft says, whatever the rows' own numbers."""
    state = snapshot(issue)
    for one in state["sections"]:
        del one["id"]
        for placed in one["placements"]:
            del placed["id"]
    return state


def url(issue, end=""):
    return f"{LETTERS}/numeros/{issue.id}{end}"


def test_every_gesture_is_undone_then_redone(client):
    issue = draft(news=4, funding=2)
    calls = section(issue, FUNDING).placements
    region = section(issue, REGION)
    first = region.placements[0]
    more = item()
    steps = [
        lambda: client.post(url(issue, "/contenus"), data={"item": more.id, "section": region.id}),
        lambda: client.post(f"{LETTERS}/places/{first.id}/place", data={"sens": "bas"}),
        lambda: client.post(f"{LETTERS}/places/{first.id}", data={"title": "Dit", "summary": "X"}),
        lambda: client.post(f"{LETTERS}/places/{calls[0].id}/retrait"),
        lambda: client.post(url(issue, "/blocs"), data={"form": "quote", "section": region.id}),
        lambda: client.post(
            url(issue, "/textes"), data=texts_of(issue) | {"editorial": "Bonjour.", "vu": ""}
        ),
        lambda: client.post(url(issue, "/rubriques"), data={"title": "Neuve", "layout": "cards"}),
        lambda: client.post(f"{LETTERS}/rubriques/{region.id}/place", data={"sens": "haut"}),
        lambda: client.post(
            f"{LETTERS}/rubriques/{region.id}", data={"title": "Ici", "layout": "lines"}
        ),
        lambda: client.post(f"{LETTERS}/rubriques/{region.id}/suppression"),
    ]
    states = [said(issue)]
    for step in steps:
        assert step().status_code == 302
        states.append(said(issue))
    assert len({json.dumps(state) for state in states}) == len(steps) + 1, "each changed something"
    for number, state in reversed(list(enumerate(states[:-1]))):
        client.post(url(issue, "/gestes/annule"))
        assert said(issue) == state, number
    client.post(url(issue, "/gestes/annule"))
    assert said(issue) == states[0]
    for state in states[1:]:
        client.post(url(issue, "/gestes/refait"))
        assert said(issue) == state


def test_undoing_says_what_and_a_new_gesture_ends_the_redoing(client):
    issue = draft(news=3)
    one, two = section(issue, REGION).placements
    title = one.title
    client.post(f"{LETTERS}/places/{one.id}/retrait")
    client.post(url(issue, "/gestes/annule"))
    page = client.get(url(issue)).text
    assert f"Annulé\u00a0: retirer «\u00a0{title}\u00a0»." in page.replace("&nbsp;", "\u00a0")
    client.post(f"{LETTERS}/places/{two.id}/retrait")
    client.post(url(issue, "/gestes/refait"))
    page = client.get(url(issue)).text
    assert "Il n’y a plus rien à rétablir." in page


def test_setting_aside_is_undone_too(app):
    issue = draft(news=1)
    [placed] = issue.placements
    thing = placed.item
    with gesture(issue, "laisser", items=[thing]):
        arrange.leave(placed)
        set_aside(issue, thing, Choice.NEVER)
    undo(issue)
    assert [one.item for one in issue.placements] == [thing]
    assert db.session.scalars(sa.select(Aside)).all() == []
    redo(issue)
    assert issue.placements == []
    assert db.session.scalars(sa.select(Aside.choice)).all() == [Choice.NEVER]


def test_what_is_gone_since_is_not_brought_back(app):
    issue = draft(news=2)
    placed = section(issue, REGION).placements[0]
    thing = placed.item
    with gesture(issue, "retirer"):
        arrange.leave(placed)
    db.session.flush()
    db.session.delete(thing)
    db.session.flush()
    undo(issue)
    assert [one.section.title for one in issue.placements] == [FEATURE]


def test_nothing_done_is_nothing_to_undo(client):
    issue = draft(news=1)
    [placed] = issue.placements
    version = issue.version
    client.post(f"{LETTERS}/places/{placed.id}/place", data={"sens": "haut"})
    client.post(f"{LETTERS}/places/{placed.id}", data=said_by(placed))
    assert db.session.scalars(sa.select(DeskGesture)).all() == []
    assert issue.version == version


def test_typing_in_one_place_is_one_gesture(client):
    issue = draft(news=1)
    [placed] = issue.placements
    before = placed.title
    for title in ("U", "Un", "Un titre"):
        client.post(f"{LETTERS}/places/{placed.id}", data={"title": title, "summary": ""})
    assert issue.version == 3
    client.post(url(issue, "/gestes/annule"))
    assert placed.title == before


def test_only_the_last_gestures_are_kept(app):
    issue = draft(news=3)
    [placed, _] = section(issue, REGION).placements
    for step in range(KEPT + 5):
        with gesture(issue, f"{step}"):
            arrange.step(placed, 1 if step % 2 == 0 else -1)
    assert db.session.scalar(sa.select(sa.func.count(DeskGesture.id))) == KEPT
    gestures.forget_what_left()
    assert undo(issue) is not None, "it has not left yet"
    issue.started_at = now()
    db.session.commit()
    gestures.forget_what_left()
    assert db.session.scalar(sa.select(sa.func.count(DeskGesture.id))) == 0


def test_a_decided_issue_is_not_undone(client):
    issue = decided(news=1)
    for end in ("/gestes/annule", "/gestes/refait"):
        assert client.post(url(issue, end)).status_code == 409
    with pytest.raises(NotADraft):
        undo(issue)


def test_a_deleted_draft_takes_its_history_along(client):
    issue = draft(news=2)
    client.post(f"{LETTERS}/places/{issue.placements[0].id}/retrait")
    client.post(url(issue, "/presence"))
    client.post(url(issue, "/suppression"))
    assert db.session.scalars(sa.select(DeskGesture)).all() == []


moves = st.lists(st.tuples(st.sampled_from(["move", "leave", "add"]), st.integers(0, 9),
                           st.integers(0, 3), st.integers(0, 4)), max_size=6)  # fmt: skip


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_undoing_all_gives_back_the_beginning(app, moves):
    db.session.rollback()
    issue = _once()
    start = said(issue)
    for what, which, where, index in moves:
        placed = issue.placements
        with gesture(issue, what):
            if what == "add":
                arrange.add(Form.TEXT, issue.sections[where], index)
            elif placed and what == "leave":
                arrange.leave(placed[which % len(placed)])
            elif placed:
                arrange.move(placed[which % len(placed)], issue.sections[where], index)
    end = said(issue)
    while undo(issue):
        pass
    assert said(issue) == start
    while redo(issue):
        pass
    assert said(issue) == end  # where the next one begins
    db.session.execute(sa.delete(DeskGesture))
    db.session.commit()


def _once():
    from crm.newsletter.issues import Issue

    return db.session.scalar(sa.select(Issue)) or draft(news=4)


# Two people.


def test_two_people_who_write_in_two_places_keep_both(client, other):
    issue = draft(news=1)
    opened = {"vu": json.dumps(texts_of(issue)), **texts_of(issue)}
    client.post(url(issue, "/textes"), data=opened | {"editorial": "Le mot d’Awa"})
    answer = other.post(url(issue, "/textes"), data=opened | {"preheader": "Le mot de Benoît"})
    assert answer.status_code == 302
    assert (issue.editorial, issue.preheader) == ("Le mot d’Awa", "Le mot de Benoît")


def test_the_second_gets_both_texts_and_nothing_is_lost(client, other):
    issue = draft(news=1)
    opened = {"vu": json.dumps(texts_of(issue)), **texts_of(issue)}
    client.post(url(issue, "/textes"), data=opened | {"editorial": "Le mot d’Awa"})
    answer = other.post(url(issue, "/textes"), data=opened | {"editorial": "<b>Benoît</b>"})
    assert answer.status_code == 409
    assert "Awa Diallo a changé ce texte pendant que vous écriviez" in answer.text
    assert "Le mot d’Awa" in answer.text
    assert "&lt;b&gt;Benoît&lt;/b&gt;" in answer.text
    assert issue.editorial == "Le mot d’Awa"
    # The form that came back has seen hers: saving again is a choice.
    again = opened | {"vu": json.dumps(texts_of(issue)), "editorial": "<b>Benoît</b>"}
    assert other.post(url(issue, "/textes"), data=again).status_code == 302
    assert issue.editorial == "<b>Benoît</b>"
    client.post(url(issue, "/gestes/annule"))
    assert issue.editorial == "Le mot d’Awa", "hers is one click away"


def test_the_words_of_an_item_clash_in_the_same_way(client, other):
    [placed] = draft(news=1).placements
    opened = {"vu": json.dumps(said_by(placed)), "title": placed.title, "summary": placed.summary}
    client.post(f"{LETTERS}/places/{placed.id}", data=opened | {"title": "D’Awa"})
    kept = other.post(f"{LETTERS}/places/{placed.id}", data=opened | {"summary": "De Benoît"})
    assert kept.status_code == 302
    assert (placed.title, placed.summary) == ("D’Awa", "De Benoît")
    answer = other.post(f"{LETTERS}/places/{placed.id}", data=opened | {"title": "De Benoît"})
    assert answer.status_code == 409
    assert "D’Awa" in answer.text
    assert "De Benoît" in answer.text
    assert placed.title == "D’Awa"


def test_moving_what_another_rewrites_loses_nothing(client, other):
    issue = draft(news=3)
    one, two = section(issue, REGION).placements
    opened = {"vu": json.dumps(said_by(one)), "title": one.title, "summary": one.summary}
    other.post(f"{LETTERS}/places/{one.id}/place", data={"sens": "bas"})
    client.post(f"{LETTERS}/places/{one.id}", data=opened | {"title": "Réécrit"})
    assert layout(issue)[REGION] == [two.title, "Réécrit"]


def test_what_another_took_out_is_not_found(client, other):
    [placed] = draft(news=1).placements
    number = placed.id
    other.post(f"{LETTERS}/places/{number}/retrait")
    for end, data in (("", {"title": "X"}), ("/place", {"sens": "bas"}), ("/retrait", {})):
        assert client.post(f"{LETTERS}/places/{number}{end}", data=data).status_code == 404
    assert db.session.scalars(sa.select(Placement)).all() == []


@pytest.mark.parametrize("seen", ["", "x", "[]", "[" * 9000, '{"title": 3}', '{"title": {}}'])
def test_a_page_that_forgot_what_it_saw_is_taken_at_its_word(client, seen):
    [placed] = draft(news=1).placements
    data = {"title": "Autre", "summary": "", "vu": seen}
    assert client.post(f"{LETTERS}/places/{placed.id}", data=data).status_code == 302
    assert placed.title == "Autre"


def test_agreeing_text_by_text():
    found = agree(
        {"a": "mien", "b": "vu", "c": "pareil", "d": "mien"},
        {"a": "vu", "b": "sien", "c": "pareil", "d": "sien"},
        {"a": "vu", "b": "vu", "c": "vu", "d": "vu"},
    )
    assert found.values == {"a": "mien", "b": "sien", "c": "pareil", "d": "mien"}
    assert [(one.field, one.theirs, one.mine) for one in found.clashes] == [("d", "sien", "mien")]


def test_who_else_is_here_is_said(client, other):
    issue = draft(news=1)
    assert client.post(url(issue, "/presence")).json == {
        "others": [], "version": 0, "is_draft": True,
    }  # fmt: skip
    client.post(f"{LETTERS}/places/{issue.placements[0].id}", data={"title": "Dit", "summary": ""})
    assert other.post(url(issue, "/presence")).json["others"] == ["Awa Diallo"]
    found = client.post(url(issue, "/presence")).json
    assert (found["others"], found["version"]) == (["Benoît Faure"], 1)
    assert "Benoît Faure est aussi sur ce numéro" in client.get(url(issue)).text
