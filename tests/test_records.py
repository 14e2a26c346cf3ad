"""Who may touch which record, beyond what test_access says of addresses; and personal links."""

from email.message import EmailMessage

import factories
import pytest
import sqlalchemy as sa
from cards import person

from crm.accounts.sessions import UserSession
from crm.contacts.journal import EntryKind
from crm.db import db
from crm.mail import Mail

ALL = ["luc", "benoit", "awa", "nadia"]


def statuses(signed_in, address, method="GET"):
    """What each of the team gets, from the reader to the administrator."""
    return [
        signed_in(who).open(address, method=method).status_code
        for who in (getattr(factories, name)() for name in ALL)
    ]


@pytest.fixture
def entry(app):
    """Something Benoît wrote in a journal."""
    author = factories._user("auteur@example.org", "Benoît", factories.UserRole.OFFICER)
    kept = person().log("Vu au salon", EntryKind.CALL, by=author)
    db.session.commit()
    return kept


def test_what_one_wrote_is_changed_by_oneself_and_the_administration(signed_in, entry):
    address = f"/gestion/contacts/journal/{entry.id}"
    assert statuses(signed_in, address)[:3] == [403, 403, 403]
    assert signed_in(entry.user).get(address).status_code == 200
    nadia = factories.User.find("nadia@example.org")
    assert signed_in(nadia).get(address).status_code == 200


def test_a_session_is_ended_by_its_own_user_only(signed_in):
    awa = factories._user("a@example.org", "A", factories.UserRole.COMMUNICATION)
    client = signed_in(awa)
    number = db.session.scalar(sa.select(UserSession.id))
    statuses(signed_in, f"/gestion/compte/sessions/{number}/fin", "POST")
    assert client.get("/gestion/").status_code == 200


def test_a_mail_that_opens_an_account_is_for_the_administration(signed_in, app):
    folder = app.extensions["settings"].instance / "mail"
    folder.mkdir(exist_ok=True)
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "Choisissez un nouveau mot de passe", "nadia@example.org"
    mail["Sensitivity"] = "Company-Confidential"
    mail.set_content("https://crm.example.org/connexion/lien/secret")
    file = folder / "20260303-090000-000001.eml"
    file.write_bytes(bytes(mail))
    try:
        address = f"/gestion/reglages/courriels/{file.name}"
        assert statuses(signed_in, address) == [403, 403, 403, 200]
        db.session.execute(sa.delete(UserSession))
        db.session.execute(sa.delete(factories.User))
        assert statuses(signed_in, f"{address}/html") == [403, 403, 403, 200]
    finally:
        file.unlink()


def test_the_mails_of_accounts_say_that_they_are_personal(visitor):
    factories.awa()
    visitor.post("/connexion/oubli", data={"email": "awa@example.org"})
    [mail] = db.session.scalars(sa.select(Mail))
    assert b"Sensitivity: Company-Confidential" in mail.message


# The same answer to everybody: what it counts, it counts in silence.
SAYS_NOTHING = {"public.newsletter.counting.opened"}


def personal_rules(app):
    """Every public address that a token opens, with its methods."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("public.") and "token" in rule.arguments:
            if rule.endpoint in SAYS_NOTHING:
                continue
            for token in ("rien", "A" * 30, "%00", "é"):
                values = dict.fromkeys(rule.arguments, 1) | {"token": token}
                for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                    yield rule.endpoint, method, adapter.build(rule.endpoint, values, method)


def test_a_link_that_was_not_given_opens_nothing(app, visitor):
    seen = set()
    for endpoint, method, url in personal_rules(app):
        seen.add(endpoint)
        answer = visitor.open(url, method=method)
        assert answer.status_code in (404, 410), (endpoint, method, url, answer.status_code)
        assert "no-store" in answer.headers["Cache-Control"], endpoint
    assert len(seen) > 10
