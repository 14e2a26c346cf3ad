"""Logs: one event, one entry, whatever it holds; and never what people wrote."""

import logging
import re
import secrets

import factories
import pytest

from crm.config import ROOT
from crm.logs import Formatter
from crm.tokens import Signer


def written(message, *arguments, error=None):
    record = logging.LogRecord("crm.x", logging.WARNING, "x.py", 1, message, arguments, error)
    return Formatter().format(record)


def test_an_entry_says_when_in_utc_how_bad_and_where():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z WARNING crm.x bonjour", written("bonjour"))


@pytest.mark.parametrize(
    "typed", ["a\nWARNING crm.x faux", "a\r\nfaux", "a\x1b[2Jfaux", "a\u2028b", "a\x85faux", "\0"]
)
def test_what_is_typed_cannot_write_an_entry_of_its_own(typed):
    first, *others = written("reçu : %s", typed).split("\n")
    assert first.startswith("20")
    assert all(line.startswith("\t") for line in others)
    assert not re.search("[\r\x00-\x08\x1b\x85\u2028]", "\n".join([first, *others]))


def test_a_traceback_stays_one_entry():
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        text = written("raté", error=(ValueError, error, error.__traceback__))
    assert text.count("\n") > 2
    assert all(line.startswith("\t") for line in text.split("\n")[1:])


def test_a_refused_access_is_logged_by_number(signed_in, caplog):
    luc = factories.luc()
    client = signed_in(luc)
    with caplog.at_level(logging.WARNING):
        assert client.get("/gestion/reglages/comptes/").status_code == 403
    said = f"accès refusé\u00a0: compte {luc.id}, GET staff.settings.accounts.index"
    assert [record.getMessage() for record in caplog.records] == [said]
    assert luc.email not in caplog.text


def test_a_form_sent_by_another_site_is_logged_too(visitor, caplog):
    with caplog.at_level(logging.WARNING):
        visitor.post("/connexion", data={"email": "a@b"}, headers={"Sec-Fetch-Site": "cross-site"})
    said = "accès refusé\u00a0: compte –, POST public.accounts.login.new"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_signing_in_logs_neither_address_nor_password(visitor, caplog):
    with caplog.at_level(logging.DEBUG, logger="crm"):
        visitor.post(
            "/connexion", data={"email": "secrete@example.org", "password": "le mot de passe"}
        )
        visitor.post("/connexion/oubli", data={"email": "secrete@example.org"})
    assert "secrete" not in caplog.text
    assert "le mot de passe" not in caplog.text


def test_the_server_that_is_in_front_logs_no_personal_link(app):
    """What docs/deploiement.md has nginx write hides every token of ours, wherever it stands."""
    page = (ROOT / "docs" / "deploiement.md").read_text()
    [hides] = re.findall(r'"~(\S+)" "\$avant-"', page)
    hide = re.compile(hides.replace("(?<", "(?P<"))
    tokens = [Signer(["clé"], "essai").sign(1), Signer(["clé"], "essai", folded=True).sign(2**40),
              secrets.token_urlsafe(32)]  # fmt: skip
    rules = [rule.rule for rule in app.url_map.iter_rules() if "token>" in rule.rule]
    assert len(rules) > 8
    for rule in rules:
        for token in tokens:
            address = re.sub(r"<(?:string:)?token>", token, rule)
            found = hide.match(re.sub(r"<[\w:]+>", "une-rencontre-au-long-titre", address))
            assert found, rule
            assert token not in found["avant"]
    written = re.findall(r"log_format .*", page)[0]
    assert not re.search(r"\$(request\b|request_uri|args|query_string|http_|uri)", written)
