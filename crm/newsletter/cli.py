"""`crm newsletter …`."""

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from crm.config import Settings
from crm.db import db
from crm.filters import near, plural
from crm.newsletter.fetch import Arrival, fetch_each
from crm.newsletter.items import Feed, Kind
from crm.newsletter.reach import Unreachable
from crm.newsletter.web import check_address
from crm.text import cut, one_line

KINDS = [kind.value for kind in Kind]
NO_FEED = "Aucune source n’est suivie : crm newsletter feeds add ADRESSE --kind GENRE"

newsletter = AppGroup("newsletter", help="Lettres : contenus, numéros, abonnés, envois.")


@newsletter.group("feeds", cls=AppGroup)
def feeds() -> None:
    """Sources : les adresses du site qui sont relues."""


@feeds.command("add")
@click.argument("url")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Ce que publie la source.")
@click.option("--title", default="", help="Nom de la source ; sinon celui qu’elle se donne.")
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
    click.echo(f"{address} est suivie ({Kind(kind).plural}). Pour la lire : crm newsletter fetch")


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
        click.echo(f"{arrival.name} : {_outcome(arrival)}")
    if not lines:
        click.echo(NO_FEED)
    elif all(arrival.error for arrival in lines):
        context.exit(1)


def _outcome(arrival: Arrival) -> str:
    if arrival.error and not arrival.new and not arrival.changed:
        return arrival.error
    new = plural(arrival.new, "contenu nouveau", "contenus nouveaux")
    changed = plural(arrival.changed, "contenu changé", "contenus changés")
    return f"{new}, {changed}. {arrival.error}".rstrip()


def _state(feed: Feed) -> str:
    if feed.paused_at:
        return "en pause"
    worked = f"lue {near(feed.succeeded_at)}" if feed.succeeded_at else "jamais lue"
    return f"{worked}. {feed.error}".rstrip() if feed.error else worked
