"""`crm users`: accounts from the command line."""

import sys

import click
from flask.cli import AppGroup

from crm.accounts import emails, factor
from crm.accounts.forms import network_words
from crm.accounts.sessions import end_all
from crm.acts import Did, record
from crm.db import db
from crm.mail import wake
from crm.text import normal_email
from crm.users import User, UserRole

ROLE = click.option(
    "--role", type=click.Choice([role.value for role in UserRole]), required=True, help="Rôle."
)
NAME = click.option("--name", default="", help="Prénom et nom.")
FROM_COMMAND = "ligne de commande"


@click.group("users", cls=AppGroup)
def users() -> None:
    """Comptes de l’équipe."""


@users.command("add")
@click.argument("email")
@ROLE
@NAME
@click.option("--password-stdin", is_flag=True, help="Lit le mot de passe sur l’entrée standard.")
def add_user(email: str, role: str, name: str, password_stdin: bool) -> None:
    """Crée un compte, ou change le rôle et le mot de passe d’un compte."""
    address = _address(email)
    password = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Mot de passe", hide_input=True, confirmation_prompt=True)
    )
    user = _with_role(address, role, name)
    try:
        user.set_password(password, *network_words())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    user.disabled_at = None
    db.session.add(user)
    db.session.flush()
    end_all(user)
    record(Did.CHANGED_RIGHTS, about=user, detail=f"{role}, {FROM_COMMAND}")
    db.session.commit()
    click.echo(f"{address} peut se connecter ({UserRole(role).label}).")


@users.command("invite")
@click.argument("email")
@ROLE
@NAME
def invite_user(email: str, role: str, name: str) -> None:
    """Envoie à cette adresse un lien pour choisir son mot de passe."""
    user = _with_role(_address(email), role, name)
    user.disabled_at = None
    db.session.add(user)
    db.session.flush()
    emails.invite(user, by=None)
    record(Did.INVITED, about=user, detail=f"{role}, {FROM_COMMAND}")
    db.session.commit()
    wake()
    click.echo(f"Une invitation part vers {user.email} ({user.role.label}).")


@users.command("unlock")
@click.argument("email")
def unlock_user(email: str) -> None:
    """Retire le second facteur d’un compte, dont le téléphone est perdu."""
    user = User.find(_address(email))
    if user is None:
        raise click.ClickException(f"Aucun compte à l’adresse {email}.")
    factor.remove(user)
    end_all(user)
    record(Did.REMOVED_FACTOR, about=user, detail=FROM_COMMAND)
    emails.told(user, "l’administration a retiré le second facteur de votre compte")
    db.session.commit()
    wake()
    click.echo(f"{user.email} se connecte de nouveau avec son seul mot de passe.")


def _address(typed: str) -> str:
    address = normal_email(typed)
    if address is None:
        raise click.ClickException(f"«\u00a0{typed}\u00a0» n’est pas une adresse complète.")
    return address


def _with_role(address: str, role: str, name: str) -> User:
    user = User.find(address) or User(email=address)
    user.role, user.name = UserRole(role), name or user.name or ""
    return user
