"""Issues in each of their states, for the pages that show them."""

from datetime import timedelta

from factories import in_days, item, resaclic, subscriber

from crm.db import db, now
from crm.newsletter.compose import compose
from crm.newsletter.delivery import schedule
from crm.newsletter.issues import Issue, Section
from crm.newsletter.items import Kind

FEATURE, REGION, FUNDING = "À la une", "Actualités de la région", "Financements"


def draft(news: int = 3, funding: int = 0) -> Issue:
    """A draft of RESA'CLIC: one front page story, the other news, the calls."""
    for _ in range(news):
        item()
    for days in range(funding):
        item(Kind.FUNDING, ends_on=in_days(30 + days))
    issue = compose(resaclic(), in_days(1))
    db.session.commit()
    return issue


def decided(at=None, **counts) -> Issue:
    """A number that no longer changes: it leaves in an hour, for one subscriber."""
    issue = draft(**counts)
    subscriber()
    db.session.flush()
    schedule.schedule(issue, at or now() + timedelta(hours=1))
    db.session.commit()
    return issue


def section(issue: Issue, title: str) -> Section:
    return next(section for section in issue.sections if section.title == title)


def titles(issue: Issue, title: str) -> list[str]:
    return [placement.title for placement in section(issue, title).placements]


def layout(issue: Issue) -> dict[str, list[str]]:
    """Everything the issue says, section by section, in order."""
    return {one.title: titles(issue, one.title) for one in issue.sections if one.placements}
