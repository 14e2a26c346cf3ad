"""Mailed links: an hour, once, hashed at rest, and the same answer whoever asks."""

import re
import statistics
import time
from datetime import timedelta

import argon2
import factories
import pytest
import sqlalchemy as sa
from factories import PASSWORD

from crm import users
from crm.accounts.links import AccountLink, LinkKind, new_link
from crm.accounts.sessions import digest
from crm.db import db, now
from crm.mail import Mail
from crm.users import User

NEW = "quatre mots sans lien"


def sent_to(address):
    return db.session.scalars(sa.select(Mail).where(Mail.recipient == address)).all()


def link_of(mail):
    text = mail.message.decode("utf-8", "replace").replace("=\r\n", "")
    return re.search(r"/connexion/lien/([\w-]+)", text)


def ask(client, email):
    return client.post("/connexion/oubli", data={"email": email})


def choose(client, link, password=NEW, again=NEW):
    return client.post(link, data={"password": password, "again": again})


def test_a_forgotten_password_is_chosen_again(visitor, app):
    awa = factories.awa()
    assert "Regardez vos courriels" in ask(visitor, "AWA@example.org").text
    [mail] = sent_to("awa@example.org")
    found = link_of(mail)
    kept = db.session.scalar(sa.select(AccountLink))
    assert kept.token_hash == digest(found[1])
    assert found[1] not in kept.token_hash
    assert len(found[1]) >= 43, "256 bits"
    assert kept.expires_at - kept.created_at <= timedelta(hours=1, seconds=1)
    assert choose(visitor, found[0]).location == "/connexion?fait=mot-de-passe"
    assert awa.has_password(NEW)
    assert visitor.get("/gestion/").status_code == 302, "one still signs in"
    told = sent_to("awa@example.org")[-1]
    assert told.subject == "Votre mot de passe vient de changer"


def test_a_link_serves_once_and_not_after_its_hour(visitor):
    awa = factories.awa()
    _, url = keep(new_link(awa, LinkKind.RESET))
    assert visitor.get(url).status_code == 200
    assert visitor.get(url).status_code == 200, "looking uses nothing up: scanners open links"
    assert choose(visitor, url).status_code == 302
    assert choose(visitor, url).status_code == 410
    late, url = keep(new_link(awa, LinkKind.RESET))
    late.expires_at = now() - timedelta(seconds=1)
    answer = choose(visitor, url)
    assert (answer.status_code, "Ce lien ne sert plus" in answer.text) == (410, True)
    assert visitor.get("/connexion/lien/nimporte").status_code == 410


def keep(made):
    """A link in the database, and its path."""
    link, url = made
    db.session.add(link)
    db.session.commit()
    return link, url[url.index("/connexion") :]


def test_choosing_a_password_ends_every_session_and_every_other_link(visitor, signed_in):
    awa = factories.awa()
    somewhere, elsewhere = signed_in(awa), signed_in(awa)
    _, first = keep(new_link(awa, LinkKind.RESET))
    _, second = keep(new_link(awa, LinkKind.INVITATION))
    choose(visitor, first)
    assert [client.get("/gestion/").status_code for client in (somewhere, elsewhere)] == [302, 302]
    assert visitor.get(second).status_code == 410


def test_who_was_signed_in_on_that_browser_is_signed_out_for_good(signed_in):
    """The cookie of before opens nothing either (OWASP ASVS 7.4.1)."""
    client = signed_in(factories.benoit())
    _, url = keep(new_link(factories.awa(), LinkKind.RESET))
    with client.session_transaction() as cookie:
        former = cookie["key"]
    choose(client, url)
    with client.session_transaction() as cookie:
        assert "key" not in cookie
        cookie["key"] = former
    assert client.get("/gestion/").status_code == 302


def test_two_uses_at_once_are_one(app):
    link, _ = keep(new_link(factories.awa(), LinkKind.RESET))
    assert [link.use(), link.use()] == [True, False]


def test_a_closed_account_gets_no_link(visitor):
    awa = factories.awa()
    _, url = keep(new_link(awa, LinkKind.RESET))
    awa.disabled_at = now()
    assert visitor.get(url).status_code == 410
    ask(visitor, awa.email)
    assert sent_to(awa.email) == []


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("", "", "Ce champ est à remplir."),
        ("court", "court", "12 caractères"),
        ("motdepasse2026", "motdepasse2026", "se devine trop vite"),
        (NEW, "quatre mots sans rien", "Ce n’est pas le même mot de passe."),
        ("x" * 100_000, "x" * 100_000, "200 caractères au plus."),
    ],
)
def test_a_wrong_choice_uses_nothing_up(visitor, password, again, said):
    awa = factories.awa()
    _, url = keep(new_link(awa, LinkKind.RESET))
    answer = choose(visitor, url, password, again)
    assert answer.status_code == 422
    assert said in answer.text
    assert awa.has_password(PASSWORD)
    assert choose(visitor, url).status_code == 302


def without_what_changes(page, email):
    """The page without the address that was typed, nor the second it was drawn."""
    return re.sub(r"v=\d+", "v=", page.replace(email, "…"))


def test_unknown_addresses_get_the_same_answers(visitor):
    """OWASP ASVS 6.3.8."""
    factories.awa()
    asked = [ask(visitor, email) for email in ("awa@example.org", "nul@example.org")]
    pages = [
        without_what_changes(answer.text, email)
        for answer, email in zip(asked, ("awa@example.org", "nul@example.org"), strict=True)
    ]
    assert pages[0] == pages[1]
    assert {answer.status_code for answer in asked} == {200}
    assert sent_to("nul@example.org") == []


@pytest.mark.parametrize("address", ["/connexion", "/connexion/oubli"])
def test_unknown_addresses_get_their_answer_in_the_same_time(visitor, address, monkeypatch):
    """Medians of eight answers each, with a hash that takes its time (OWASP ASVS 6.3.8)."""
    slow = argon2.PasswordHasher(time_cost=3, memory_cost=2**14, parallelism=1)
    monkeypatch.setattr(users, "hasher", slow)
    monkeypatch.setattr("crm.accounts.attempts._is_full", lambda *_: False)
    kept = kept_hash()
    for number in range(8):
        db.session.add(User(email=f"a{number}@example.org", role="lecture", password_hash=kept))
    times = {"known": [], "unknown": []}
    for number in range(8):
        for kind, start in (("known", "a"), ("unknown", "b")):
            form = {"email": f"{start}{number}@example.org", "password": "rien de vrai"}
            begun = time.perf_counter()
            visitor.post(address, data=form)
            times[kind].append(time.perf_counter() - begun)
    known, unknown = (statistics.median(times[kind]) for kind in ("known", "unknown"))
    assert 0.5 < known / unknown < 2, times


def kept_hash():
    made = User(email="x", name="x", role="lecture")
    made.set_password(PASSWORD)
    return made.password_hash


def test_too_many_requests_say_the_same_and_send_nothing(visitor):
    factories.awa()
    answers = [ask(visitor, "awa@example.org") for _ in range(5)]
    pages = {without_what_changes(answer.text, "awa@example.org") for answer in answers}
    assert len(pages) == 1
    assert len(sent_to("awa@example.org")) == 3
