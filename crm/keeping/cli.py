"""The commands that keep a network: backup, restore, resume, check, migrate-database."""

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from crm.acts import Did, record_mine
from crm.config import Settings, database_url
from crm.contacts.cli import bar
from crm.db import db, now
from crm.filters import moment, number, plural, weight
from crm.keeping import archive
from crm.keeping.archive import Damaged
from crm.keeping.backup import make
from crm.keeping.backups import Why
from crm.keeping.checkup import examine
from crm.keeping.findings import State
from crm.keeping.move import NotMoved, move, refill_search
from crm.keeping.nightly import adopt
from crm.keeping.rehearse import rehearse
from crm.keeping.restore import Restored, restore
from crm.keeping.resume import resume
from crm.keeping.tables import Uncopied
from crm.mail import wake

FILE = click.Path(path_type=Path)


@click.command("backup")
@click.argument("file", type=FILE)
@click.option("--no-check", is_flag=True, help="Ne la restaure pas pour voir.")
@with_appcontext
def backup(file: Path, no_check: bool) -> None:
    """Sauvegarde la base, les fichiers et les clés dans FILE, sans rien arrêter."""
    if file.is_dir():
        file = file / Why.ASKED.file_name(now())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with bar("Sauvegarde") as progress:
            made = make(Settings.current(), file.absolute(), progress)
        record_mine(Did.BACKED_UP, detail="ligne de commande")
        db.session.commit()
        click.echo(
            f"{file}\u00a0: {plural(len(made.tables), 'table')}, {plural(made.rows, 'ligne')}, "
            f"{plural(len(made.files), 'fichier')}, {weight(file.stat().st_size)}."
        )
        if not no_check:
            rehearse(file, Settings.current().instance)
            click.echo("Restaurée à part pour vérifier\u00a0: tout est là.")
    except (Damaged, Uncopied) as error:
        raise click.ClickException(f"La sauvegarde ne se restaure pas\u00a0: {error}.") from error
    except OSError as error:
        raise click.ClickException(f"Le disque refuse\u00a0: {error.strerror}.") from error


@click.command("restore")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Ne demande pas de confirmation.")
@with_appcontext
def restore_command(file: Path, yes: bool) -> None:
    """Remet tout comme dans la sauvegarde FILE ; les envois attendent ensuite « crm resume »."""
    settings = Settings.current()
    try:
        with archive.reading(file) as found:
            made_at = found.manifest.made_at
            found.check()
        if not yes and sys.stdin.isatty():
            click.confirm(
                f"Tout ce qui a été fait après {moment(made_at)} sera remplacé. Continuer\u00a0?",
                abort=True,
            )
        _save_first(settings)
        with bar("Restauration") as progress:
            done = restore(settings, file, progress)
        adopt(settings)
        record_mine(Did.RESTORED, detail="ligne de commande")
        db.session.commit()
    except FileNotFoundError as error:
        raise click.ClickException(f"Il n’y a pas de fichier {file}.") from error
    except (Damaged, Uncopied) as error:
        raise click.ClickException(
            f"Cette sauvegarde ne peut pas être restaurée\u00a0: {error}. Rien n’a changé."
        ) from error
    except OSError as error:
        raise click.ClickException(f"Le disque refuse\u00a0: {error.strerror}.") from error
    _say(done, settings)


def _save_first(settings: Settings) -> None:
    """What is about to be replaced is kept, when it can still be read."""
    settings.backup_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = settings.backup_folder / Why.RESTORE.file_name(now())
    try:
        make(settings, file)
    except (sa.exc.SQLAlchemyError, Uncopied, OSError):
        click.echo("Il n’y a pas de base lisible à sauvegarder avant.")
    else:
        click.echo(f"L’état actuel est gardé dans {file}.")


def _say(done: Restored, settings: Settings) -> None:
    click.echo(
        f"Tout est revenu comme {moment(done.manifest.made_at)}\u00a0: "
        f"{plural(done.manifest.rows, 'ligne')}."
    )
    if done.erased_again:
        again = plural(
            done.erased_again,
            "effacement ou désabonnement fait depuis a été refait",
            "effacements ou désabonnements faits depuis ont été refaits",
        )
        click.echo(f"{again}.")
    if done.set_aside:
        click.echo(f"Les fichiers remplacés sont dans {done.set_aside}.")
    if "secret_key" in done.files:
        click.echo("La clé secrète a changé\u00a0: relancez le site et l’exécutant de tâches.")
    if done.old_keys:
        click.echo(
            f"La clé de cette sauvegarde n’est pas celle de CRM_SECRET_KEY\u00a0: ajoutez ce que "
            f"contient {done.old_keys} à CRM_SECRET_KEY_OLD pour que les anciens liens s’ouvrent."
        )
    click.echo(
        "Les envois sont en pause jusqu’à «\u00a0crm resume\u00a0», ou votre feu vert sur le site."
    )


@click.command("resume")
@click.option("--drop-mails", is_flag=True, help="N’envoie pas les courriels écrits avant.")
@with_appcontext
def resume_command(drop_mails: bool) -> None:
    """Laisse repartir les envois après une restauration."""
    kept_back = resume(None, sends_mails=not drop_mails).issues
    db.session.commit()
    wake()
    for issue in kept_back:
        click.echo(f"{issue.title} est retenu\u00a0: décidez sur sa page s’il doit encore partir.")
    click.echo("Les envois reprennent.")


@click.command("check")
@with_appcontext
def check() -> None:
    """Dit ce qui ne va pas dans cette installation ; 0 si tout va bien, 1 sinon."""
    found = examine(Settings.current(), thorough=True)
    for one in found:
        click.echo(f"{one.state.sign} {one.title}\u00a0: {one.said}")
        if one.advice:
            click.echo(f"    {one.advice}")
    wrong = sum(one.state is State.WRONG for one in found)
    click.echo(f"{plural(wrong, 'point')} à corriger." if wrong else "Rien à corriger.")
    sys.exit(1 if wrong else 0)


@click.command("migrate-database")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@with_appcontext
def migrate_database(source: str, target: str) -> None:
    """Copie tout de la base FROM vers la base TO, vide, et compare les sommes de contrôle."""
    try:
        here, there = database_url(source), database_url(target)
        with bar("Copie") as progress:
            moved = move(here, there, progress)
    except NotMoved as error:
        raise click.ClickException(str(error)) from error
    except (Damaged, Uncopied) as error:
        raise click.ClickException(f"Rien n’a été gardé\u00a0: {error}.") from error
    for one in moved:
        if one.rows:
            click.echo(f"{one.name:<28}{number(one.rows):>12}  {one.sha256[:16]}")
    refill_search(Settings.current(), there)
    rows = plural(sum(one.rows for one in moved), "ligne")
    click.echo(
        f"{rows}, les mêmes sommes de contrôle des deux côtés. Donnez maintenant cette adresse à "
        "CRM_DATABASE_URL et relancez le site et l’exécutant de tâches."
    )


COMMANDS = (backup, restore_command, resume_command, check, migrate_database)
