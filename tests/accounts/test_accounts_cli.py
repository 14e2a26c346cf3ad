"""`crm users`: inviting, and freeing who lost their telephone, from the command line."""

import factories
import sqlalchemy as sa

from crm.accounts import factor
from crm.acts import Act, Did
from crm.cli import crm
from crm.db import db
from crm.mail import Mail
from crm.users import User, UserRole


def invoke(app, *words, **options):
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["users", *words], cli=crm, **options)
    db.session.expire_all()
    return result.exit_code, result.output


def test_somebody_is_invited(app):
    code, said = invoke(app, "invite", "Luc@Example.org", "--role", "lecture", "--name", "Luc")
    assert (code, said) == (0, "Une invitation part vers luc@example.org (lecture seule).\n")
    luc = User.find("luc@example.org")
    assert (luc.role, luc.name, luc.is_expected) == (UserRole.READER, "Luc", True)
    assert db.session.scalars(sa.select(Mail.recipient)).all() == ["luc@example.org"]


def test_who_lost_their_telephone_is_freed(app, signed_in):
    awa = factories.awa()
    client = signed_in(awa)
    factor.propose(awa)
    awa.totp_confirmed_at = factories.now()
    code, said = invoke(app, "unlock", "awa@example.org")
    assert (code, "avec son seul mot de passe" in said) == (0, True)
    assert not awa.has_factor
    assert client.get("/gestion/").status_code == 302
    acts = db.session.scalars(sa.select(Act)).all()
    assert [(act.kind, act.detail) for act in acts] == [(Did.REMOVED_FACTOR, "ligne de commande")]


def test_an_unknown_account_is_said(app):
    assert invoke(app, "unlock", "nul@example.org")[0] == 1
    assert invoke(app, "invite", "nul", "--role", "lecture")[0] == 1


def test_a_password_that_is_tried_first_is_refused_here_too(app):
    code, said = invoke(
        app, "add", "a@example.org", "--role", "admin", "--password-stdin", input="motdepasse2026\n"
    )
    assert (code, "se devine trop vite" in said) == (1, True)
    assert User.find("a@example.org") is None
