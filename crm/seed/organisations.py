"""The organisations: who they are, where they are, what they do, and their ties."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from crm.contacts.details import Detail, DetailKind, detail_key
from crm.contacts.organisations import Organisation, OtherName, organisation_terms
from crm.contacts.terms import Vocabulary
from crm.seed import known, naming, patterns, places
from crm.seed.activities import GOALS
from crm.seed.french import capitals, initials, plain, typeset
from crm.seed.known import Known
from crm.seed.network import Body, Network, moment
from crm.seed.places import Place
from crm.seed.rows import Rows, insert
from crm.seed.scene import Scene

PEOPLE_LED = {"association", "osim", "collectif", "education-populaire"}
REGISTERED = {"association", "osim", "education-populaire"}  # in the register of associations

FOUNDED = {
    "epci": (1994, 2014), "enseignement": (1880, 1995), "universite": (1896, 1992),
    "sante": (1930, 2016), "etat": (1985, 2015), "chambre": (1900, 1975),
    "etablissement-public": (1955, 2010), "media": (1982, 2012),
}  # fmt: skip


def fill(network: Network) -> None:
    """Write them all down; `network.bodies` remembers them."""
    maker = _Maker(network)
    for one in [*known.RELAYS, *known.OTHERS]:
        maker.add_known(one)
    twins = network.size.duplicates
    for kind in _kinds(network.size.organisations - len(network.bodies) - twins, maker.rng):
        maker.add_drawn(kind)
    for body in maker.rng.sample(network.bodies[len(known.RELAYS) :], twins):
        maker.add_twin(body)
    maker.save()


def _kinds(count: int, rng: random.Random) -> list[str]:
    """`count` types of actors in their true shares, in no order."""
    shares = {kind: round(count * share / 1000) for kind, share in patterns.SHARES.items()}
    shares["association"] += count - sum(shares.values())
    kinds = [kind for kind, number in shares.items() for _ in range(number)]
    rng.shuffle(kinds)
    return kinds


class _Maker:
    """Draws organisations one after the other, and keeps what must not come twice."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.rng = network.chance("organisations")
        self.organisations, self.details = Rows(Organisation), Rows(Detail)
        self.other_names = Rows(OtherName)
        self.terms: list[dict[str, int]] = []
        self.relays: dict[str, int] = {}
        self.domains: set[str] = set()
        self.names = naming.Names(self.rng)
        self.phones = iter(self.rng.sample(range(10_000), 10_000))
        self.sirens = iter(self.rng.sample(range(1_000_000), 10_000))

    def add_known(self, one: Known) -> None:
        scene = Scene.drawn(self.rng)
        scene.place = places.home(one.commune)
        said: dict[str, Any] = {
            "founded_year": one.founded,
            "description": typeset(one.description),
            "relay_territory": one.territory,
            "archived_at": None,
        }
        if one.territory:
            said |= {"relay_id": None, "public_at": moment(date(2012, 3, 6), 10)}
        body = self._add(one.kind, one.name, one.acronym, scene, **said)
        if one.former:
            self.other_names.add(organisation_id=body.id, name=one.former, is_former=True)
        self.relays |= dict.fromkeys(one.departments, body.id)
        self.names.keep(one.name)

    def add_drawn(self, kind: str) -> None:
        name, scene = self.names.draw(kind)
        body = self._add(kind, name, self._acronym(name, kind), scene)
        if kind in PEOPLE_LED and self.rng.random() < 0.06:
            other = typeset(self.names.former(scene))
            is_former = self.rng.random() < 0.7
            self.other_names.add(organisation_id=body.id, name=other, is_former=is_former)

    def add_twin(self, body: Body) -> None:
        """The same organisation, written down once more by someone who had not found it."""
        scene = Scene(self.rng, body.place, body.country)
        name = naming.misspelt(self.rng, body.name)
        self._add(body.kind, name, "", scene, archived_at=None, description="", website="")
        shared = [row for row in self.details.rows if row["organisation_id"] == body.id]
        if self.rng.random() < 0.5:
            # The same telephone, or the same mail when it gave no telephone.
            self.details.rows[-1] |= {key: shared[-1][key] for key in ("kind", "value", "key")}

    def save(self) -> None:
        self.organisations.save()
        self.other_names.save()
        self.details.save()
        insert(organisation_terms, self.terms)

    def _add(self, kind: str, name: str, acronym: str, scene: Scene, **said: Any) -> Body:
        """Draw everything about it, except what is `said`."""
        sectors = naming.sectors(self.rng, kind, name)
        domain = self._domain(acronym or name, name)
        values = {
            "name": typeset(name),
            "acronym": acronym,
            "actor_type_id": self.network.terms[Vocabulary.ACTOR_TYPE, kind],
            "website": f"https://{domain}" if self.rng.random() < 0.6 else "",
            "description": naming.describe(self.rng, kind, scene, sectors),
            "competences": naming.competences(self.rng, sectors),
            "relay_territory": "",
            **self._numbers(kind, scene.place),
            **self._whereabouts(kind, name, scene.place),
            **self._forces(kind),
            **self._life(kind),
        }
        body_id = self.organisations.add(**values | said)
        self._describe(body_id, sectors, scene)
        self._reach(body_id, domain)
        body = Body(
            body_id, values["name"], kind, scene.place, domain, scene.country, scene.village,
            is_archived=(values | said)["archived_at"] is not None,
        )  # fmt: skip
        self.network.bodies.append(body)
        return body

    def _whereabouts(self, kind: str, name: str, place: Place) -> dict[str, Any]:
        number, street = self.rng.randint(1, 84), self.rng.choice(places.STREETS)
        line = "1 place de la Mairie" if kind == "collectivite" else f"{number} {street}"
        label = f"{name}\n{line}\n{place.postcode} {capitals(place.commune)}"
        has_letter = len(self.organisations.rows) < self.network.size.postal
        return {
            "street": line,
            "postcode": place.postcode,
            "commune": place.commune,
            "department": place.department,
            "relay_id": self.relays.get(place.department),
            # The lines as they are printed on what is posted.
            "postal_address": typeset(label) if has_letter else "",
        }

    def _life(self, kind: str) -> dict[str, Any]:
        """When it was founded, when the network met it, and what became of it since."""
        rng, network = self.rng, self.network
        founded = self._founded(kind)
        created = self._long_ago(max(founded or 0, 2006))
        closed = network.office_hour(rng.randint(20, 80), rng) if rng.random() < 0.013 else None
        since = date(network.today.year - rng.randint(1, 18), rng.randint(1, 12), 1)
        return {
            "founded_year": founded,
            "created_at": created,
            "updated_at": max(created, network.office_hour(rng.randint(1, 900), rng)),
            "public_at": created + timedelta(days=30) if rng.random() < 0.2 else None,
            "archived_at": closed,
            "on_board_since": since if len(self.organisations.rows) < network.size.board else None,
        }

    def _describe(self, body_id: int, sectors: list[str], scene: Scene) -> None:
        goals = {goal for sector in sectors for goal in GOALS[sector]}
        chosen = [(Vocabulary.SECTOR, sector) for sector in sectors]
        chosen += [(Vocabulary.SDG, goal) for goal in sorted(goals)]
        chosen.append((Vocabulary.COUNTRY, scene.country.code))
        terms = self.network.terms
        self.terms += [{"organisation_id": body_id, "term_id": terms[pair]} for pair in chosen]

    def _reach(self, body_id: int, domain: str) -> None:
        self._detail(body_id, DetailKind.EMAIL, f"contact@{domain}")
        if self.rng.random() < 0.78:
            four = f"{next(self.phones):04d}"
            self._detail(body_id, DetailKind.PHONE, f"04 65 71 {four[:2]} {four[2:]}")

    def _detail(self, body_id: int, kind: DetailKind, value: str) -> None:
        self.details.add(
            organisation_id=body_id, kind=kind, value=value, key=detail_key(kind, value)
        )

    def _acronym(self, name: str, kind: str) -> str:
        letters = initials(name)
        is_usual = kind in PEOPLE_LED and 3 <= len(letters) <= 6 and self.rng.random() < 0.22
        return letters if is_usual else ""

    def _domain(self, short: str, name: str) -> str:
        """The host of its site and of its people's mails, its own."""
        whole = _cut(plain(name))
        labels = (_cut(plain(short)), whole, f"{whole}-{len(self.domains)}")
        label = next(label for label in labels if label not in self.domains)
        self.domains.add(label)
        return f"{label}.example.org"

    def _founded(self, kind: str) -> int | None:
        """Communes have always been there; others began when their kind did."""
        if kind == "collectivite":
            return None
        if kind in FOUNDED:
            return self.rng.randint(*FOUNDED[kind])
        return self.network.today.year - 1 - int(min(self.rng.expovariate(1 / 16), 45))

    def _long_ago(self, year: int) -> datetime:
        """A working hour between that year and last year."""
        first, last = date(year, 1, 1), self.network.today - timedelta(days=90)
        # Not `randint`: how much it draws depends on its bounds, so on today's date.
        days = int(self.rng.random() * max((last - first).days, 0))
        return self.network.office_hour((self.network.today - last).days + days, self.rng)

    def _forces(self, kind: str) -> dict[str, int | None]:
        rng = self.rng
        if kind in PEOPLE_LED:
            paid = 0 if rng.random() < 0.75 else rng.randint(1, 12)
            return {"staff_count": paid, "volunteer_count": rng.randint(4, 60)}
        staff = rng.choice((None, rng.randint(3, 40), rng.randint(40, 400)))
        return {"staff_count": staff, "volunteer_count": None}

    def _numbers(self, kind: str, place: Place) -> dict[str, Any]:
        """Numbers that pass every check and belong to no one."""
        siren = siret = rna = None
        if kind not in REGISTERED or self.rng.random() < 0.35:
            siren = with_check_digit(f"01{next(self.sirens):06d}")
            siret = with_check_digit(f"{siren}0001")
        if kind in REGISTERED and self.rng.random() < 0.6:
            rna = f"W{place.department}9{self.rng.randint(900_000, 999_999)}"
        return {"siren": siren, "siret": siret, "rna": rna}


def _cut(label: str) -> str:
    """At most 48 letters, whole words only."""
    return label if len(label) <= 48 else label[:48].rpartition("-")[0]


def with_check_digit(digits: str) -> str:
    """`digits` and the last one that makes them a SIREN or a SIRET (Luhn's formula)."""
    doubled = (2 * int(digit) for digit in reversed(digits[::-1][::2]))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    total += sum(int(digit) for digit in digits[::-1][1::2])
    return f"{digits}{-total % 10}"
