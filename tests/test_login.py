"""Signing in and out."""

import re

import factories
import pytest

from crm.config import ROOT


def sign_in(client, email, password, after=""):
    return client.post(f"/connexion{after}", data={"email": email, "password": password})


def test_the_right_password_opens_the_desk(visitor):
    factories.awa()
    answer = sign_in(visitor, " AWA@example.org ", factories.PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/gestion/")
    assert "Awa Diallo" in visitor.get("/gestion/").text


@pytest.mark.parametrize(
    ("email", "password"),
    [("awa@example.org", "autre"), ("inconnue@example.org", factories.PASSWORD)],
)
def test_a_wrong_pair_gets_one_same_answer(visitor, email, password):
    factories.awa()
    answer = sign_in(visitor, email, password)
    assert answer.status_code == 422
    assert "L’adresse ou le mot de passe ne correspondent pas." in answer.text
    assert visitor.get("/gestion/").status_code == 302


def test_a_password_is_compared_as_it_was_typed(visitor):
    """OWASP ASVS 6.2.8: neither trimmed, nor cut, nor put in small letters."""
    factories.awa().set_password("  Quatre mots sans lien  ")
    for typed in ("Quatre mots sans lien", "  quatre mots sans lien  ", "  Quatre mots sans lien "):
        assert sign_in(visitor, "awa@example.org", typed).status_code == 422, typed
    assert sign_in(visitor, "awa@example.org", "  Quatre mots sans lien  ").status_code == 302


def test_a_password_is_hidden_and_a_manager_may_fill_it_in(visitor):
    """OWASP ASVS 6.2.6 and 6.2.7."""
    [field] = re.findall('<input[^>]*name="password"[^>]*>', visitor.get("/connexion").text)
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    for script in (ROOT / "crm/static/js").glob("*.js"):
        assert not re.search(r"[\"'](paste|beforeinput)[\"']", script.read_text()), script.name


def test_one_goes_where_one_was_going_but_never_elsewhere(visitor, app):
    factories.awa()
    inside = sign_in(visitor, "awa@example.org", factories.PASSWORD, "?suite=/gestion/lettres/")
    assert inside.location == "/gestion/lettres/"
    for outside in ("//ailleurs.example", "https://ailleurs.example/", "/\\ailleurs.example"):
        fresh = app.test_client()
        answer = sign_in(fresh, "awa@example.org", factories.PASSWORD, f"?suite={outside}")
        assert answer.location == "/gestion/"


def test_leaving_closes_the_session(signed_in):
    client = signed_in(factories.awa())
    assert client.post("/deconnexion").location == "/connexion"
    assert client.get("/gestion/").status_code == 302


def test_an_empty_form_says_which_fields(visitor):
    answer = visitor.post("/connexion", data={})
    assert answer.status_code == 422
    assert answer.text.count("Ce champ est à remplir.") == 4  # at each field and above
