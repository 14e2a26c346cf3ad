"""`crm contacts …`: files in and out, the search made again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from crm.acts import Did, record_mine
from crm.contacts.duplicates.detect import find_duplicates, keep
from crm.contacts.files import intake, undo
from crm.contacts.files.columns import COLUMNS
from crm.contacts.files.export import as_csv, as_xlsx, columns_of, everyone
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.mappings import Fields, check, mapping_for, read_mapping
from crm.contacts.files.rehearse import Line, Rehearsal, rehearse
from crm.contacts.files.say import Change
from crm.contacts.files.spreadsheets import read_table
from crm.contacts.kinds import ContactKind
from crm.contacts.search.correct import correct
from crm.contacts.search.index import reindex_all
from crm.db import db, start_reading
from crm.filters import plural

Progress = Callable[[int, int], None]

contacts = AppGroup("contacts", help="Organisations et personnes.")


@contextmanager
def bar(label: str) -> Iterator[Progress]:
    """A progress bar for what tells how far it is: what is done, out of how much."""
    with click.progressbar(length=1, label=label) as shown:

        def advance(done: int, total: int) -> None:
            shown.length = max(total, 1)
            shown.update(done - shown.pos)

        yield advance


@contacts.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "applies", is_flag=True, help="Applique ; sinon, dit ce qui serait fait.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ce que disent les colonnes\u00a0: JSON, ou tableau «\u00a0titre\u00a0; champ\u00a0».",
)
@click.option("--create-terms", is_flag=True, help="Crée les termes inconnus des vocabulaires.")
def import_contacts(file: Path, applies: bool, mapping: Path | None, create_terms: bool) -> None:
    """Importe un tableau CSV ou XLSX d’organisations et de personnes."""
    try:
        table = read_table(file.read_bytes())
        fields = mapping_for(table.headings)
        if mapping is not None:
            fields = check(table.headings, read_mapping(mapping.read_bytes()))
        if applies:
            _apply(file, table.headings, fields, creates_terms=create_terms)
            return
        start_reading()  # nobody waits meanwhile
        with bar("Lecture") as progress:
            told = rehearse(table, fields, creates_terms=create_terms, progress=progress)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    tell(told, each=True)
    click.echo("Rien n’a été changé. Pour appliquer\u00a0: ajoutez --apply.")


def _apply(file: Path, headings: Sequence[str], fields: Fields, *, creates_terms: bool) -> None:
    """Have it done here and now. Raises ValueError, and says why."""
    record = intake.keep(file.name, file.read_bytes(), list(headings))
    intake.correct(record, list(headings), fields)
    record.creates_terms = creates_terms
    intake.ask(record)
    db.session.commit()
    with bar("Import") as progress:
        told = intake.carry_out(record.id, progress)
    if told is None:
        raise ValueError(" ".join(word for said in record.messages for word in said["words"]))
    tell(told, each=False)
    record_mine(Did.IMPORTED, record, "ligne de commande")
    db.session.commit()
    click.echo(f"Import {record.id} appliqué. Pour l’annuler\u00a0: crm contacts undo {record.id}")


def tell(rehearsal: Rehearsal, *, each: bool) -> None:
    """What is done: the columns, the lines that are not plain (or `each` one), the totals."""
    for heading, key in rehearsal.fields.items():
        click.echo(f"  {heading} → {COLUMNS[key].label if key else '(laissée de côté)'}")
    for line in rehearsal.lines:
        said = [*line.problems, *_likely(line), *line.remarks]
        if each:
            said += [_changed(change) for change in line.changes]
        if said:
            words = "\u00a0; ".join(said)
            click.echo(f"Ligne {line.number}, {line.title}, {line.outcome.label}\u00a0: {words}")
    for vocabulary, label, count in rehearsal.unknown_terms:
        click.echo(f"« {label} » n’est pas dans « {vocabulary.label} » ({count} fois).")
    totals = (f"{count} {outcome.label}" for outcome, count in rehearsal.totals.items())
    click.echo(f"{plural(len(rehearsal.lines), 'ligne')}\u00a0: {', '.join(totals)}.")


def _likely(line: Line) -> Iterator[str]:
    for doubt in line.doubts:
        for candidate in doubt.candidates:
            reasons = ", ".join(candidate.reasons)
            yield f"« {doubt.name} » ressemble à « {candidate.name} » ({reasons})"


def _changed(change: Change) -> str:
    old = f"«\u00a0{change.old}\u00a0» → " if change.old else ""
    return f"{change.label}\u00a0: {old}«\u00a0{change.new}\u00a0»"


@contacts.command("undo")
@click.argument("number", type=int, required=False)
def undo_import(number: int | None) -> None:
    """Annule un import, le dernier si aucun n’est dit, sauf ce que quelqu’un a changé depuis.

    Les autres travaillent pendant ce temps. Interrompue, l’annulation reprend d’elle-même.
    """
    record = _to_undo(number)
    if record is None:
        raise click.ClickException(
            f"L’import {number} n’existe pas." if number else "Il n’y a aucun import à annuler."
        )
    try:
        undo.ask(record)
        record_mine(Did.IMPORTED, record, "annulé, ligne de commande")
        db.session.commit()
        with bar("Annulation") as progress:
            undone = undo.carry_out(record.id, progress)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for left in undone.left:
        where = "" if left.is_term else f" (ligne {left.line})"
        click.echo(f"Laissé{'' if left.is_term else 'e'}\u00a0: {left.title}{where}, {left.why}.")
    removed = plural(undone.removed, "fiche retirée", "fiches retirées")
    restored = plural(undone.restored, "fiche remise", "fiches remises")
    click.echo(f"{removed}, {restored} comme avant.")
    if record.stage is not Stage.UNDONE:
        raise click.ClickException(
            f"L’annulation s’est arrêtée. Pour la reprendre\u00a0: crm contacts undo {record.id}"
        )


def _to_undo(number: int | None) -> Import | None:
    """This import, or the last one that can be undone, or is being."""
    if number is not None:
        return db.session.get(Import, number)
    stages = Stage.APPLIED, Stage.UNDOING, Stage.HALTED
    return db.session.scalars(Import.latest().where(Import.stage.in_(stages))).first()


@contacts.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["organisations", "personnes"]),
    default="organisations",
    show_default=True,
    help="Quelles fiches.",
)
def export_contacts(file: Path, kind: str) -> None:
    """Écrit toutes les fiches dans un fichier, CSV ou XLSX selon sa fin."""
    chosen = ContactKind.PERSON if kind == "personnes" else ContactKind.ORGANISATION
    found, columns = everyone(chosen), columns_of(chosen)
    with bar("Fiches écrites") as progress:
        if file.suffix.lower() == ".xlsx":
            as_xlsx(file, found, columns, progress)
        elif file.suffix.lower() == ".csv":
            with file.open("wb") as out:
                out.writelines(as_csv(found, columns, progress))
        else:
            raise click.ClickException("Le nom du fichier se termine par .csv ou .xlsx.")
    record_mine(Did.EXPORTED, detail=f"{chosen.label.lower()}, ligne de commande")
    db.session.commit()
    click.echo(f"{file} est écrit.")


@contacts.command("duplicates")
def look_for_duplicates() -> None:
    """Cherche maintenant les fiches en double, sans attendre la nuit."""
    for kind in ContactKind:
        with bar(kind.label) as progress:
            found = find_duplicates(kind, progress)
        count = keep(kind, found)
        db.session.commit()
        click.echo(f"{kind.label}\u00a0: {plural(count, 'paire')} à regarder.")


@contacts.command("reindex")
@click.option(
    "--scratch",
    is_flag=True,
    help="Vide la recherche et la refait d’un coup, si elle est abîmée. Pendant ce temps, ce qui "
    "enregistre attend (SQLite), ou la recherche (PostgreSQL)\u00a0: quelques secondes pour "
    "3\u202f000\u00a0fiches, trois minutes pour 100\u202f000 sur une machine occupée.",
)
def reindex(scratch: bool) -> None:
    """Compare la recherche aux fiches et la corrige, pendant que les autres travaillent."""
    with bar("Fiches relues") as progress:
        if scratch:
            total, said = reindex_all(progress), ""
        else:
            found = correct(progress)
            total, said = found.total, f", {plural(found.count, 'corrigée')}"
    db.session.commit()
    click.echo(f"{plural(total, 'fiche')} dans la recherche{said}.")
