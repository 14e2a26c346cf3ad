"""Bad input: a clear page, nothing stored by halves, text that stays text."""

import asking
import factories
import pytest
import sqlalchemy as sa
from asking import all_requests, post
from pages import Page, squeezed

from crm.db import db
from crm.requests.converse import answer
from crm.requests.messages import ModelAnswer
from crm.requests.queue import Filters

TEXTS = ("need", "first_name", "last_name", "organisation_name", "commune", "phone",
         "availability")  # fmt: skip
ODD = {
    "markup": "<script>alert(1)</script><b>gras</b> {{ 7*7 }} {% if %}",
    "formula": "=cmd()|'/c calc'!A1",
    "controls": "a\x00b\x08c\x1bd\u202ee\ud800f",
    "headers": "a\r\nBcc: victime@example.org\r\n\r\ncorps",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("odd", ["markup", "formula", "headers"])
def test_odd_text_is_kept_as_text(app, visitor, signed_in, name, odd):
    typed = ODD[odd] + ("123456" if name == "phone" else "")
    answer_ = post(visitor, **{name: typed})
    if name == "phone" and odd == "markup":
        assert answer_.status_code == 422
        return
    assert answer_.status_code == 303
    [kept] = all_requests()
    value = getattr(kept, name)
    assert "\r" not in value
    assert name == "need" or "\n" not in value
    page = signed_in(factories.benoit()).get(f"/gestion/demandes/{kept.id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert odd != "markup" or squeezed("{{ 7*7 }}") in Page(page.text).text


def test_what_cannot_be_seen_is_taken_away(app, visitor):
    post(visitor, need=ODD["controls"].replace("\ud800", ""), last_name="Mar\x00tin")
    [kept] = all_requests()
    assert (kept.need, kept.last_name) == ("abcdef", "Martin")


@pytest.mark.parametrize("name", [*TEXTS, "email"])
def test_a_hundred_thousand_characters_are_refused_beside_the_field(app, visitor, name):
    answer_ = post(visitor, **{name: "é" * 100_000})
    assert (answer_.status_code, all_requests()) == (422, [])
    assert f'href="#{name}"' in answer_.text


@pytest.mark.parametrize("name", ["kind", "country", "sector", "stage", "public", "department"])
@pytest.mark.parametrize("value", ["n’existe pas", "99999999999999999999", "-1", "1 OR 1=1"])
def test_a_choice_that_does_not_exist_is_refused(app, visitor, name, value):
    assert (post(visitor, **{name: value}).status_code, all_requests()) == (422, [])


@pytest.mark.parametrize("value", [
    "chloe@example.org\r\nBcc: x@example.org", "chloe", "a@b@c", "<chloe@example.org>", "a b@c.fr",
    "chloe@example.org, autre@example.org",
])  # fmt: skip
def test_an_address_that_is_not_one_is_refused(app, visitor, value):
    assert (post(visitor, email=value).status_code, all_requests()) == (422, [])


def test_a_body_too_large_gets_a_clear_page(app, visitor):
    answer_ = visitor.post("/demandes/nouvelle", data={"need": "x" * 21_000_000})
    assert answer_.status_code == 413
    assert "trop lourd" in answer_.text


@pytest.mark.parametrize("address", [
    "/demandes/" + "x" * 5000, "/demandes/%00", "/demandes/..%2f..", "/demandes/recue/abc",
    "/demandes/" + "é" * 50,
])  # fmt: skip
def test_an_odd_address_gets_a_clear_page(app, visitor, address):
    assert visitor.get(address).status_code == 404


def test_a_model_answer_never_runs_what_people_write(app):
    made = asking.asked(first_name="{nom} {{ 7*7 }}", need="{lien} {référence} %s")
    model = factories.save(ModelAnswer(title="t", text="Bonjour {prénom} : {demande} {inconnu}"))
    told = model.filled(made, factories.benoit())
    assert told == "Bonjour {nom} {{ 7*7 }} : {lien} {référence} %s {inconnu}"


def test_mails_show_what_people_write_as_text(app):
    made = asking.asked(need="<b>x</b>")
    answer(made, "<script>alert(1)</script>\n{{ 7*7 }}", by=factories.benoit())
    [mail] = asking.mails()
    from email import message_from_bytes, policy

    parts = message_from_bytes(mail.message, policy=policy.default)
    html = parts.get_body(("html",)).get_content()
    assert "&lt;script&gt;alert(1)" in html
    assert "{{ 7*7 }}" in html


@pytest.mark.parametrize("args", [
    {"etat": "x", "qui": "²", "genre": "y", "departement": "zz", "tri": "w", "page": "-3"},
    {"q": "' OR 1=1 --"}, {"q": "\x00" + "a" * 5000}, {"q": "%_*"}, {"qui": "9" * 30},
])  # fmt: skip
def test_an_odd_filter_is_left_out(app, signed_in, args):
    answer_ = signed_in(factories.benoit()).get("/gestion/demandes/", query_string=args)
    assert answer_.status_code in (200, 404)
    assert isinstance(Filters.read(args), Filters)


def test_nothing_is_kept_by_halves_when_the_database_fails(app, visitor, monkeypatch):
    from crm.requests import submit as module

    monkeypatch.setattr(module.SupportRequest, "tell", lambda *_, **__: 1 / 0)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        assert post(visitor, files=asking.upload("a.pdf", asking.PDF)).status_code == 500
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = None
    from crm.requests.messages import RequestFile

    assert all_requests() == []
    assert db.session.scalars(sa.select(RequestFile)).all() == []
