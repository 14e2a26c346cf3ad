"""A year of what the network's website published: told from the stories in `texts/`."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from crm.db import db
from crm.newsletter.items import Feed, Item, Kind
from crm.seed import countries, pictures, texts
from crm.seed.french import plain, typeset
from crm.seed.network import LAST_ISSUE, PARIS, RHYTHM, Body, Network
from crm.seed.scene import Scene

Story = dict[str, Any]
SITE = "https://arvalia.example.org"
# Each kind: its file, its folder on the site, how often with a picture.
SOURCES = {
    Kind.NEWS: ("news", "actualites", 0.6),
    Kind.FUNDING: ("funding", "financements", 0.0),
    Kind.JOB: ("jobs", "emplois", 0.0),
    Kind.EVENT: ("events", "agenda", 0.12),
    Kind.RESOURCE: ("resources", "ressources", 0.4),
    Kind.TRAINING: ("trainings", "formations", 0.0),
}
# Days from publication to the deadline, or to the day it begins.
LEAD = {Kind.FUNDING: (26, 95), Kind.JOB: (18, 48), Kind.EVENT: (9, 58), Kind.TRAINING: (26, 75)}
FED = (Kind.NEWS, Kind.FUNDING, Kind.JOB, Kind.EVENT)
MADE_BY_US = "Arvalia"


def fill(network: Network) -> None:
    """Draw them; `network.items` has them by date, for the letters to be composed in time."""
    network.items = sorted(_Teller(network).tell_all(), key=lambda item: item.seen_at)


def _feed(kind: Kind, at: datetime) -> Feed:
    """Where such items come from. Paused: the site is fictional, nothing would answer.

    A newcomer sees how feeds are set up, and meets no error that is not theirs.
    """
    title = typeset(f"{kind.plural.capitalize()} d’Arvalia (site fictif : en pause)")
    url = f"{SITE}/{SOURCES[kind][1]}/flux.xml"
    return Feed(url=url, title=title, kind=kind, paused_at=at, created_at=at)


class _Teller:
    """Tells items from stories; no title comes twice."""

    def __init__(self, network: Network) -> None:
        self.network, self.rng = network, network.chance("items")
        self.feeds = {kind: _feed(kind, network.at) for kind in FED}
        self.pictures = pictures.fill(network)
        db.session.add_all(self.feeds.values())
        db.session.flush()
        self.titles: set[str] = set()
        self.bodies: dict[str, list[Body]] = defaultdict(list)
        for body in network.bodies:
            if not body.is_archived:
                self.bodies[body.kind].append(body)

    def tell_all(self) -> Iterator[Item]:
        span = LAST_ISSUE + RHYTHM * self.network.size.issues
        for kind, count in self.network.size.items.items():
            stories = _again_and_again(texts.read(SOURCES[kind][0])["story"], self.rng)
            for rank in range(count):
                days_ago = span * (count - rank - self.rng.random()) / count
                yield self._tell(kind, stories, self.network.office_hour(int(days_ago), self.rng))

    def _tell(self, kind: Kind, stories: Iterator[Story], at: datetime) -> Item:
        published = at.astimezone(PARIS).date()
        first, last = LEAD.get(kind, (0, 0))
        comes = published + timedelta(days=self.rng.randint(first, last))
        story = next(one for one in stories if comes.month in one.get("months", [comes.month]))
        scene, body = self._scene(kind, story, comes)
        starts_on, ends_on = _dates(kind, comes, story)
        url = f"{SITE}/{SOURCES[kind][1]}/{plain(scene['title'])[:90].strip('-')}"
        return Item(
            kind=kind,
            title=scene["title"],
            summary=typeset(scene.tell(story["summary"])),
            url=url,
            canonical_url=url.removeprefix("https://"),
            guid=url if kind in FED else None,
            feed_id=self.feeds[kind].id if kind in FED else None,
            tags=list(story.get("tags", [])),
            published_at=at,
            seen_at=at + timedelta(minutes=self.rng.randint(1, 59)),
            starts_on=starts_on,
            ends_on=ends_on,
            kept=[],
            **_whereabouts(kind, story, scene),
            organisation=self._organisation(kind, story, body),
            **self._picture(kind),
        )

    def _scene(self, kind: Kind, story: Story, comes: date) -> tuple[Scene, Body | None]:
        """A scene whose title is new, and the organisation it speaks of."""
        for _ in range(100):
            body = self._body(kind, story)
            scene = self._set(story, body, comes)
            title = typeset(scene.tell(story["title"]))
            if title not in self.titles:
                self.titles.add(title)
                scene["title"] = title
                return scene, body
        raise ValueError(f"« {title} » comes back too often: let it name a place or a country")

    def _body(self, kind: Kind, story: Story) -> Body | None:
        """Who employs, or who the story tells of; None when it speaks of no one."""
        kinds = story.get("kinds") or (["association", "osim"] if _tells_of_someone(story) else [])
        wanted = story.get("countries")
        fitting = [
            body
            for body in chain.from_iterable(self.bodies[one] for one in kinds)
            if (not wanted or body.country.code in wanted)
            and (kind is not Kind.JOB or _may_employ(body))
        ]
        if fitting:
            return self.rng.choice(fitting)
        return self.rng.choice(self.network.bodies) if kind is Kind.JOB else None

    def _set(self, story: Story, body: Body | None, comes: date) -> Scene:
        scene = Scene.drawn(self.rng, f"{story['title']}{story['summary']}", year=str(comes.year))
        scene["last_year"] = str(comes.year - 1)
        if body is not None:
            scene["asso"] = body.name
            scene.country, scene.village = body.country, body.village
            if "ville}" not in story["title"] or body.kind == "collectivite":
                scene.place = body.place
        elif "countries" in story:
            scene.country = self.rng.choice(
                [one for one in countries.COUNTRIES if one.code in story["countries"]]
            )
            scene.village = self.rng.choice(scene.country.villages)
        scene.setdefault("asso", "Terres voisines")
        return scene

    def _organisation(self, kind: Kind, story: Story, body: Body | None) -> str:
        if body is not None:
            return body.name
        return str(story.get("by", "" if kind is Kind.NEWS else MADE_BY_US))

    def _picture(self, kind: Kind) -> dict[str, int | str]:
        if self.rng.random() >= SOURCES[kind][2]:
            return {}
        picture, words = self.rng.choice(self.pictures)
        return {"picture_id": picture.id, "picture_alt": words}


def _may_employ(body: Body) -> bool:
    """Twinning committees, and those named after one village, have volunteers only."""
    return body.village not in body.name and "jumelage" not in body.name


def _tells_of_someone(story: Story) -> bool:
    """Whether an association is behind it: it is named, or it is the one that invites."""
    return "{asso}" in f"{story['title']}{story['summary']}" or story.get("by") == "association"


def _again_and_again(stories: list[Story], rng: random.Random) -> Iterator[Story]:
    """All the stories in one order, then all of them in another, without end."""
    while True:
        yield from rng.sample(stories, len(stories))


def _dates(kind: Kind, comes: date, story: Story) -> tuple[date | None, date | None]:
    """When it begins, and the last day it makes sense."""
    if kind in (Kind.FUNDING, Kind.JOB):
        return None, comes
    if kind is Kind.EVENT:
        comes = _convenient(comes, is_leisure=story.get("weekend", False))
        return comes, comes + timedelta(days=story.get("days", 1) - 1)
    if kind is Kind.TRAINING:
        comes = _convenient(comes, is_leisure=False)
        return comes, comes - timedelta(days=7)
    return None, None


def _convenient(on: date, *, is_leisure: bool) -> date:
    """A Saturday for what one does at leisure; for what is work, no day of a week-end."""
    if is_leisure:
        return on + timedelta(days=(5 - on.weekday()) % 7)
    return on + timedelta(days=max(on.weekday() - 4, 0) and 7 - on.weekday())


def _whereabouts(kind: Kind, story: Story, scene: Scene) -> dict[str, str]:
    """Where it is: a commune, a country, a department, or on line."""
    title, place = story["title"], scene.place
    if story.get("online"):
        return {"place": "En ligne", "department": ""}
    if kind is Kind.EVENT or "commune}" in title or "ville}" in title:
        return {"place": place.commune, "department": place.department}
    if "departement}" in title:
        return {"place": scene["departement"], "department": place.department}
    if kind is Kind.JOB:
        return {"place": scene.country.name, "department": ""}
    return {"place": "", "department": ""}
