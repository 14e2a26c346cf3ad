"""The people, their mails and phones, and the functions they hold or held."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from crm.contacts.details import Detail, DetailKind, detail_key
from crm.contacts.people import Channel, Person, Role
from crm.seed import known, names
from crm.seed.french import plain
from crm.seed.functions import FUNCTIONS, REACH
from crm.seed.names import ORIGINS
from crm.seed.network import Body, Network, Someone
from crm.seed.places import CUMULATED, REAL
from crm.seed.rows import Rows

PRIVATE = ("courriel", "boite", "poste", "messagerie")  # where private people have their mails
LIVING = (0.08, 0.10, 0.06)  # shares: in no organisation, came from another one, also elsewhere


def fill(network: Network) -> None:
    """Write them all down; `network.people` remembers them."""
    maker = _Maker(network)
    bodies = {body.name: body for body in network.bodies}
    for first_name, last_name, where, title in known.PEOPLE:
        maker.add(first_name, last_name, bodies[where], title)
    for body in _bodies(network, maker.rng, network.size.people - len(network.people)):
        maker.draw(body)
    maker.save()


def _bodies(network: Network, rng: random.Random, count: int) -> Iterator[Body | None]:
    """Where each person is: someone in each organisation first, then more in the larger ones."""
    alone = round(count * LIVING[0])
    weights = [REACH[body.kind] for body in network.bodies]
    chosen: list[Body | None] = [*network.bodies[: count - alone]]
    chosen += rng.choices(network.bodies, weights, k=count - alone - len(chosen))
    chosen += [None] * alone
    rng.shuffle(chosen)
    return iter(chosen)


class _Maker:
    """Draws people one after the other; no mail and no number comes twice."""

    def __init__(self, network: Network) -> None:
        self.network, self.rng = network, network.chance("people")
        self.people, self.roles, self.details = Rows(Person), Rows(Role), Rows(Detail)
        self.mails: set[str] = set()
        self.mobiles = iter(self.rng.sample(range(10_000), 10_000))
        self.origin_weights = [origin.weight for origin in ORIGINS]

    def draw(self, body: Body | None) -> None:
        rng = self.rng
        origin = rng.choices(ORIGINS, self.origin_weights)[0]
        is_woman = rng.random() < 0.54
        # In mixed families, a first name from here goes with a family name from there.
        given = ORIGINS[0] if rng.random() < 0.15 else origin
        first_name = rng.choice(given.women if is_woman else given.men)
        last_name = rng.choice(origin.families)
        if is_woman and rng.random() < 0.03:
            last_name = f"{last_name}-{rng.choice(names.ORIGINS[0].families)}"
        self.add(first_name, last_name, body, self._title(body, is_woman), is_woman=is_woman)

    def add(
        self, first_name: str, last_name: str, body: Body | None, title: str, *,
        is_woman: bool = True,
    ) -> None:  # fmt: skip
        rng, network = self.rng, self.network
        place = (
            body.place
            if body and rng.random() < 0.85
            else rng.choices(REAL, cum_weights=CUMULATED)[0]
        )
        created = network.office_hour(rng.randint(30, 4500), rng)
        is_archived = rng.random() < 0.006
        person_id = self.people.add(
            first_name=first_name,
            last_name=last_name,
            language="fr",
            channel=rng.choices([None, Channel.EMAIL, Channel.PHONE, Channel.POST], (6, 3, 1, 0.3))[
                0
            ],
            commune=place.commune,
            department=place.department,
            archived_at=network.office_hour(rng.randint(1, 29), rng) if is_archived else None,
            created_at=created,
            updated_at=max(created, network.office_hour(rng.randint(1, 1200), rng)),
        )
        email = self._email(first_name, last_name, body)
        self._reach(person_id, email)
        if body is not None:
            self._work(person_id, body, title, is_woman=is_woman)
        network.people.append(
            Someone(person_id, first_name, last_name, email, place.department, body, is_archived)
        )

    def save(self) -> None:
        self.people.save()
        self.roles.save()
        self.details.save()

    def _title(self, body: Body | None, is_woman: bool) -> str:
        if body is None or self.rng.random() < 0.04:
            return ""
        functions = FUNCTIONS[body.kind]
        _, woman, man = self.rng.choices(functions, [weight for weight, _, _ in functions])[0]
        return woman if is_woman else man

    def _email(self, first_name: str, last_name: str, body: Body | None) -> str:
        host = body.domain if body else f"{self.rng.choice(PRIVATE)}.example.org"
        stem = f"{plain(first_name)}.{plain(last_name)}"
        email, number = f"{stem}@{host}", 1
        while email in self.mails:
            number += 1
            email = f"{stem}{number}@{host}"
        self.mails.add(email)
        return email

    def _reach(self, person_id: int, email: str) -> None:
        self._detail(person_id, DetailKind.EMAIL, email)
        if self.rng.random() < 0.62 and (mobile := next(self.mobiles, None)) is not None:
            four = f"{mobile:04d}"
            self._detail(person_id, DetailKind.PHONE, f"06 39 98 {four[:2]} {four[2:]}")

    def _detail(self, person_id: int, kind: DetailKind, value: str) -> None:
        key = detail_key(kind, value)
        self.details.add(person_id=person_id, kind=kind, value=value, key=key)

    def _work(self, person_id: int, body: Body, title: str, *, is_woman: bool) -> None:
        """Their function today; for some, the one they left, or a second one elsewhere."""
        rng, bodies = self.rng, self.network.bodies
        started = self.network.today - timedelta(days=int(rng.expovariate(1 / 1500)) + 40)
        since = started if rng.random() < 0.7 else None
        self._role(person_id, body, title, since)
        if rng.random() < LIVING[1]:
            before = rng.choice(bodies)
            left = started - timedelta(days=rng.randint(0, 120))
            first = left - timedelta(days=rng.randint(300, 2500))
            self._role(person_id, before, self._title(before, is_woman), first, left)
        if rng.random() < LIVING[2]:
            other = rng.choice(bodies)
            self._role(person_id, other, self._title(other, is_woman), None)

    def _role(
        self, person_id: int, body: Body, title: str, since: date | None, until: date | None = None
    ) -> None:
        self.roles.add(
            person_id=person_id, organisation_id=body.id, title=title, started_on=since,
            ended_on=until,
        )  # fmt: skip
