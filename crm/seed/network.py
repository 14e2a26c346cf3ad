"""What the parts of the demonstration share: its size, its moment, and what was made so far."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.newsletter.items import Item, Kind
from crm.seed.countries import Country
from crm.seed.places import Place
from crm.users import User

PARIS = ZoneInfo("Europe/Paris")
# The last number left about four weeks ago, those before it every 31 days.
LAST_ISSUE, RHYTHM = 28, 31
HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}


@dataclass(frozen=True)
class Size:
    """How much of everything; the big one has the volumes of a real regional network."""

    organisations: int
    people: int
    board: int
    postal: int  # organisations that receive La Lettre by post
    duplicates: int
    entries: int
    subscribers: int
    left: int
    suppressed: int
    unconfirmed: int
    readers: int  # subscribers of La Lettre by mail
    items: dict[Kind, int]
    pictures: int
    issues: int
    letters: int
    ledgers: int  # numbers whose deliveries are kept
    requests: int
    answers: int
    events: int


SIZES = {
    "mini": Size(
        organisations=30, people=60, board=5, postal=20, duplicates=1, entries=40,
        subscribers=40, left=3, suppressed=2, unconfirmed=2, readers=8,
        items=dict(zip(Kind, (12, 8, 18, 12, 6, 4), strict=True)),
        pictures=2, issues=2, letters=1, ledgers=1, requests=16, answers=30, events=10,
    ),
    "reseau": Size(
        organisations=3000, people=10_000, board=28, postal=2600, duplicates=12, entries=6000,
        subscribers=3800, left=250, suppressed=60, unconfirmed=30, readers=600,
        items=dict(zip(Kind, (95, 69, 202, 140, 60, 30), strict=True)),
        pictures=12, issues=11, letters=3, ledgers=3, requests=260, answers=620, events=70,
    ),
}  # fmt: skip


@dataclass(eq=False)
class Body:
    """An organisation that was made, as the parts made after it need to know it."""

    id: int
    name: str
    kind: str  # the code of its actor type
    place: Place
    domain: str
    country: Country
    village: str
    is_archived: bool = False


@dataclass(eq=False)
class Someone:
    """A person that was made."""

    id: int
    first_name: str
    last_name: str
    email: str
    department: str
    body: Body | None  # where they are today
    is_archived: bool = False


@dataclass
class Network:
    """One demonstration being made. Its figures come from `at`, so that it is always fresh."""

    size: Size
    at: datetime
    users: dict[str, User] = field(default_factory=dict)
    terms: dict[tuple[str, str], int] = field(default_factory=dict)
    bodies: list[Body] = field(default_factory=list)
    people: list[Someone] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)  # by date
    # Subscriptions whose address is dead, and the day of the number that told so.
    died: dict[int, date] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.at.astimezone(PARIS).date()

    def chance(self, part: str) -> random.Random:
        """Chance that is the same every time, and does not depend on what other parts drew."""
        return random.Random(f"arvalia {part}")  # noqa: S311

    def office_hour(self, days_ago: int, rng: random.Random) -> datetime:
        """A moment of a working day, about `days_ago` (at least 1) days before today."""
        on = self.today - timedelta(days=max(days_ago, 1))
        while on.weekday() > 4 or (on.month, on.day) in HOLIDAYS:
            on -= timedelta(days=1)
        return moment(on, rng.randint(9, 17), rng.randint(0, 59))

    def issue_day(self, rank: int) -> date:
        """The day a number left; rank 0 is the last one."""
        return self.tuesday(LAST_ISSUE + RHYTHM * rank)

    def tuesday(self, days_ago: int) -> date:
        """The Tuesday that was nearest, that many days before today."""
        on = self.today - timedelta(days=days_ago)
        return on + timedelta(days=(1 - on.weekday() + 3) % 7 - 3)


def moment(on: date, hour: int, minute: int = 0) -> datetime:
    """That hour of that day, in France."""
    return datetime.combine(on, time(hour, minute), PARIS)
