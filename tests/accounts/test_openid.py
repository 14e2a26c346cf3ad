"""Signing in elsewhere: who comes back, whose token it is, and everything that may be forged."""

import time
from urllib.parse import parse_qs, urlsplit

import factories
import openid_server
import pytest
import requests
import sqlalchemy as sa
from openid_server import CLIENT, SECRET

from crm.accounts import factor, openid
from crm.accounts.sessions import UserSession
from crm.acts import Act, Did
from crm.config import Settings
from crm.db import db
from crm.environment import SettingError
from crm.users import User

REFUSED = "/connexion?fait=ailleurs"


@pytest.fixture(scope="module")
def listening():
    with openid_server.identity_server() as server:
        yield server


@pytest.fixture
def server(listening, setting):
    """The identity server, as it was first, named in the settings."""
    url = listening.url
    listening.__init__()
    listening.url = url
    openid._known.clear()
    setting(
        oidc_issuer=url, oidc_client_id=CLIENT, oidc_client_secret=SECRET, oidc_name="ProRéseau"
    )
    return listening


def leave(client, after=""):
    """Press the button; the address at the identity server."""
    return client.get(f"/connexion/ailleurs/{after}").location


def come_back(client, address, **changes):
    """Sign in there, then follow where it sends back (what it says changed by `changes`)."""
    back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
    said = {key: one[0] for key, one in parse_qs(urlsplit(back).query).items()} | changes
    query = {key: value for key, value in said.items() if value is not None}
    return client.get("/connexion/ailleurs/retour", query_string=query)


def sign_in(client, **changes):
    return come_back(client, leave(client), **changes)


def is_in(client):
    return client.get("/gestion/compte/").status_code == 200


def test_who_was_invited_comes_in_and_is_known_from_then_on(visitor, app, server):
    awa = factories.awa()
    assert "Se connecter avec ProRéseau" in visitor.get("/connexion").text
    assert sign_in(visitor).location == "/gestion/"
    assert is_in(visitor)
    assert awa.openid_subject == f"{server.url} awa-42"
    awa.email = "awa.nouvelle@example.org"
    again = app.test_client()
    assert sign_in(again).location == "/gestion/", "by what the server calls her, not her address"
    [act, _] = db.session.scalars(sa.select(Act).order_by(Act.id))
    assert (act.kind, act.detail) == (Did.SIGNED_IN, "connexion ailleurs")


def test_what_is_asked_is_what_the_rules_ask(visitor, server):
    factories.awa()
    address = leave(visitor, "?suite=/gestion/lettres/")
    asked = {key: one[0] for key, one in parse_qs(urlsplit(address).query).items()}
    assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid email", "S256")
    assert asked["redirect_uri"].endswith("/connexion/ailleurs/retour")
    assert all(len(asked[key]) >= 32 for key in ("state", "nonce", "code_challenge"))
    assert SECRET not in address
    assert come_back(visitor, address).location == "/gestion/lettres/"
    assert server.tokens[-1]["grant_type"] == "authorization_code"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_sign_anybody_in(visitor, server, site):
    """OWASP ASVS 7.6.2: a link of theirs leads to the page where one presses the button."""
    factories.awa()
    address, theirs = "/connexion/ailleurs/?suite=/gestion/lettres/", {"Sec-Fetch-Site": site}
    assert visitor.get(address, headers=theirs).location == "/connexion?suite=/gestion/lettres/"
    ours = visitor.get(address, headers={"Sec-Fetch-Site": "same-origin"})
    assert ours.location.startswith(server.url)


@pytest.mark.parametrize(
    ("person", "is_known"),
    [
        ({"email": "inconnue@example.org"}, False),
        ({"email_verified": False}, False),
        ({"email_verified": "true"}, False),
        ({"email_verified": None}, False),
        ({"email": None}, False),
        ({"email": "AWA@Example.org"}, True),
    ],
)
def test_only_who_was_invited_at_a_checked_address_comes_in(visitor, server, person, is_known):
    factories.awa()
    server.person |= person
    answer = sign_in(visitor)
    assert (answer.location == "/gestion/") is is_known
    assert is_in(visitor) is is_known
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1, "nobody is added"


def test_a_server_that_never_says_is_taken_at_the_word_of_the_settings(visitor, server, setting):
    factories.awa()
    setting(oidc_vouches=True)
    server.person["email_verified"] = False
    assert sign_in(visitor).location == REFUSED, "it says no"
    del server.person["email_verified"]
    assert sign_in(visitor).location == "/gestion/"


def test_a_closed_account_stays_closed(visitor, server):
    awa = factories.awa()
    sign_in(visitor)
    awa.disabled_at = factories.now()
    assert sign_in(visitor).location == REFUSED


def test_somebody_else_with_the_same_address_is_not_the_same_person(visitor, app, server):
    factories.awa()
    sign_in(visitor)
    server.person["sub"] = "une-homonyme"
    assert sign_in(app.test_client()).location == REFUSED


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://ailleurs.example"}, {"aud": "un-autre"}, {"aud": ["un-autre"]},
        {"aud": None}, {"exp": int(time.time()) - 3600}, {"exp": None}, {"nonce": "rejoué"},
        {"nonce": None}, {"sub": None}, {"sub": 12}, {"azp": "un-autre"},
        {"iat": int(time.time()) + 3600}, {"nbf": int(time.time()) + 3600},
    ],
    ids=lambda claims: next(iter(claims)),
)  # fmt: skip
def test_a_token_that_is_not_for_us_now_is_refused(visitor, server, claims):
    factories.awa()
    server.claims = claims
    assert sign_in(visitor).location == REFUSED
    assert not is_in(visitor)


def test_a_token_for_several_is_for_us_too(visitor, server):
    factories.awa()
    server.claims = {"aud": ["un-autre", CLIENT], "azp": CLIENT}
    assert sign_in(visitor).location == "/gestion/"


def test_a_token_signed_by_somebody_else_is_refused(visitor, server):
    factories.awa()
    server.key = openid_server.stranger()
    assert sign_in(visitor).location == REFUSED
    server.key, server.header = openid_server.shared_secret(), {"alg": "HS256"}
    assert sign_in(visitor).location == REFUSED, "a shared secret signs nothing"


def test_a_token_that_is_not_signed_is_refused(visitor, server, monkeypatch):
    factories.awa()
    empty = "eyJhbGciOiJub25lIn0"
    real = server.id_token
    for forged in ("", "x.y.z", empty, None):
        monkeypatch.setattr(server, "id_token", lambda forged=forged: forged)
        assert sign_in(visitor).location == REFUSED
    monkeypatch.setattr(server, "id_token", lambda: f"{empty}.{real().split('.')[1]}.")
    assert sign_in(visitor).location == REFUSED


def test_the_keys_may_change(visitor, app, server):
    factories.awa()
    sign_in(visitor)
    server.keys.keys[:] = [openid_server.stranger()]
    server.keys.keys[0].ensure_kid()
    assert sign_in(app.test_client()).location == "/gestion/"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "forgé"}, {"state": None}, {"code": None}, {"code": "un-autre"},
        {"iss": "https://ailleurs.example"}, {"code": None, "error": "access_denied"},
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_that_was_not_asked_for_is_refused(visitor, server, changes):
    factories.awa()
    assert sign_in(visitor, **changes).location == REFUSED
    assert not is_in(visitor)


def test_an_answer_serves_once_and_only_where_it_was_asked(visitor, app, server):
    factories.awa()
    address = leave(visitor)
    assert come_back(app.test_client(), address).location == REFUSED, "another browser"
    assert come_back(visitor, address).location == "/gestion/"
    visitor.post("/deconnexion")
    assert come_back(visitor, address).location == REFUSED, "again"


def test_what_lasts_too_long_is_asked_again(visitor, server, monkeypatch):
    factories.awa()
    address = leave(visitor)
    real = time.time
    monkeypatch.setattr(openid.time, "time", lambda: real() + openid.LASTS + 1)
    assert come_back(visitor, address).location == REFUSED


@pytest.mark.parametrize("kind", ["application/json", "application/jwt"])
def test_the_address_may_be_told_apart(visitor, server, kind):
    factories.awa()
    server.in_userinfo, server.userinfo_type = True, kind
    assert sign_in(visitor).location == "/gestion/"


def test_what_is_told_apart_of_somebody_else_is_refused(visitor, server):
    factories.awa()
    server.in_userinfo = True
    server.claims = {"sub": "quelqu’un-d’autre"}
    assert sign_in(visitor).location == REFUSED


def test_a_server_that_is_not_who_it_says_is_refused(visitor, server):
    factories.awa()
    server.changes = {"issuer": "https://ailleurs.example"}
    assert leave(visitor) == REFUSED
    openid._known.clear()
    server.changes = {"token_endpoint": "ftp://ailleurs.example/"}
    assert leave(visitor) == REFUSED


def test_what_is_asked_of_the_server_is_not_sent_on(visitor, server):
    """OWASP ASVS 15.3.2: a redirection does not choose where the keys are read."""
    factories.awa()
    server.sends_on = True
    assert leave(visitor) == REFUSED
    server.sends_on = False
    address = leave(visitor)
    server.sends_on = True
    assert come_back(visitor, address).location == REFUSED, "nor the keys"


def test_a_server_that_does_not_answer_is_said(visitor, server, setting):
    setting(oidc_issuer="http://127.0.0.1:9")
    assert leave(visitor) == REFUSED
    assert "La connexion n’a pas abouti." in visitor.get(REFUSED).text


def test_without_a_server_there_is_no_such_page(visitor):
    assert visitor.get("/connexion/ailleurs/").status_code == 404
    assert "Se connecter avec" not in visitor.get("/connexion").text


def test_a_second_factor_is_asked_whatever_the_door(visitor, server):
    awa = factories.awa()
    factor.propose(awa)
    awa.totp_confirmed_at = factories.now()
    answer = sign_in(visitor)
    assert answer.location == "/connexion/code?suite=/gestion/"
    assert not is_in(visitor)


def test_one_confirms_there_too_and_nobody_else_does(signed_in, server):
    awa = factories.awa()
    awa.openid_subject = f"{server.url} awa-42"
    client = signed_in(awa)
    opened = db.session.scalar(sa.select(UserSession))
    opened.proven_at -= factories.timedelta(hours=1)
    page = "/gestion/compte/mot-de-passe/"
    asked = client.get(page).location
    assert "Confirmer avec ProRéseau" in client.get(asked).text
    address = leave(client, f"?suite={page}")
    assert "prompt=login" in address
    assert "max_age=0" in address
    server.person["sub"] = "quelqu’un-d’autre"
    assert come_back(client, address).location.startswith("/gestion/compte/confirmation/")
    server.person["sub"] = "awa-42"
    server.claims = {"auth_time": int(time.time()) - 3600}
    answer = come_back(client, leave(client, f"?suite={page}"))
    assert answer.location.startswith("/gestion/compte/confirmation/"), "she did not sign in again"
    server.claims = {}
    assert come_back(client, leave(client, f"?suite={page}")).location == page
    assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"CRM_OIDC_ISSUER": "http://connexion.example.org"}, "https"),
        ({"CRM_OIDC_ISSUER": "https://connexion.example.org"}, "CRM_OIDC_CLIENT_ID"),
    ],
)
def test_settings_that_cannot_be_used_are_said(tmp_path, given, said):
    with pytest.raises(SettingError, match=said):
        Settings.load({"CRM_INSTANCE": str(tmp_path), **given})


def test_settings_are_read(tmp_path):
    settings = Settings.load({
        "CRM_INSTANCE": str(tmp_path), "CRM_OIDC_ISSUER": "https://connexion.example.org",
        "CRM_OIDC_CLIENT_ID": "m", "CRM_OIDC_CLIENT_SECRET": "s", "CRM_OIDC_VOUCHES": "oui",
    })  # fmt: skip
    assert (settings.oidc_client_id, settings.oidc_vouches) == ("m", True)
    assert "secret='s'" not in repr(settings)
