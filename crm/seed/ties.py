"""The ties between organisations: members, antennas, partners."""

from itertools import product

from crm.contacts.organisations import LinkKind, OrganisationLink
from crm.seed.known import FEDERATION
from crm.seed.network import Body, Network
from crm.seed.rows import Rows

TWINNING = "Comité de jumelage"


def fill(network: Network) -> None:
    """A committee and its town, a federation and its sections, communes and what groups them."""
    rng, rows = network.chance("ties"), Rows(OrganisationLink)
    pairs = [*_antennas(network.bodies), *_towns(network.bodies), *_groupings(network.bodies)]
    relays, others = network.bodies[:7], network.bodies[7:]
    for body in rng.sample(others, max(len(others) // 20, 3)):
        pairs.append((body, rng.choice(relays), LinkKind.PARTNER))
    for body, other, kind in dict.fromkeys(pairs):
        rows.add(organisation_id=body.id, other_id=other.id, kind=kind)
    rows.save()


Tie = tuple[Body, Body, LinkKind]


def _antennas(bodies: list[Body]) -> list[Tie]:
    head = next(body for body in bodies if body.name == FEDERATION.name)
    return [
        (body, head, LinkKind.ANTENNA) for body in bodies if body.name.startswith(f"{head.name} ")
    ]


def _towns(bodies: list[Body]) -> list[Tie]:
    towns = {body.place.commune: body for body in bodies if body.name.startswith("Commune ")}
    return [
        (body, towns[body.place.commune], LinkKind.PARTNER)
        for body in bodies
        if body.name.startswith(TWINNING) and body.place.commune in towns
    ]


def _groupings(bodies: list[Body]) -> list[Tie]:
    groups = [body for body in bodies if body.kind == "epci"]
    towns = [body for body in bodies if body.name.startswith("Commune ")]
    taken: dict[int, Tie] = {}
    for town, group in product(towns, groups):
        if town.place.department == group.place.department:
            taken.setdefault(town.id, (town, group, LinkKind.MEMBER))
    return list(taken.values())
