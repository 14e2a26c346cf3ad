"""The journal: what happened with the contacts one speaks with."""

import random
from datetime import datetime
from typing import Any

from crm.contacts.journal import Entry, EntryKind
from crm.seed import texts
from crm.seed.french import typeset
from crm.seed.network import Network, Someone
from crm.seed.rows import Rows
from crm.seed.scene import Scene
from crm.users import User

ACTIVE = 0.16  # the share of people one is in touch with


def fill(network: Network) -> None:
    """A handful of lines for each of the people one is in touch with."""
    rng, rows = network.chance("journal"), Rows(Entry)
    placed = [someone for someone in network.people if someone.body is not None]
    active = rng.sample(placed, round(len(placed) * ACTIVE))
    # Those known by name come first: their pages are the ones that get shown.
    chosen = [*placed[:7] * 2, *rng.choices(active, k=network.size.entries - 14)]
    for someone in chosen:
        rows.add(**_line(network, someone, rng))
    rows.save()


def _line(network: Network, someone: Someone, rng: random.Random) -> dict[str, Any]:
    body = someone.body
    assert body is not None
    line = rng.choice(_fitting(body.kind))
    scene = Scene(rng, body.place, body.country, qui=f"{someone.first_name} {someone.last_name}")
    scene.village = body.village
    at, author = _when(network, rng), _author(network, rng)
    return {
        "person_id": someone.id if "{qui}" in line["text"] or rng.random() < 0.5 else None,
        "organisation_id": body.id,
        "kind": EntryKind(line["kind"]),
        "text": typeset(scene.tell(line["text"])),
        "at": at,
        "user_id": author.id,
    }


def _fitting(kind: str) -> list[dict[str, Any]]:
    """The lines that make sense with that type of actor."""
    return [line for line in texts.read("journal")["line"] if kind in line.get("for", [kind])]


def _when(network: Network, rng: random.Random) -> datetime:
    """More of it lately: years ago, less was written down."""
    return network.office_hour(1 + int(rng.expovariate(1 / 420)), rng)


def _author(network: Network, rng: random.Random) -> User:
    people = [network.users[name] for name in ("benoit", "awa", "nadia")]
    return rng.choices(people, (7, 2, 1))[0]
