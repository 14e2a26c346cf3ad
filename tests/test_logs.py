"""Logs: one event, one entry, whatever it holds; and never what people wrote."""

import logging
import re

import factories
import pytest

from crm.logs import Formatter


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


def test_signing_in_logs_neither_address_nor_password(visitor, caplog):
    with caplog.at_level(logging.DEBUG, logger="crm"):
        visitor.post(
            "/connexion", data={"email": "secrete@example.org", "password": "le mot de passe"}
        )
        visitor.post("/connexion/oubli", data={"email": "secrete@example.org"})
    assert "secrete" not in caplog.text
    assert "le mot de passe" not in caplog.text
