"""The second factor: codes of the moment, never twice; recovery codes, once."""

import time
from datetime import timedelta

import factories
import pyotp
import pytest
import sqlalchemy as sa
from factories import PASSWORD

from crm.accounts import factor, seal
from crm.accounts.attempts import LIMITS, Try
from crm.accounts.factor import RecoveryCode
from crm.accounts.sessions import UserSession
from crm.acts import Act, Did
from crm.db import db
from crm.mail import Mail
from crm.users import User


@pytest.fixture
def protected(app):
    """Awa, with a second factor, and her recovery codes."""
    awa = factories.awa()
    factor.propose(awa)
    db.session.flush()
    awa.totp_confirmed_at = factories.now()
    awa.codes = factor.renew_codes(awa)
    db.session.commit()
    return awa


def code(user, drift=0):
    return pyotp.TOTP(factor.secret_of(user)).at(time.time() + drift * factor.STEP)


def first_step(client, email="awa@example.org", **more):
    return client.post("/connexion", data={"email": email, "password": PASSWORD, **more})


def second_step(client, typed, after=""):
    return client.post(f"/connexion/code{after}", data={"code": typed})


def test_rfc_6238_gives_what_it_says(app):
    """The vectors of RFC 6238 (appendix B), by the seed they share, in six digits."""
    totp = pyotp.TOTP("GEZDGNBVGY3TQOJQ" * 2)
    assert [totp.at(moment) for moment in (59, 1111111109, 2000000000)] == [
        "287082", "081804", "279037",
    ]  # fmt: skip


def test_the_password_alone_no_longer_opens(visitor, protected):
    assert first_step(visitor).location == "/connexion/code"
    assert visitor.get("/gestion/").status_code == 302
    assert visitor.post("/gestion/compte/sessions/fin").status_code == 401
    assert second_step(visitor, "000000").status_code == 422
    assert second_step(visitor, code(protected)).location == "/gestion/"
    assert visitor.get("/gestion/").status_code == 200


def test_one_goes_on_where_one_was_going(visitor, protected):
    going = "/connexion?suite=/gestion/lettres/"
    answer = visitor.post(going, data={"email": protected.email, "password": PASSWORD})
    assert answer.location == "/connexion/code?suite=/gestion/lettres/"
    right = visitor.post(answer.location, data={"code": code(protected)})
    assert right.location == "/gestion/lettres/"


def test_the_same_code_is_never_accepted_twice(protected):
    typed = code(protected)
    assert [factor.accept(protected, typed), factor.accept(protected, typed)] == [True, False]
    assert not factor.accept(protected, code(protected, -1)), "nor an older one"


@pytest.mark.parametrize(("drift", "accepted"), [(-2, False), (-1, True), (0, True), (1, True)])
def test_clocks_may_differ_by_one_step(protected, drift, accepted):
    assert factor.accept(protected, code(protected, drift)) is accepted


@pytest.mark.parametrize(
    "typed", ["", "12345", "abcdef", "１２３４５６", "0" * 4000, "-1", "+12345"]
)
def test_what_is_no_code_is_refused(protected, typed):
    assert not factor.accept(protected, typed)
    assert not factor.spend(protected, typed)


def test_codes_are_not_guessed(visitor, protected):
    first_step(visitor)
    most = LIMITS[Try.CODE].account
    answers = [second_step(visitor, f"{number:06}").status_code for number in range(most + 1)]
    assert answers == [422] * most + [429]
    assert second_step(visitor, code(protected)).status_code == 429
    [mail] = db.session.scalars(sa.select(Mail))
    assert (mail.recipient, "connaît votre mot de passe" in mail.subject) == (protected.email, True)


def test_the_first_step_does_not_last(visitor, protected):
    first_step(visitor)
    waiting = db.session.scalar(sa.select(UserSession))
    waiting.created_at -= timedelta(minutes=11)
    assert second_step(visitor, code(protected)).location == "/connexion?fait=trop-tard"


def test_the_second_step_alone_is_nothing(visitor, protected):
    assert second_step(visitor, code(protected)).location == "/connexion?fait=trop-tard"


def test_a_recovery_code_serves_once_in_any_case(visitor, app, protected):
    spare = protected.codes[3]
    first_step(visitor)
    assert second_step(visitor, spare.upper().replace("-", " ")).location == "/gestion/"
    assert RecoveryCode.left(protected) == factor.CODES - 1
    again = app.test_client()
    first_step(again)
    assert second_step(again, spare).status_code == 422
    kinds = db.session.scalars(sa.select(Act.kind).order_by(Act.id)).all()
    assert kinds == [Did.SPENT_CODE, Did.SIGNED_IN, Did.REFUSED]


def test_recovery_codes_are_kept_hashed_and_the_secret_sealed(protected):
    kept = db.session.scalars(sa.select(RecoveryCode)).all()
    assert len(kept) == factor.CODES
    for row, typed in zip(sorted(kept, key=lambda row: row.id), protected.codes, strict=True):
        assert row.code_hash.startswith("$argon2id$")
        assert typed.split("-")[0] == row.selector
    secret = factor.secret_of(protected)
    assert secret.encode() not in protected.totp_secret
    assert len(secret) == 32, "160 bits, RFC 4226 §4"


def test_the_secret_survives_a_change_of_key_and_not_its_loss(protected, setting):
    setting(secret_key="une autre clé" * 4, old_secret_keys=("test" * 8,))
    assert factor.secret_of(protected) is not None
    setting(secret_key="une autre clé" * 4, old_secret_keys=())
    assert factor.secret_of(protected) is None
    assert not factor.accept(protected, "123456")
    assert seal.unseal(b"n'importe quoi") is None


def test_one_adds_it_removes_it_and_renews_its_codes(signed_in):
    awa = factories.awa()
    client, elsewhere = signed_in(awa), signed_in(awa)
    pages = "/gestion/compte/second-facteur/"
    assert client.get(f"{pages}code").location == pages, "nothing was begun"
    assert client.get(f"{pages}code.svg").status_code == 404
    assert client.post(f"{pages}secret").location == f"{pages}code"
    page = client.get(f"{pages}code").text
    assert factor.secret_of(awa)[:4] in page
    drawn = client.get(f"{pages}code.svg")
    assert (drawn.mimetype, drawn.headers["Cache-Control"]) == ("image/svg+xml", "no-store")
    assert not awa.has_factor, "not before a first code is right"
    assert client.post(f"{pages}code", data={"code": "000000"}).status_code == 422
    shown = client.post(f"{pages}code", data={"code": code(awa)}).text
    assert awa.has_factor
    assert elsewhere.get("/gestion/").status_code == 302, "opened with the password alone"
    elsewhere = signed_in(awa)
    assert shown.count("<li><code>") == factor.CODES
    assert client.get(f"{pages}code.svg").status_code == 404, "the secret is not shown again"
    former = {row.code_hash for row in db.session.scalars(sa.select(RecoveryCode))}
    renewed = client.post("/gestion/compte/codes-de-secours/").text
    assert renewed.count("<li><code>") == factor.CODES
    assert former.isdisjoint({row.code_hash for row in db.session.scalars(sa.select(RecoveryCode))})
    assert client.get(f"{pages}retrait").status_code == 200
    client.post(f"{pages}retrait")
    assert elsewhere.get("/gestion/").status_code == 302
    db.session.refresh(awa)
    assert (awa.has_factor, awa.totp_secret, RecoveryCode.left(awa)) == (False, None, 0)
    kinds = db.session.scalars(sa.select(Act.kind).order_by(Act.id)).all()
    assert kinds == [Did.SET_FACTOR, Did.RENEWED_CODES, Did.REMOVED_FACTOR]


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "second-facteur/secret"), ("GET", "second-facteur/code"),
        ("GET", "second-facteur/code.svg"), ("GET", "second-facteur/retrait"),
        ("POST", "second-facteur/retrait"), ("POST", "codes-de-secours/"),
        ("GET", "mot-de-passe/"), ("POST", "sessions/fin"), ("POST", "sessions/1/fin"),
    ],
)  # fmt: skip
def test_all_this_is_asked_again_of_who_signed_in_long_ago(signed_in, method, address):
    """OWASP ASVS 7.5.1 and 7.5.2."""
    client = signed_in(factories.awa())
    db.session.scalar(sa.select(UserSession)).proven_at -= timedelta(hours=1)
    answer = client.open(f"/gestion/compte/{address}", method=method)
    assert answer.status_code == 303
    assert answer.location.startswith("/gestion/compte/confirmation/")


def test_a_code_confirms_too(signed_in, protected):
    client = signed_in(protected)
    db.session.scalar(sa.select(UserSession)).proven_at -= timedelta(hours=1)
    asked = "/gestion/compte/confirmation/?suite=/gestion/compte/mot-de-passe/"
    assert client.post(asked, data={"code": "000000"}).status_code == 422
    assert client.post(asked, data={}).status_code == 422
    with client.session_transaction() as cookie:
        former = cookie["key"]
    answer = client.post(asked, data={"code": code(protected)})
    assert answer.location == "/gestion/compte/mot-de-passe/"
    assert client.get(answer.location).status_code == 200
    with client.session_transaction() as cookie:
        assert cookie["key"] != former, "a new key each time one proves who one is (ASVS 7.2.4)"


def test_two_people_with_one_code_are_one(protected, app):
    """The step is written by one UPDATE: of two that read the same, one writes."""
    typed, other = code(protected), db.session.get(User, protected.id)
    assert factor.accept(protected, typed)
    assert not factor.accept(other, typed)
