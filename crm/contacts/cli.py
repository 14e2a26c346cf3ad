"""`crm contacts …`."""

import click
from flask.cli import AppGroup

from crm.contacts.index import reindex_all
from crm.db import db
from crm.filters import plural

contacts = AppGroup("contacts", help="Organisations et personnes.")


@contacts.command("reindex")
def reindex() -> None:
    """Refait la recherche à partir des fiches."""
    with click.progressbar(length=1, label="Fiches relues") as bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        total = reindex_all(advance)
    db.session.commit()
    click.echo(f"{plural(total, 'fiche')} dans la recherche.")
