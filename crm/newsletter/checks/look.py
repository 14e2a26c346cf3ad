"""Looking: every check, in the order a reader would mind."""

from collections.abc import Iterator
from datetime import date

from crm.config import Settings
from crm.filters import local, today
from crm.identity import Identity
from crm.newsletter.checks import letter, links, pictures, texts, timing
from crm.newsletter.checks.findings import Finding
from crm.newsletter.content import Content
from crm.newsletter.issues import Issue
from crm.newsletter.render import render


def look(issue: Issue, on: date | None = None) -> list[Finding]:
    """What there is to say of a draft that leaves on the day `on`; the blocking ones first."""
    return sorted(_all(issue, on or departure(issue)), key=lambda found: not found.is_blocking)


def blocking(issue: Issue, on: date | None = None) -> list[Finding]:
    return [found for found in look(issue, on) if found.is_blocking]


def departure(issue: Issue) -> date:
    """The day it is scheduled for; else the day it is planned for, today at the earliest."""
    if issue.scheduled_at is not None:
        return local(issue.scheduled_at).date()
    return max(issue.planned_on, today())


def _all(issue: Issue, on: date) -> Iterator[Finding]:
    identity = Identity.current()
    mail = render(Content.of(issue), identity, Settings.current().base_url)
    yield from texts.subject(issue)
    yield from texts.emptiness(issue)
    yield from timing.deadlines(issue, on)
    yield from timing.repeats(issue)
    yield from links.links(issue)
    yield from pictures.descriptions(issue)
    yield from pictures.absences(issue)
    yield from pictures.weights(issue)
    yield from letter.size(mail)
    yield from letter.outline(mail)
    yield from letter.colours(identity)
    yield from letter.foot(mail, identity)
    yield from texts.typography(issue)
    yield from texts.recipe(issue)
    yield from timing.tiredness(issue)
