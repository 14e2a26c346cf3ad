"""What the site lets out: headers, errors, methods, and pages nobody meant to serve."""

import dataclasses
import re

import factories
import pytest
from flask import request

from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import db
from crm.environment import SettingError


@pytest.fixture
def https(setting):
    setting(base_url="https://crm.example.org")


def test_over_https_everything_stays_https(visitor, https):
    for address in ("/", "/rien", "/connexion", "/static/css/base.css"):
        with visitor.get(address) as answer:
            said = answer.headers["Strict-Transport-Security"]
        assert said == "max-age=63072000; includeSubDomains", address


@pytest.mark.parametrize("address", ["/", "/connexion", "/rien", "/lettres/", "/sante"])
def test_windows_and_addresses_stay_ours(visitor, address):
    headers = visitor.get(address).headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/", "text/html; charset=utf-8"), ("/connexion", "text/html; charset=utf-8"),
        ("/lettres/resaclic/flux.xml", "application/atom+xml; charset=utf-8"),
        ("/sante", "application/json"), ("/static/js/print.js", "text/javascript; charset=utf-8"),
        ("/static/icon.svg", "image/svg+xml; charset=utf-8"),
    ],
)  # fmt: skip
def test_what_is_sent_is_said(visitor, address, kind):
    with visitor.get(address) as answer:
        assert answer.headers["Content-Type"] == kind


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_methods_nobody_uses_are_refused(visitor, method):
    assert visitor.open("/connexion", method=method).status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "/static/", "/static/css/", "/.git/config", "/.env", "/instance/secret_key",
        "/static/../config.py", "/static/%2e%2e/config.py", "/static/..%2f..%2f.env", "/console",
        "/debug", "/docs", "/migrations", "/bootstrap/static/",
    ],
)  # fmt: skip
def test_nothing_else_is_served(visitor, address):
    assert visitor.get(address).status_code == 404


def test_an_unexpected_error_shows_nothing(signed_in, app, monkeypatch):
    client = signed_in(factories.awa())

    def broken(*_, **__):
        raise RuntimeError("SELECT password_hash FROM users -- secret")

    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setattr(db, "paginate", broken)
    answer = client.get("/gestion/lettres/abonnes/")
    assert answer.status_code == 500
    assert "Quelque chose s’est mal passé" in answer.text
    assert not re.search("RuntimeError|SELECT|Traceback|password_hash|crm/", answer.text)


def test_nothing_is_put_right_in_production_by_hand(app, tmp_path):
    settings = app.extensions["settings"]
    there = dataclasses.replace(settings, production=True, testing=False, instance=tmp_path)
    served = create_app(there)
    assert not served.debug
    assert not served.testing


def test_a_visitor_does_not_choose_what_the_server_in_front_says(app, tmp_path):
    """OWASP ASVS 4.1.3 and 15.3.4: of the addresses, the one that the server in front has added;
    and nobody else's name."""
    settings = app.extensions["settings"]
    served = create_app(dataclasses.replace(settings, production=True, instance=tmp_path))
    seen = []
    served.before_request(lambda: seen.append((request.remote_addr, request.host)))
    forged = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Real-IP": "203.0.113.9",
              "Forwarded": "for=203.0.113.9", "X-Forwarded-Host": "ailleurs.example"}  # fmt: skip
    served.test_client().get("/static/css/base.css", headers=forged).close()
    assert seen == [("198.51.100.7", "localhost")]


def test_a_secret_may_come_from_a_file(tmp_path):
    """As systemd and vaults give them: in the file that a setting names."""
    file = tmp_path / "cle"
    file.write_text("k" * 40 + "\n")
    given = {"CRM_ENV": "production", "CRM_INSTANCE": str(tmp_path)}
    named = given | {"CRM_SECRET_KEY_FILE": str(file)}
    assert Settings.load(named).secret_key == "k" * 40
    with pytest.raises(SettingError, match="CRM_SECRET_KEY_FILE"):
        Settings.load(given | {"CRM_SECRET_KEY_FILE": str(tmp_path / "rien")})
    with pytest.raises(SettingError, match="l’un ou l’autre"):
        Settings.load(named | {"CRM_SECRET_KEY": "autre"})


def test_leaving_empties_the_cache(signed_in):
    answer = signed_in(factories.awa()).post("/deconnexion")
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_scripts_write_text_as_text():
    """Nothing becomes markup by script: what people typed goes in by `textContent`."""
    writes = re.compile(
        r"innerHTML\s*=|insertAdjacentHTML|document\.write|outerHTML\s*=|eval\(|new Function"
    )
    for script in sorted((ROOT / "crm/static/js").glob("*.js")):
        assert not writes.search(script.read_text()), script.name
