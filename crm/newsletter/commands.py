"""`crm newsletter draft`, `schedule`, `send`, `status`: a number, from recipe to readers."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import click
import sqlalchemy as sa

from crm.acts import Did, record_mine
from crm.config import Settings
from crm.db import db, now
from crm.filters import PARIS, moment, plural, today
from crm.holds import is_held
from crm.jobs import enqueue
from crm.newsletter import programme
from crm.newsletter.checks.look import blocking
from crm.newsletter.compose import compose
from crm.newsletter.deliveries import PENDING, Delivery, State
from crm.newsletter.delivery import schedule
from crm.newsletter.delivery.courtesy import Courtesy
from crm.newsletter.delivery.deliver import deliver_due, send_due
from crm.newsletter.issues import Issue, Publication

# Recipients put off for so short a time are waited for: the command ends when nothing is left.
PATIENCE = timedelta(seconds=60)
STATES = (
    State.QUEUED, State.SENDING, State.DEFERRED, State.SENT, State.FAILED, State.BOUNCED,
    State.SUPPRESSED,
)  # fmt: skip


class ParisMoment(click.ParamType[datetime]):
    """« 2026-12-01 09:00 », as read on a clock in Paris."""

    name = "moment"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"« {value} » ne se lit pas comme « 2026-12-01 09:00 ».", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=PARIS)


@click.argument("slug")
def draft(slug: str) -> None:
    """Compose le prochain numéro d’une lettre à partir de sa recette et écrit son numéro."""
    publication, on = publication_named(slug), today()
    programme.bring(on)
    issue = compose(publication, on)
    db.session.commit()
    click.echo(issue.number)


@click.argument("slug")
@click.argument("number", type=int)
@click.option("--at", type=ParisMoment(), help="Heure de Paris ; tout de suite si elle manque.")
def plan(slug: str, number: int, at: datetime | None) -> None:
    """Décide l’envoi d’un numéro, tel qu’il se lit maintenant."""
    issue = _issue(slug, number)
    try:
        schedule.schedule(issue, at or now(), in_spite_of_doubts=True)
    except schedule.Refused as refused:
        raise click.ClickException(str(refused)) from refused
    found = (one.words for one in blocking(issue))
    for doubt in dict.fromkeys((*schedule.doubts(issue), *found)):
        click.echo(f"Attention\u00a0: {doubt}", err=True)
    when = f"partira {moment(at)}" if at and at > now() else "est prêt à partir"
    count = plural(schedule.count_recipients(issue), "abonné")
    record_mine(Did.SCHEDULED, issue, f"{count}, ligne de commande")
    db.session.commit()
    enqueue(send_due)
    click.echo(f"{issue.title} {when}, vers {count}.")


@click.option("--wait", is_flag=True, help="Attend aussi ceux qui sont remis à plus tard.")
def send(wait: bool) -> None:
    """Envoie ce qui doit partir et reprend ce qui a été interrompu."""
    if quiet := Courtesy.current().quiet_until_when(now()):
        click.echo(f"Heures calmes\u00a0: rien ne part avant {moment(quiet)}.")
        return
    if is_held():
        click.echo(
            "Une sauvegarde a été restaurée\u00a0: rien ne part avant «\u00a0crm resume\u00a0»."
        )
        return
    trouble = _send()
    while not trouble and (pause := _pause(wait)) is not None:
        time.sleep(pause)
        trouble = _send()
    count, first = _waiting()
    if count:
        people = plural(count, "destinataire attend", "destinataires attendent")
        click.echo(f"{people} un nouvel essai, le premier {moment(first)}.")
    if trouble:
        raise click.ClickException(f"L’envoi s’est arrêté\u00a0: {trouble}. Relancez la commande.")
    paused = db.session.scalars(Issue.paused()).all()
    for issue in paused:
        click.echo(f"{issue.title} est en pause.")
    click.echo("Rien d’autre à envoyer pour l’instant." if count or paused else "Tout est envoyé.")


@click.argument("slug")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="Pour un programme.")
def status(slug: str, number: int, as_json: bool) -> None:
    """Dit où en est l’envoi d’un numéro."""
    issue = _issue(slug, number)
    counts = _counts(issue)
    if as_json:
        click.echo(json.dumps({state.value: count for state, count in counts.items()}))
        return
    click.echo(f"{issue.title}\u00a0: {_progress(issue)}")
    for state, count in counts.items():
        click.echo(f"{state.label:<20}{count:>9}")
    if issue.trouble:
        click.echo(f"Ce qui le retient\u00a0: {issue.trouble}")


def publication_named(slug: str) -> Publication:
    found = Publication.find(slug)
    if found is None:
        slugs = ", ".join(db.session.scalars(sa.select(Publication.slug)))
        raise click.ClickException(f"La lettre « {slug} » n’existe pas. Il y a : {slugs}.")
    return found


def _issue(slug: str, number: int) -> Issue:
    publication = publication_named(slug)
    found = Issue.find(slug, number)
    if found is None:
        raise click.ClickException(f"{publication.name} n’a pas de numéro {number}.")
    return found


def _counts(issue: Issue) -> dict[State, int]:
    """Recipients in each state; before the first has a row, those who are to receive the issue."""
    counts = Delivery.counts(issue)
    if issue.is_scheduled:
        counts[State.QUEUED] = schedule.count_recipients(issue)
    counts[State.SENT] += counts[State.COMPLAINED]  # a complaint comes from someone who got it
    return {state: counts[state] for state in STATES}


def _progress(issue: Issue) -> str:
    if issue.sent_at:
        return f"envoyé, {moment(issue.sent_at)}"
    if issue.started_at:
        return f"envoi commencé {moment(issue.started_at)}"
    return f"partira {moment(issue.scheduled_at)}" if issue.scheduled_at else "brouillon"


def _send() -> str:
    """One run, with its progress bar; what stopped it, in French."""
    at = now()
    due = db.session.scalar(
        sa.select(sa.func.count()).where(
            Delivery.issue_id.in_(Issue.due(at).order_by(None).with_only_columns(Issue.id)),
            Delivery.state.in_(PENDING),
            sa.or_(Delivery.next_try_at <= at, _is_held()),
        )
    ) or 0  # fmt: skip
    beginning = [issue for issue in db.session.scalars(Issue.due(at)) if issue.started_at is None]
    due += sum(schedule.count_recipients(issue) for issue in beginning)
    db.session.commit()
    with click.progressbar(length=due, label="Envoi") as bar:
        advance: Callable[[int], None] = bar.update
        return deliver_due(Settings.current(), progress=advance)


def _is_held() -> sa.ColumnElement[bool]:
    return Delivery.state == State.SENDING


def _waiting() -> tuple[int, datetime | None]:
    """How many recipients are not settled yet, and when the first of them may be tried."""
    leaving = Issue.due(now()).order_by(None).with_only_columns(Issue.id)
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.min(Delivery.next_try_at)).where(
            Delivery.issue_id.in_(leaving), Delivery.state.in_(PENDING)
        )
    ).one()
    db.session.commit()
    return row[0], row[1]


def _pause(wait: bool) -> float | None:
    """Seconds before somebody can be tried again; None when that is not worth waiting for."""
    _, first = _waiting()
    if first is None or (not wait and first > now() + PATIENCE):
        return None
    # Another process may settle them meanwhile: have a look from time to time.
    return min(max(0.5, (first - now()).total_seconds()), 30)


COMMANDS: dict[str, Callable[..., None]] = {
    "draft": draft,
    "schedule": plan,
    "send": send,
    "status": status,
}
