"""The public form: what is asked, what is kept, and what one is told."""

from datetime import timedelta

import asking
import factories
import pytest
from asking import all_requests, mails, post
from pages import Page, squeezed

from crm.contacts.organisations import Organisation
from crm.contacts.search.index import index
from crm.contacts.terms import Vocabulary
from crm.db import db, now
from crm.requests.kinds import Channel, RequestKind, State
from crm.requests.questions import CONSENT_VERSION, consent_text
from crm.requests.submit import submit
from crm.requests.welcome import receive_new


def test_a_request_is_kept_with_the_consent_that_was_shown(app, visitor):
    mali = asking.term(Vocabulary.COUNTRY, "ML")
    answer = post(visitor, country=str(mali.id), department="38", availability="le mardi")
    [kept] = all_requests()
    assert (answer.status_code, kept.reference) == (303, f"D-{now().year}-0001")
    assert (kept.state, kept.channel, kept.country, kept.department, kept.availability) == (
        State.NEW, Channel.FORM, mali, "38", "le mardi",
    )  # fmt: skip
    assert kept.consent_text == consent_text("Notre réseau")
    assert kept.consent_version == CONSENT_VERSION
    assert kept.consented_at is not None
    page = Page(visitor.get(answer.location).text)
    assert kept.reference in page.text
    assert "Chloé" not in page.text


def test_the_words_beside_the_box_are_those_that_are_kept(app, visitor):
    page = Page(visitor.get("/demandes/nouvelle").text).text
    for sentence in consent_text("Notre réseau").split(". "):
        assert squeezed(sentence.rstrip(".")) in page


def test_references_follow_each_other_within_a_year(app, visitor):
    for _ in range(3):
        post(visitor)
    numbers = [kept.reference[-4:] for kept in all_requests()]
    assert numbers == ["0001", "0002", "0003"]


def test_what_is_not_asked_for_a_kind_is_not_kept(app, visitor):
    mali = asking.term(Vocabulary.COUNTRY, "ML")
    post(visitor, kind="information", country=str(mali.id), stage="idea", availability="mardi")
    [kept] = all_requests()
    assert (kept.kind, kept.country, kept.stage, kept.availability) == (
        RequestKind.INFORMATION, None, None, "",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["kind", "need", "last_name", "email", "consent"])
def test_what_is_missing_is_asked_beside_its_field(app, visitor, name):
    answer = post(visitor, **{name: None})
    page = Page(answer.text)
    assert (answer.status_code, all_requests()) == (422, [])
    assert squeezed("1 champ est à corriger") in page.text
    assert [link for link in page.links if link == f"#{name}"]


def test_a_form_sent_twice_is_kept_once(app, visitor):
    data = asking.filled(key="une-page")
    first = visitor.post("/demandes/nouvelle", data=data)
    again = visitor.post("/demandes/nouvelle", data=data | {"altcha": asking.solved()})
    assert len(all_requests()) == 1
    assert first.location == again.location


def test_another_request_from_a_page_gone_back_to_is_another_request(app, visitor):
    post(visitor, key="une-page", need="Un puits.")
    post(visitor, key="une-page", need="Une école.")
    assert [kept.need for kept in all_requests()] == ["Un puits.", "Une école."]


def test_the_acknowledgement_leaves_once_with_a_link_that_opens(app, visitor):
    post(visitor)
    receive_new()
    receive_new()
    [mail] = mails("chloe@example.org")
    [kept] = all_requests()
    assert mail.subject == f"Votre demande {kept.reference}"
    assert b"Auto-Submitted: auto-replied" in mail.message
    page = visitor.get(asking.link_in(mail))
    assert (page.status_code, kept.need in page.text) == (200, True)


def test_an_address_is_not_flooded_by_acknowledgements(app):
    for _ in range(9):
        asking.asked(email="victime@example.org")
        db.session.commit()
        receive_new()
    assert len(mails("victime@example.org")) == 5


def test_an_address_is_not_flooded_by_acknowledgements_of_one_moment(app):
    for _ in range(9):
        asking.asked(email="victime@example.org")
    db.session.commit()
    receive_new()
    assert len(mails("victime@example.org")) == 5


def test_a_mail_that_cannot_be_written_stops_no_other(app, monkeypatch, caplog):
    from crm.requests import welcome as module

    bad, good = asking.asked(email="secret@example.org"), asking.asked(email="b@example.org")
    db.session.commit()
    real = module.acknowledge
    monkeypatch.setattr(
        module, "acknowledge", lambda one: 1 / 0 if one.email[0] == "s" else real(one)
    )
    receive_new()
    db.session.expire_all()
    assert (bad.acknowledged_at, good.acknowledged_at is not None) == (None, True)
    assert "secret@" not in caplog.text


def test_old_requests_are_not_acknowledged_years_later(app):
    asking.asked().created_at = now() - timedelta(days=30)
    receive_new()
    assert mails() == []


def test_a_file_comes_with_the_request_and_is_only_downloaded(app, visitor):
    post(visitor, files=asking.upload("projet.pdf", asking.PDF))
    receive_new()
    link = asking.link_in(mails()[0])
    page = Page(visitor.get(link).text)
    [address] = [one for one in page.links if "/fichiers/" in one]
    answer = visitor.get(address)
    assert answer.data == asking.PDF
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=projet.pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_only_public_organisations_are_suggested_and_only_by_name(app, visitor):
    shown = factories.save(Organisation(name="Eau Vive Isère", public_at=now()))
    hidden = factories.save(Organisation(name="Eau Secrète"))
    for one in (shown, hidden):
        from crm.contacts.details import DetailKind

        one.use_details(DetailKind.EMAIL, ["cachette@example.org"])
        index(one)
    ask = lambda words: visitor.get("/demandes/organisations", query_string={"q": words}).json  # noqa: E731
    assert ask("eau") == ["Eau Vive Isère"]
    assert ask("eau secr") == []
    assert ask("cachette") == []
    assert ask("e") == []


def test_the_page_may_be_framed_by_listed_sites_only(app, visitor, setting):
    setting(embed_origins=("https://reseau.example.org",))
    policy = visitor.get("/demandes/nouvelle?cadre=1").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://reseau.example.org" in policy
    answer = post(
        visitor, "/demandes/nouvelle?cadre=1",
    )  # fmt: skip
    assert answer.location.endswith("?cadre=1")
    assert visitor.get("/demandes/cadre.js").headers["Cross-Origin-Resource-Policy"] == (
        "cross-origin"
    )


def test_a_site_may_draw_its_own_form(app, visitor, setting):
    setting(embed_origins=("https://reseau.example.org",))
    origin = {"Origin": "https://reseau.example.org"}
    told = visitor.get("/demandes/appel", headers=origin)
    assert told.headers["Access-Control-Allow-Origin"] == "https://reseau.example.org"
    assert told.json["consent"]["version"] == CONSENT_VERSION
    assert told.json["asked"]["country"] == ["funding", "partner", "project"]
    said = {
        "kind": "information", "need": "Quels appels à projets ?", "last_name": "Martin",
        "email": "chloe@example.org", "consent": True, "drawn": asking.filled()["drawn"],
        "altcha": asking.solved(),
    }  # fmt: skip
    answer = visitor.post("/demandes/appel", json=said, headers=origin)
    [kept] = all_requests()
    assert (answer.status_code, answer.json) == (201, {"reference": kept.reference})
    assert not kept.is_suspect


def test_the_call_says_what_is_wrong_and_keeps_nothing(app, visitor):
    answer = visitor.post("/demandes/appel", json={"kind": "information", "consent": False})
    assert (answer.status_code, set(answer.json["errors"])) == (
        422, {"need", "last_name", "email", "consent"},
    )  # fmt: skip
    assert visitor.post("/demandes/appel", json=[1]).status_code == 400
    assert all_requests() == []


def test_another_site_may_not_call(app, visitor):
    answer = visitor.post(
        "/demandes/appel", json={}, headers={"Origin": "https://ailleurs.example.com"}
    )
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_team_member_notes_what_came_by_telephone(app, signed_in):
    benoit = factories.benoit()
    client = signed_in(benoit)
    answer = client.post(
        "/gestion/demandes/nouvelle",
        data={"kind": "information", "need": "Un annuaire ?", "channel": "phone", "priority": "1",
              "phone": "04 76 00 00 00", "assignee": str(benoit.id)},
    )  # fmt: skip
    [kept] = all_requests()
    assert answer.location == f"/gestion/demandes/{kept.id}"
    assert (kept.channel, kept.assignee, kept.state) == (Channel.PHONE, benoit, State.ASSIGNED)
    receive_new()
    assert mails() == []


def test_two_requests_at_once_never_share_a_reference(app):
    one = submit({"kind": RequestKind.OTHER, "need": "Un."})
    other = submit({"kind": RequestKind.OTHER, "need": "Deux."})
    assert one.reference != other.reference
