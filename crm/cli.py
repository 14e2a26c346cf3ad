"""The `crm` command. Each feature brings its own group; this module brings the house's."""

import gettext
import os
import sys

# Click says its own words through gettext: they are in crm/locale.
os.environ["LANGUAGE"] = "fr"
gettext.bindtextdomain("messages", os.path.join(os.path.dirname(__file__), "locale"))

import click  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from flask import Flask, current_app  # noqa: E402
from flask.cli import AppGroup, ScriptInfo, with_appcontext  # noqa: E402

from crm import jobs, serve  # noqa: E402
from crm.accounts.cli import users  # noqa: E402
from crm.config import Settings  # noqa: E402
from crm.contacts.cli import contacts  # noqa: E402
from crm.db import db  # noqa: E402
from crm.environment import SettingError  # noqa: E402
from crm.events.cli import events  # noqa: E402
from crm.keeping.cli import COMMANDS  # noqa: E402
from crm.keeping.upgrade import NotUpgraded, bring_up_to_date  # noqa: E402
from crm.newsletter.cli import newsletter  # noqa: E402
from crm.requests.cli import requests  # noqa: E402

HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=HELP)
def crm() -> None:
    """Maillage : contacts, lettres, demandes et événements d’un réseau."""


def main() -> None:
    """The entry point of the `crm` command: exit status 0, 1 (failed) or 2 (misused)."""
    from crm.app import create_app

    try:
        crm(obj=ScriptInfo(create_app=create_app))
    except SettingError as error:
        click.echo(f"Réglage à corriger\u00a0: {error}", err=True)
        sys.exit(1)
    except sa.exc.OperationalError as error:
        click.echo(f"La base de données ne répond pas\u00a0: {error.orig}", err=True)
        sys.exit(1)
    except sa.exc.ProgrammingError as error:
        click.echo(
            f"La base n’est pas à jour («\u00a0crm db upgrade\u00a0»)\u00a0: {error.orig}", err=True
        )
        sys.exit(1)


def register(app: Flask) -> None:
    """Nothing to add to Flask's own command: ours is `crm`."""
    app.cli.commands.clear()


@crm.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d’écoute.")
@click.option("--port", default=8000, show_default=True, help="Port, ou le suivant s’il est pris.")
@click.option("--workers", default=2, show_default=True, help="Nombre de processus.")
@click.option("--worker", is_flag=True, help="Lance aussi l’exécutant de tâches.")
@click.option(
    "--demo", is_flag=True, help="Prépare la base et, si elle est vide, le réseau fictif."
)
def serve_command(host: str, port: int, workers: int, worker: bool, demo: bool) -> None:
    """Sert le site."""
    serve.run(host, port, workers, with_worker=worker, demo=demo)


@crm.command("worker")
@click.option("--threads", default=2, show_default=True, help="Tâches menées de front.")
@with_appcontext
def worker_command(threads: int) -> None:
    """Exécute les tâches de fond : envois, relevés, rappels."""
    jobs.consumer(current_app._get_current_object(), threads).run()  # type: ignore[attr-defined]


@crm.command("seed")
@click.option(
    "--size",
    type=click.Choice(["mini", "reseau"]),
    default="reseau",
    show_default=True,
    help="Quelques dizaines de fiches, ou un réseau entier.",
)
@with_appcontext
def seed_command(size: str) -> None:
    """Remplit une base vide avec un réseau fictif."""
    from crm import seed

    if not seed.is_empty():
        raise click.ClickException("La base contient déjà des données\u00a0: rien n’a été ajouté.")
    seed.fill(size, progress=True)
    db.session.commit()
    for line in seed.logins():
        click.echo(line)


@crm.group("db", cls=AppGroup)
def database() -> None:
    """Base de données."""


@database.command("upgrade")
@click.option("--no-backup", is_flag=True, help="Ne sauvegarde ni ne répète rien avant.")
def upgrade_command(no_backup: bool) -> None:
    """Crée les tables, ou les met à jour, après une sauvegarde et une répétition sur une copie."""
    try:
        bring_up_to_date(Settings.current(), click.echo, is_saved=not no_backup)
    except NotUpgraded as error:
        raise click.ClickException(str(error)) from error


crm.add_command(contacts)
crm.add_command(events)
crm.add_command(newsletter)
crm.add_command(requests)
crm.add_command(users)
for command in COMMANDS:
    crm.add_command(command)
