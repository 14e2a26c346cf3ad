"""The command `crm requests`: reading the mails that come back."""

import click
from flask.cli import AppGroup

from crm.config import Settings
from crm.filters import plural
from crm.mailbox import Unavailable
from crm.requests.receive import read

requests = AppGroup("requests", help="Demandes : lire les courriels, tenir la file.")


@requests.command("fetch")
@click.argument("place", required=False)
def fetch(place: str | None) -> None:
    """Lit les courriels de PLACE : imaps://…, un dossier, un mbox, un .eml ou « - ».

    Sans PLACE, lit la boîte du réglage CRM_REQUESTS_MAILBOX.
    """
    chosen = place or Settings.current().requests_mailbox
    if not chosen:
        raise click.UsageError("Donnez un emplacement, ou réglez CRM_REQUESTS_MAILBOX.")
    try:
        account = read(chosen)
    except Unavailable as error:
        raise click.ClickException(str(error)) from error
    for outcome, count in sorted(account.items()):
        click.echo(f"{plural(count, 'courriel')} : {outcome}")
    if not account:
        click.echo("Aucun courriel à lire.")
