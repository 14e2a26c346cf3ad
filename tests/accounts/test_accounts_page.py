"""« Comptes »: inviting, changing rights, closing; nobody chooses somebody else’s password."""

import re

import factories
import pytest
import sqlalchemy as sa
from factories import PASSWORD, benoit, nadia
from queries import cost

from crm.accounts import factor
from crm.accounts.policy import Asked, SignInPolicy
from crm.accounts.sessions import UserSession
from crm.acts import Act, Did
from crm.db import db
from crm.mail import Mail
from crm.users import User, UserRole

ACCOUNTS = "/gestion/reglages/comptes/"
HUGE = "x" * 100_000
ACCOUNT = {"name": "Luc Martin", "email": "Luc@Example.org", "role": "lecture"}


@pytest.fixture
def client(signed_in):
    return signed_in(nadia())


def accounts():
    return {user.email: user.role for user in db.session.scalars(User.everyone())}


def done():
    acts = db.session.scalars(sa.select(Act).order_by(Act.id))
    return [(act.kind, act.detail) for act in acts]


def link_in(mail):
    """The link of the last mail to this address."""
    found = db.session.scalar(
        sa.select(Mail).where(Mail.recipient == mail).order_by(Mail.id.desc()).limit(1)
    )
    text = found.message.decode("utf-8", "replace").replace("=\r\n", "")
    return re.search(r"/connexion/lien/[\w-]+", text)[0]


def test_who_is_invited_chooses_their_password_and_signs_in(client, visitor):
    answer = client.post(f"{ACCOUNTS}nouveau", data=ACCOUNT)
    assert answer.location == ACCOUNTS
    assert accounts()["luc@example.org"] is UserRole.READER
    assert "invitation envoyée" in client.get(ACCOUNTS).text
    link = link_in("luc@example.org")
    assert "Bienvenue, Luc Martin" in visitor.get(link).text
    chosen = visitor.post(link, data={"password": PASSWORD, "again": PASSWORD})
    assert chosen.location == "/connexion?fait=mot-de-passe"
    credentials = {"email": "luc@example.org", "password": PASSWORD}
    assert visitor.post("/connexion", data=credentials).location == "/gestion/"
    assert done() == [
        (Did.INVITED, "lecture"), (Did.CHANGED_PASSWORD, "invitation"), (Did.SIGNED_IN, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict.fromkeys(ACCOUNT, ""), "Ce champ est à remplir."),
        ({"name": HUGE}, "120 caractères au plus."),
        ({"email": "luc"}, "Cette adresse n’est pas complète"),
        ({"email": "NADIA@example.org"}, "Un compte existe déjà à cette adresse."),
        ({"role": "roi"}, "Choisissez dans la liste."),
    ],
)
def test_a_wrong_account_is_not_made(client, changes, said):
    answer = client.post(f"{ACCOUNTS}nouveau", data=ACCOUNT | changes)
    assert answer.status_code == 422
    assert said in answer.text
    assert set(accounts()) == {"nadia@example.org"}
    assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 0


def test_an_account_is_changed_closed_and_opened_again(client):
    someone = benoit()
    db.session.commit()
    address = f"{ACCOUNTS}{someone.id}"
    form = {"name": "Benoît F.", "email": someone.email, "role": "communication"}
    client.post(address, data=form | {"disabled": "y"})
    assert (someone.name, someone.role, someone.is_active) == (
        "Benoît F.", UserRole.COMMUNICATION, False,
    )  # fmt: skip
    assert someone.has_password(PASSWORD)
    since = someone.disabled_at
    client.post(address, data=form | {"disabled": "y"})
    assert someone.disabled_at == since
    client.post(address, data=form)
    assert someone.is_active
    assert done() == [
        (Did.CHANGED_RIGHTS, "charge_de_mission → communication"),
        (Did.CLOSED_ACCOUNT, ""),
        (Did.OPENED_ACCOUNT, ""),
    ]


def test_closing_an_account_ends_its_sessions(client, signed_in):
    someone = benoit()
    theirs = signed_in(someone)
    form = {"name": "Benoît", "email": someone.email, "role": "charge_de_mission"}
    client.post(f"{ACCOUNTS}{someone.id}", data=form | {"disabled": "y"})
    client.post(f"{ACCOUNTS}{someone.id}", data=form)
    assert theirs.get("/gestion/").status_code == 302, "opened again, one signs in again"


def test_a_new_address_is_told_to_the_former_one(client):
    someone = benoit()
    db.session.commit()
    form = {"name": "Benoît", "email": "autre@example.org", "role": "charge_de_mission"}
    client.post(f"{ACCOUNTS}{someone.id}", data=form)
    assert db.session.scalars(sa.select(Mail.recipient)).all() == ["benoit@example.org"]


@pytest.mark.parametrize("changes", [{"role": "lecture"}, {"disabled": "y"}])
def test_nobody_takes_away_their_own_rights(signed_in, changes):
    boss = nadia()
    client = signed_in(boss)
    form = {"name": boss.name, "email": boss.email, "role": "admin"}
    answer = client.post(f"{ACCOUNTS}{boss.id}", data=form | changes)
    assert answer.status_code == 422
    assert "Vous ne pouvez pas vous retirer vos propres droits." in answer.text
    assert (boss.role, boss.is_active) == (UserRole.ADMIN, True)


def test_unknown_accounts_are_not_found(client):
    assert client.get(f"{ACCOUNTS}987654").status_code == 404
    assert client.get(f"{ACCOUNTS}{'9' * 30}").status_code == 404


def test_an_administrator_frees_who_lost_their_telephone(client, signed_in):
    someone = benoit()
    theirs = signed_in(someone)
    factor.propose(someone)
    someone.totp_confirmed_at = factories.now()
    factor.renew_codes(someone)
    db.session.commit()
    client.post(f"{ACCOUNTS}{someone.id}/sans-second-facteur")
    assert not someone.has_factor
    assert factor.RecoveryCode.left(someone) == 0
    assert db.session.scalars(sa.select(Mail.recipient)).all() == ["benoit@example.org"]
    client.post(f"{ACCOUNTS}{someone.id}/sessions")
    assert theirs.get("/gestion/").status_code == 302
    assert done() == [(Did.REMOVED_FACTOR, ""), (Did.ENDED_SESSIONS, "")]


@pytest.mark.parametrize(
    ("asked", "admin_owes", "officer_owes"),
    [(Asked.NOBODY, False, False), (Asked.ADMINS, True, False), (Asked.EVERYONE, True, True)],
)
def test_a_second_factor_is_asked_of_whom_the_rule_says(
    client, signed_in, asked, admin_owes, officer_owes
):
    officer = signed_in(benoit())
    client.post(f"{ACCOUNTS}regle", data={"second_factor": asked.value})
    assert SignInPolicy.current().second_factor is asked
    for browser, owes in ((client, admin_owes), (officer, officer_owes)):
        answer = browser.get("/gestion/")
        assert (answer.location == "/gestion/compte/second-facteur/") is owes
        assert browser.get("/gestion/compte/").status_code == 200
        assert browser.post("/gestion/contacts/personnes/nouvelle").status_code != 500


def test_rights_are_changed_by_who_has_just_proven_who_they_are(client):
    opened = db.session.scalar(sa.select(UserSession))
    opened.proven_at -= factories.timedelta(hours=1)
    db.session.commit()
    answer = client.get(f"{ACCOUNTS}nouveau")
    assert answer.location == (
        "/gestion/compte/confirmation/?suite=/gestion/reglages/comptes/nouveau"
    )
    refused = client.post(f"{ACCOUNTS}nouveau", data=ACCOUNT)
    assert refused.status_code == 303
    assert set(accounts()) == {"nadia@example.org"}
    wrong = client.post(answer.location, data={"password": "ce n’est pas lui"})
    assert (wrong.status_code, client.get(f"{ACCOUNTS}nouveau").status_code) == (422, 303)
    confirmed = client.post(answer.location, data={"password": PASSWORD})
    assert confirmed.location == f"{ACCOUNTS}nouveau"
    assert client.get(confirmed.location).status_code == 200


def test_the_page_costs_the_same_for_many(client):
    one = cost(client, ACCOUNTS)
    for number in range(20):
        db.session.add(User(email=f"a{number}@example.org", role=UserRole.READER))
    db.session.commit()
    assert cost(client, ACCOUNTS) == one
