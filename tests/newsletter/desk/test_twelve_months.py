"""Twelve months of RESA'CLIC: nothing is sent twice, and nothing after its date."""

import ipaddress
import random
import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from factories import feed, resaclic, save, subscriber
from feed_server import jsonfeed, serving

from crm.config import Settings
from crm.db import db, now
from crm.events.events import Event
from crm.events.schedule import Day, new_uid
from crm.events.schedule import schedule as hold
from crm.filters import day, local
from crm.newsletter import programme
from crm.newsletter.asides import Choice, set_aside
from crm.newsletter.compose import compose
from crm.newsletter.content import Content
from crm.newsletter.deliveries import Delivery, State
from crm.newsletter.delivery.deliver import deliver_due
from crm.newsletter.delivery.schedule import schedule
from crm.newsletter.desk.memory import shelf
from crm.newsletter.feeds.fetch import fetch
from crm.newsletter.issues import Issue
from crm.newsletter.items import Kind

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
MONTHS = 12
PER_MONTH = {Kind.NEWS: 8, Kind.FUNDING: 6, Kind.JOB: 17, Kind.EVENT: 12, Kind.RESOURCE: 3}
SAID = {
    Kind.FUNDING: "Date limite de dépôt : le {}.",
    Kind.JOB: "Candidature avant le {}.",
    Kind.EVENT: "Rendez-vous le {}.",
}


@dataclass
class Page:
    """One page of the website, as it really is."""

    number: int
    kind: Kind
    published: date
    ends: date | None
    title: str = ""
    version: int = 0

    def entry(self) -> dict[str, object]:
        """What the feed says of it; an edited page changes its address and its date too."""
        words = SAID.get(self.kind, "Du texte.").format(day(self.ends)) if self.ends else "Texte."
        dated = self.published + timedelta(days=9 * self.version)
        dated = min(dated, self.ends) if self.ends else dated
        tracking = f"?utm_source=v{self.version}" if self.version else ""
        return {
            "id": f"{self.kind.value}-{self.number}" + ("-bis" if self.version > 2 else ""),
            "title": f"{self.title or f'Titre {self.number}'}",
            "url": f"https://site.example.org/{self.kind.value}/page-{self.number}{tracking}",
            "summary": f"Édition {self.version}. {words}",
            "date_published": f"{dated}T08:00:00Z",
        }


class Website:
    """What a network publishes in a year, with what people do to their pages."""

    def __init__(self) -> None:
        self.chance = random.Random(12)
        self.pages: list[Page] = []

    def month(self, today: date) -> None:
        for kind, count in PER_MONTH.items():
            for _ in range(count):
                self.pages.append(self._page(kind, today))
        for page in self.chance.sample(self.pages, len(self.pages) // 5):
            page.version += 1
            if self.chance.random() < 0.3:
                page.title = f"Titre {page.number}, mis à jour"
            if page.ends and self.chance.random() < 0.3:
                moved = page.ends + timedelta(days=self.chance.choice([-6, 20]))
                page.ends = max(moved, page.published)

    def _page(self, kind: Kind, today: date) -> Page:
        published = today - timedelta(days=self.chance.randrange(28))
        soon = kind in SAID and self.chance.random() < 0.95
        ends = published + timedelta(days=self.chance.randrange(1, 75)) if soon else None
        return Page(len(self.pages) + 1, kind, published, ends)

    def feed(self, kind: Kind) -> str:
        """The newest ones, as sites do."""
        mine = [page for page in self.pages if page.kind is kind]
        return jsonfeed(*(page.entry() for page in mine[-25:][::-1]))


@pytest.fixture
def network(app, setting):
    setting(feed_allow=LOOPBACK)
    subscriber("chloe@example.org")
    with serving() as server:
        sources = {kind: feed(server.at(f"/{kind.value}"), kind) for kind in PER_MONTH}
        db.session.commit()
        yield server, {kind: source.id for kind, source in sources.items()}


def meeting(on: date) -> Event:
    made = Event(uid=new_uid(), title=f"Rencontre du {on}", slug=f"rencontre-{on}")
    made.published_at = now()
    hold(made, [Day(on)])
    return save(made)


def send(issue, at):
    """Schedule it, and have it leave at once."""
    schedule(issue, at)
    db.session.commit()
    deliver_due(Settings.current(), clock=lambda: at + timedelta(seconds=1))
    db.session.expire_all()


def test_a_year_without_a_repeat_and_nothing_over(network):
    server, sources = network
    site, start, told = Website(), now(), {}
    refused = set()
    for month in range(MONTHS):
        at = start + timedelta(days=30 * month)
        today = local(at).date()
        meeting(today + timedelta(days=18)), meeting(today + timedelta(days=33))
        site.month(today)
        for kind, source in sources.items():
            server.give(f"/{kind.value}", site.feed(kind), "application/feed+json")
            assert fetch(source, allow=LOOPBACK, at=at).error == ""
        programme.bring(today, at)
        issue = compose(resaclic(), today, at=at)
        refused |= decide(issue, refused)
        db.session.commit()
        send(issue, at)
        told[issue.number] = Content.of(issue)
    check(told, site, refused)


def decide(issue, refused):
    """What an officer does besides: leave one for good, keep one, take one that was left."""
    placed = issue.placements
    never, later = placed[-1], placed[-2]
    for placement, choice in ((never, Choice.NEVER), (later, Choice.NEXT)):
        set_aside(issue, placement.item, choice)
        placement.section.placements.remove(placement)
    for group in shelf(issue).new.values():
        assert not {known.item.url for known in group} & refused
    return {never.item.url}


def check(told, site, refused):
    truth = {page.number: page for page in site.pages}
    seen, shown = {}, []
    for number, content in told.items():
        assert len(content.blocks) > 20
        for block in content.blocks:
            assert block.ends_on is None or block.ends_on >= content.sent_on
            assert block.url.partition("?")[0] not in {url.partition("?")[0] for url in refused}
            found = re.search(r"page-(\d+)", block.url)
            key = int(found[1]) if found else block.url
            assert key not in seen, f"{block.title}: n° {seen.get(key)} then n° {number}"
            seen[key] = number
            shown.append(block)
            if found and truth[key].ends and block.ends_on is None:
                raise AssertionError(f"its date was not read: {block.summary}")
    ours = [block for block in shown if "/agenda/" in block.url]
    assert len(ours) >= MONTHS // 2, "the programme is relayed"
    sent = sa.select(sa.func.count(Delivery.id)).where(Delivery.state == State.SENT)
    assert db.session.scalar(sent) == MONTHS
    assert db.session.scalar(sa.select(sa.func.count(Issue.id))) == MONTHS
