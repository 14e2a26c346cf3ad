"""Sessions: rows one can see and end, and cookies nobody can use for something else."""

import dataclasses
from datetime import timedelta

import factories
import pytest
import sqlalchemy as sa
from factories import PASSWORD

from crm.accounts.devices import device
from crm.accounts.sessions import (
    IDLE,
    LASTS,
    LASTS_REMEMBERED,
    UserSession,
    digest,
    forget_sessions,
    note_seen,
)
from crm.app import create_app
from crm.db import db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


def sign_in(client, **more):
    form = {"email": "awa@example.org", "password": PASSWORD, **more}
    return client.post("/connexion", data=form, headers={"User-Agent": FIREFOX})


def the_session():
    return db.session.scalar(sa.select(UserSession))


def test_a_session_is_a_row_that_holds_no_key(visitor):
    factories.awa()
    sign_in(visitor)
    with visitor.session_transaction() as cookie:
        key = cookie["key"]
    kept = the_session()
    assert (kept.key_hash, kept.device) == (digest(key), "Firefox, Windows")
    assert len(key) >= 43, "256 bits"
    assert "_user_id" not in cookie


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox, Windows"), (SAFARI, "Safari, iPhone"), ("", "Navigateur inconnu"),
        ("curl/8 <script>", "Navigateur inconnu"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/156.0 Mobile Safari/537.36", "Chrome, Android"),
    ],
)  # fmt: skip
def test_a_device_is_said_in_words_of_ours(agent, said):
    assert device(agent) == said


def test_signing_in_changes_the_key(visitor):
    """Nobody can be made to sign in to a session whose key is known (session fixation)."""
    factories.awa()
    with visitor.session_transaction() as cookie:
        cookie["key"] = "posée par quelqu’un d’autre"
    sign_in(visitor)
    with visitor.session_transaction() as cookie:
        assert cookie["key"] != "posée par quelqu’un d’autre"


@pytest.mark.parametrize("key", ["", "x", None, 12, ["x"], "é" * 500, "\ud800"])
def test_a_key_that_opens_nothing_opens_nothing(visitor, key):
    factories.awa()
    with visitor.session_transaction() as cookie:
        cookie["key"] = key
    assert visitor.get("/gestion/").status_code == 302


def test_leaving_ends_the_row_too(visitor):
    factories.awa()
    sign_in(visitor)
    with visitor.session_transaction() as cookie:
        key = cookie["key"]
    visitor.post("/deconnexion")
    assert the_session() is None
    with visitor.session_transaction() as cookie:
        assert "key" not in cookie
        cookie["key"] = key
    assert visitor.get("/gestion/").status_code == 302, "an old cookie opens nothing"


@pytest.mark.parametrize(
    ("remembered", "unused", "age", "is_open"),
    [
        (False, timedelta(), timedelta(hours=11), True),
        (False, timedelta(), LASTS, False),
        (False, IDLE, timedelta(), False),
        (True, IDLE, timedelta(), True),
        (True, timedelta(days=14), timedelta(), False),
        (True, timedelta(), LASTS_REMEMBERED, False),
    ],
)
def test_a_session_ends_by_itself(visitor, remembered, unused, age, is_open):
    factories.awa()
    sign_in(visitor, **({"remember": "y"} if remembered else {}))
    kept = the_session()
    assert kept.remembered is remembered
    kept.expires_at -= age
    kept.seen_at -= unused
    db.session.commit()
    assert (visitor.get("/gestion/").status_code == 200) is is_open
    forget_sessions()
    assert (the_session() is not None) is is_open


def test_a_browser_keeps_the_cookie_only_if_asked(visitor, app):
    factories.awa()
    assert "Expires" not in sign_in(visitor).headers["Set-Cookie"]
    other = sign_in(app.test_client(), remember="y").headers["Set-Cookie"]
    assert "Expires" in other
    for cookie in (other,):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_over_https_cookies_are_secure_and_bound_to_the_host(app, tmp_path):
    settings = dataclasses.replace(
        app.extensions["settings"], base_url="https://crm.example.org", instance=tmp_path
    )
    config = create_app(settings).config
    assert config["SESSION_COOKIE_NAME"] == "__Host-session"
    assert config["SESSION_COOKIE_SECURE"] is True
    assert config["SESSION_COOKIE_HTTPONLY"] is True
    assert config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert config["SESSION_COOKIE_DOMAIN"] is None, "__Host- allows none"
    assert config["SESSION_COOKIE_PATH"] in (None, "/")


def test_one_sees_where_one_is_signed_in_and_ends_it(signed_in):
    awa = factories.awa()
    here, there = signed_in(awa), signed_in(awa)
    stranger = signed_in(factories.benoit())
    ids = db.session.scalars(sa.select(UserSession.id).order_by(UserSession.id)).all()
    page = here.get("/gestion/compte/").text
    assert "2\u00a0sessions ouvertes" in page
    assert page.count("cette session") == 1
    stranger.post(f"/gestion/compte/sessions/{ids[1]}/fin")
    assert there.get("/gestion/").status_code == 200, "only one’s own"
    here.post(f"/gestion/compte/sessions/{ids[1]}/fin")
    assert (here.get("/gestion/").status_code, there.get("/gestion/").status_code) == (200, 302)


def test_all_others_are_ended_at_once(signed_in):
    awa = factories.awa()
    here, *others = [signed_in(awa) for _ in range(3)]
    here.post("/gestion/compte/sessions/fin")
    assert [client.get("/gestion/").status_code for client in (here, *others)] == [200, 302, 302]


def test_changing_one_s_password_ends_every_session_but_a_new_one_here(signed_in):
    awa = factories.awa()
    here, there = signed_in(awa), signed_in(awa)
    with here.session_transaction() as cookie:
        former = cookie["key"]
    form = {"current": PASSWORD, "password": "quatre mots sans lien"}
    wrong = here.post("/gestion/compte/mot-de-passe/", data=form | {"current": "faux", "again": ""})
    assert (wrong.status_code, awa.has_password(PASSWORD)) == (422, True)
    answer = here.post("/gestion/compte/mot-de-passe/", data=form | {"again": form["password"]})
    assert answer.location == "/gestion/compte/"
    assert awa.has_password("quatre mots sans lien")
    assert [client.get("/gestion/").status_code for client in (here, there)] == [200, 302]
    with here.session_transaction() as cookie:
        assert cookie["key"] != former


def test_what_serves_is_seen_without_writing_while_reading(signed_in, app):
    client = signed_in(factories.awa())
    kept = the_session()
    kept.seen_at -= timedelta(minutes=20)
    before = kept.seen_at
    client.get("/gestion/")
    assert the_session().seen_at == before, "a job will write it"
    note_seen(kept.id)
    db.session.expire_all()
    assert the_session().seen_at > before


def test_one_changes_one_s_own_name(signed_in):
    awa = factories.awa()
    client = signed_in(awa)
    assert client.post("/gestion/compte/nom", data={"name": ""}).status_code == 422
    client.post("/gestion/compte/nom", data={"name": "Awa D.\r\nBcc: x", "role": "admin"})
    assert (awa.name, awa.role.value) == ("Awa D. Bcc: x", "communication")
