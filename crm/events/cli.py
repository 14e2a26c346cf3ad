"""The command `crm events`: reminders, and past tables read in."""

from pathlib import Path

import click
from flask.cli import AppGroup

from crm.db import db
from crm.events.rehearse_table import Outcome, Rehearsal, rehearse
from crm.events.remind import remind
from crm.events.take_in import apply
from crm.filters import plural

events = AppGroup("events", help="Événements\u00a0: rappeler, reprendre les tableaux passés.")


@events.command("remind")
def remind_command() -> None:
    """Rappelle aux personnes inscrites les événements du lendemain."""
    click.echo(f"{plural(remind(), 'rappel écrit', 'rappels écrits')}.")


@events.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--apply", "applies", is_flag=True, help="Applique\u00a0; sinon, dit ce qui serait fait."
)
@click.option("--create-missions", is_flag=True, help="Crée les missions inconnues.")
def import_table(file: Path, applies: bool, create_missions: bool) -> None:
    """Reprend un tableau passé, CSV ou XLSX, un événement par ligne."""
    try:
        rehearsal = rehearse(file.read_bytes(), create_missions=create_missions)
        tell(rehearsal, each=not applies)
        done = apply(rehearsal, name=file.name) if applies else []
    except ValueError as error:
        db.session.rollback()
        raise click.ClickException(str(error)) from error
    if not applies:
        db.session.rollback()
        click.echo("Rien n’a été changé. Pour appliquer\u00a0: ajoutez --apply.")
        return
    db.session.commit()
    click.echo(f"{plural(len(done), 'événement repris', 'événements repris')}.")


def tell(rehearsal: Rehearsal, *, each: bool) -> None:
    """What is done: the lines that are not plain (or `each` one), then the totals."""
    for heading in rehearsal.table.ignored:
        click.echo(f"  {heading} → (laissée de côté)")
    for line in rehearsal.lines:
        said = "".join(f"\u00a0; {words}" for words in line.said)
        if each or said or line.outcome is Outcome.REFUSED:
            row = line.row
            days = row.typed["dates"].strip()
            title = f"«\u00a0{row.title}\u00a0»" if row.title else "sans titre"
            click.echo(f"Ligne {row.line}, {title}, {days}\u00a0: {line.outcome.label}{said}")
    for words in rehearsal.unknown_missions.values():
        click.echo(f"Mission inconnue\u00a0: «\u00a0{words}\u00a0».")
    click.echo(rehearsal.sentence)
