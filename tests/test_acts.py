"""The journal of sensitive acts: written where they happen, and that nobody can change."""

from datetime import timedelta

import factories
import pytest
import sqlalchemy as sa
from cards import organisation
from drafts import draft

from crm.acts import KEPT, Act, Did, forget_acts, record, record_mine
from crm.db import db, now

JOURNAL = "/gestion/reglages/journal/"


def kept():
    return [(act.kind, act.about, act.detail) for act in db.session.scalars(sa.select(Act))]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE acts SET detail = 'rien'",
        "UPDATE acts SET user_id = NULL",
        "DELETE FROM acts",
        "REPLACE INTO acts (id, at, kind, about, detail) SELECT id, at, kind, about, 'x' FROM acts",
        "TRUNCATE acts",
    ],
)
def test_the_database_itself_refuses_to_change_an_act(app, statement):
    record(Did.EXPORTED, detail="organisations", by=factories.awa())
    db.session.commit()
    with pytest.raises(sa.exc.DBAPIError):
        db.session.execute(sa.text(statement))
    db.session.rollback()
    assert kept() == [(Did.EXPORTED, "", "organisations")]


def test_an_act_of_more_than_a_year_goes_by_itself(app):
    act = record(Did.MERGED)
    act.at = now() - KEPT - timedelta(hours=1)
    record(Did.UNMERGED)
    db.session.commit()
    forget_acts()
    db.session.commit()
    assert kept() == [(Did.UNMERGED, "", "")]


def test_outside_a_request_nobody_acted(app):
    assert record_mine(Did.BACKED_UP).user_id is None


def test_exporting_merging_scheduling_and_stopping_are_written_down(signed_in):
    nadia, one, other = factories.nadia(), organisation("Un"), organisation("Autre")
    client = signed_in(nadia)
    client.post("/gestion/contacts/export/")
    client.post(f"/gestion/contacts/fusions/organisation/{one.id}/{other.id}")
    factories.subscriber()
    issue = draft(news=1)
    sending = f"/gestion/lettres/numeros/{issue.id}"
    client.post(f"{sending}/envoi", data={"audience": "", "at": "2030-01-01T09:00"})
    client.post(f"{sending}/annulation")
    acts = db.session.scalars(sa.select(Act).order_by(Act.id)).all()
    assert {act.user_id for act in acts} == {nadia.id}
    assert [(act.kind, act.about, act.about_id) for act in acts] == [
        (Did.EXPORTED, "", None),
        (Did.MERGED, "organisations", one.id),
        (Did.SCHEDULED, "issues", issue.id),
        (Did.STOPPED, "issues", issue.id),
    ]


def test_erasing_says_that_it_was_done_and_not_of_whom(signed_in):
    client = signed_in(factories.nadia())
    someone = factories.subscriber("effacee@example.org")
    db.session.commit()
    client.post(f"/gestion/lettres/abonnes/{someone.id}/effacement")
    [act] = db.session.scalars(sa.select(Act))
    assert (act.kind, act.about_id) == (Did.ERASED, None)
    assert "@" not in act.detail


def test_the_page_filters_and_leads_to_what_it_is_about(signed_in):
    nadia, one = factories.nadia(), organisation("Un")
    client = signed_in(nadia)
    record(Did.MERGED, one, by=nadia)
    record(Did.REFUSED, nadia)
    act = record(Did.EXPORTED, detail="<b>organisations</b>")
    act.at = now() - timedelta(days=40)
    db.session.commit()
    page = client.get(JOURNAL).text
    assert "3\u00a0actes" in page
    assert f'href="/gestion/contacts/organisations/{one.id}"' in page
    assert "&lt;b&gt;organisations" in page
    day = (now() - timedelta(days=30)).date().isoformat()
    for query, count in (
        ("acte=fusion", 1), ("acte=alertes", 1), (f"qui={nadia.id}", 1), (f"du={day}", 2),
        (f"au={day}", 1), ("acte=rien&qui=x&du=hier&au=9999", 3),
    ):  # fmt: skip
        said = "1\u00a0acte," if count == 1 else f"{count}\u00a0actes,"
        assert said in client.get(f"{JOURNAL}?{query}").text, query
    assert "Aucun acte ne correspond." in client.get(f"{JOURNAL}?acte=effacement").text


def test_the_file_says_the_same_and_its_taking_away_is_written(signed_in):
    nadia = factories.nadia()
    client = signed_in(nadia)
    record(Did.EXPORTED, detail="=HYPERLINK(0)", by=nadia)
    db.session.commit()
    answer = client.post(f"{JOURNAL}export?acte=export")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[0] == "moment;acte;par;sur;numéro;précision"
    assert len(lines) == 2
    assert lines[1].endswith(";Export;nadia@example.org;;;'=HYPERLINK(0)")
    assert kept()[-1] == (Did.EXPORTED, "", "journal des actes")


def test_every_act_has_words(app):
    assert all(kind.label and kind.label[0].isupper() for kind in Did)
