"""Cross-site writes, headers, cookies, and what an error page says."""

import inspect
import re
from urllib.parse import urlsplit

import factories
import pytest
from sqlalchemy.exc import OperationalError

from crm.db import db
from crm.newsletter.readers.links import preferences_url


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),  # not a browser: it has no cookie of ours to abuse
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Sec-Fetch-Site": "none"}, 302),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 302),
        ({"Origin": "http://ailleurs.example"}, 403),
        ({"Origin": "http://localhost.ailleurs.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 302),
        ({"Origin": "http://ailleurs.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 302),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),  # our name over http
    ],
)
def test_a_write_from_another_site_is_refused(signed_in, headers, status):
    client = signed_in(factories.awa())
    assert client.post("/deconnexion", headers=headers).status_code == status


def test_a_listed_site_may_post_to_what_may_be_framed_only(visitor, setting):
    setting(embed_origins=("https://site.example.org",))
    listed = {"Origin": "https://site.example.org", "Sec-Fetch-Site": "cross-site"}
    form = {"email": "chloe@example.org", "publications": "resaclic"}
    assert visitor.post("/lettres/inscription", data=form, headers=listed).status_code == 200
    other = {"Origin": "https://autre.example.org"}
    assert visitor.post("/lettres/inscription", data=form, headers=other).status_code == 403
    assert visitor.post("/connexion", data={}, headers=listed).status_code == 403


def test_headers_are_strict_everywhere(visitor, signed_in):
    client = signed_in(factories.awa())
    for answer in (visitor.get("/"), visitor.get("/rien"), client.get("/gestion/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'self'")
        assert "frame-ancestors 'self'" in policy
        assert {"object-src 'none'", "base-uri 'none'"} <= set(policy.split("; "))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/gestion/").headers["Cache-Control"] == "no-store"


def test_what_a_personal_link_shows_is_kept_nowhere(visitor):
    """OWASP ASVS 14.2.2 and 14.3.2: neither by a browser that others use, nor on the way."""
    someone = factories.subscriber("chloe@example.org")
    db.session.commit()
    shown = visitor.get(urlsplit(preferences_url(someone.id)).path)
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")


def test_only_listed_sites_may_frame_and_only_what_may_be_framed(visitor, setting):
    setting(embed_origins=("https://site.example.org",))
    framed = visitor.get("/lettres/inscription?cadre=1").headers["Content-Security-Policy"]
    assert framed.endswith("frame-ancestors 'self' https://site.example.org")
    assert visitor.get("/").headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def test_visitors_get_no_cookie(visitor):
    for address in ("/", "/lettres/", "/lettres/inscription", "/connexion", "/rien", "/sante"):
        assert "Set-Cookie" not in visitor.get(address).headers, address


# Signing in elsewhere comes back by a GET, which `state` protects; a certificate is drawn up the
# first time it is asked for; who took a list away is written down.
GETS_THAT_WRITE = {
    "public.accounts.openid.back", "public.events.certificates.pdf",
    "staff.events.certificates.every", "staff.events.certificates.pdf",
    "staff.events.registrations.export",
}  # fmt: skip


def test_reading_a_page_changes_nothing(app):
    """OWASP ASVS 3.5.3: an address that only reads commits nothing, but these."""
    only_read = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" not in rule.methods}
    writes = re.compile(r"commit\(|start_writing\(|record_reading\(")
    sources = {one: inspect.getsource(inspect.unwrap(app.view_functions[one])) for one in only_read}
    assert {one for one, source in sources.items() if writes.search(source)} == GETS_THAT_WRITE
    assert len(only_read) > 100


def test_an_error_is_said_in_french(visitor):
    answer = visitor.get("/rien")
    assert answer.status_code == 404
    assert "<h1>Cette page n’existe pas</h1>" in answer.text
    machine = visitor.get("/rien", headers={"Accept": "application/json"})
    assert machine.json["error"] == "Cette page n’existe pas"


def test_a_form_of_a_hundred_thousand_characters_comes_back(visitor):
    answer = visitor.post("/connexion", data={"email": "a" * 100_000, "password": "b" * 100_000})
    assert answer.status_code == 422
    assert "254 caractères au plus." in answer.text


def test_a_database_that_does_not_answer_is_said_and_mended(visitor, monkeypatch):
    def broken(*_, **__):
        raise OperationalError("SELECT secret", {"email": "x"}, Exception("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(db.session, "scalars", broken)
        patch.setattr(db.session, "scalar", broken)
        answer = visitor.get("/lettres/")
        assert answer.status_code == 503
        assert "Réessayez dans un instant." in answer.text
    assert visitor.get("/lettres/").status_code == 200


def test_health_says_whether_database_and_queue_answer(visitor, app, monkeypatch):
    assert visitor.get("/sante").json == {"status": "ok"}
    monkeypatch.setattr("crm.jobs.is_reachable", lambda: False)
    answer = visitor.get("/sante")
    assert (answer.status_code, answer.json) == (503, {"status": "en panne"})
