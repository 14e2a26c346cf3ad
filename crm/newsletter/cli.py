"""`crm newsletter …`."""

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from crm.config import Settings
from crm.contacts.files.spreadsheets import read_table
from crm.db import db
from crm.filters import near, plural
from crm.mailbox import Unavailable
from crm.newsletter.commands import COMMANDS, publication_named
from crm.newsletter.feeds.fetch import Arrival, fetch_each
from crm.newsletter.feeds.reach import Unreachable
from crm.newsletter.feeds.web import check_address
from crm.newsletter.issues import Publication
from crm.newsletter.items import Feed, Kind
from crm.newsletter.readers.enrol import Enrolment, enrol
from crm.newsletter.returns.collect import Account as Returns
from crm.newsletter.returns.collect import collect, lines
from crm.newsletter.returns.refusals import count_refusals
from crm.text import cut, one_line

KINDS = [kind.value for kind in Kind]
NO_FEED = "Aucune source n’est suivie\u00a0: crm newsletter feeds add ADRESSE --kind GENRE"

newsletter = AppGroup("newsletter", help="Lettres\u00a0: contenus, numéros, abonnés, envois.")


@newsletter.group("feeds", cls=AppGroup)
def feeds() -> None:
    """Sources : les adresses du site qui sont relues."""


@feeds.command("add")
@click.argument("url")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Ce que publie la source.")
@click.option("--title", default="", help="Nom de la source\u00a0; sinon celui qu’elle se donne.")
def add_feed(url: str, kind: str, title: str) -> None:
    """Suit une source : RSS, Atom, JSON Feed ou WordPress (/wp-json/wp/v2/posts)."""
    try:
        address = check_address(url)
    except Unreachable as error:
        raise click.ClickException(str(error)) from error
    known = Feed.find(address)
    if known is not None:
        raise click.ClickException(f"Cette adresse est déjà suivie ({known.kind.plural}).")
    db.session.add(Feed(url=address, kind=Kind(kind), title=cut(one_line(title), 200)))
    db.session.commit()
    click.echo(f"{address} est suivie ({Kind(kind).plural}). Pour la lire : crm newsletter fetch")


@feeds.command("list")
def list_feeds() -> None:
    """Montre les sources et ce que leur dernière lecture a donné."""
    found = db.session.scalars(Feed.all()).all()
    for feed in found:
        click.echo(f"{feed.kind.value:<9} {feed.url}\n          {_state(feed)}")
    if not found:
        click.echo(NO_FEED)


@newsletter.command("fetch")
@click.pass_context
def fetch_command(context: click.Context) -> None:
    """Lit les sources et en garde les contenus nouveaux ou changés."""
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Feed.active().subquery())) or 0
    db.session.commit()
    arrivals = fetch_each(allow=Settings.current().feed_allow)
    with click.progressbar(arrivals, length=count, label="Lecture des sources") as progress:
        lines = list(progress)
    for arrival in lines:
        click.echo(f"{arrival.name}\u00a0: {_outcome(arrival)}")
    if not lines:
        click.echo(NO_FEED)
    elif all(arrival.error for arrival in lines):
        context.exit(1)


@newsletter.group("subscribers", cls=AppGroup)
def subscribers() -> None:
    """Abonnés : reprendre une liste."""


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--publication", "slug", required=True, help="La lettre, par exemple resaclic.")
@click.option("--consent", "wording", required=True, help="Comment ces personnes ont accepté.")
def import_subscribers(file: Path, slug: str, wording: str) -> None:
    """Abonne les personnes d’un tableau CSV ou XLSX ; « email » en est la seule colonne requise."""
    publication = publication_named(slug)
    try:
        table = read_table(file.read_bytes())
        lines = enrol(table, publication, wording.strip(), f"liste «\u00a0{file.name}\u00a0»")
        with click.progressbar(lines, length=len(table.rows), label="Reprise de la liste") as bar:
            account = next(reversed(list(bar)), Enrolment())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    db.session.commit()
    _tell(account, publication)


@newsletter.command("bounces")
@click.argument("path")
def bounces(path: str) -> None:
    """Lit ce qui est revenu : un message, un dossier de messages, une boîte mbox ou Maildir.

    PATH peut aussi être « - » (l’entrée standard) ou une adresse imaps://nom:mot-de-passe@serveur.
    Un retour lu deux fois ne compte qu’une fois.
    """
    account = Returns()
    try:
        for account in collect(path):
            if sys.stderr.isatty():
                click.echo(f"\r{plural(account.messages, 'message')}", nl=False, err=True)
    except Unavailable as unavailable:
        raise click.ClickException(str(unavailable)) from unavailable
    count_refusals()
    for line in lines(account):
        click.echo(line)


def _tell(account: Enrolment, publication: Publication) -> None:
    new = plural(account.added, "nouvelle personne abonnée", "nouvelles personnes abonnées")
    click.echo(f"{publication.name}\u00a0: {new}.")
    if account.confirmed:
        click.echo(f"{plural(account.confirmed, 'inscription en attente confirmée')}.")
    if account.known:
        click.echo(f"{plural(account.known, 'adresse déjà abonnée', 'adresses déjà abonnées')}.")
    if account.gone:
        click.echo(
            f"{plural(account.gone, 'adresse laissée', 'adresses laissées')} de côté\u00a0: "
            "désinscrite par la personne, ou qui ne répond plus."
        )
    for number, why in account.refused:
        click.echo(f"Ligne {number} refusée\u00a0: {why}.", err=True)


def _outcome(arrival: Arrival) -> str:
    parts = []
    if arrival.new:
        parts.append(plural(arrival.new, "contenu nouveau", "contenus nouveaux"))
    if arrival.changed:
        parts.append(plural(arrival.changed, "contenu changé", "contenus changés"))
    if not parts and arrival.error:
        return arrival.error
    return f"{', '.join(parts) or 'rien de nouveau'}. {arrival.error}".rstrip()


def _state(feed: Feed) -> str:
    if feed.paused_at:
        return "en pause"
    worked = f"lue {near(feed.succeeded_at)}" if feed.succeeded_at else "jamais lue"
    return f"{worked}. {feed.error}".rstrip() if feed.error else worked


for name, function in COMMANDS.items():
    newsletter.command(name)(function)
