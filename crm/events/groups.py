"""Groups: a class, a delegation. Some are named, the others are only counted."""

import re
from dataclasses import dataclass
from email.utils import parseaddr

from sqlalchemy import select

from crm.db import db
from crm.events.events import Event
from crm.events.kinds import Channel
from crm.events.register import of_address, register
from crm.events.registrations import Registration
from crm.filters import plural
from crm.text import normal_email, one_line
from crm.users import User

_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")


@dataclass(frozen=True)
class Group:
    """A group as it is registered: who to reach, how many they are, and those whose name is known
    (a line each: « Ali Traoré, ali@example.org »). `seats` counts everybody, whoever is reached
    among them."""

    group_name: str
    seats: int
    last_name: str
    first_name: str = ""
    email: str = ""
    phone: str = ""
    organisation_name: str = ""
    names: str = ""

    def members(self) -> list[dict[str, str]]:
        """Those who are named, as columns. Raises ValueError, in French."""
        found = [_member(one) for one in map(one_line, self.names.splitlines()) if one]
        seen = {self.email}
        for one in found:
            if one["email"] and one["email"] in seen:
                raise ValueError(f"L’adresse {one['email']} est donnée deux fois.")
            seen.add(one["email"])
        if len(found) >= self.seats:
            raise ValueError(
                f"Il y a {plural(len(found), 'nom')} et la personne à joindre, pour "
                f"{plural(self.seats, 'place')}."
            )
        return found


def _member(line: str) -> dict[str, str]:
    found = _ADDRESS.search(line)
    address = normal_email(found.group()) if found else ""
    if address is None:
        raise ValueError(f"Cette adresse n’est pas complète\u00a0: {line}")
    name = parseaddr(line)[0] if "<" in line else _ADDRESS.sub("", line)
    first, _, last = one_line(re.sub(r"[,;<>\t]", " ", name)).partition(" ")
    return {"first_name": first if last else "", "last_name": last or first, "email": address}


def register_group(event: Event, group: Group, by: User) -> list[Registration]:
    """Register a group, whose places are taken together: a row for each person who is named, and
    one for whoever is reached, that holds the places of the others. Raises ValueError."""
    members = [one for one in group.members() if not _is_known(event, one["email"])]
    first = {
        "group_name": group.group_name, "first_name": group.first_name,
        "last_name": group.last_name, "email": group.email, "phone": group.phone,
        "organisation_name": group.organisation_name,
        "seats": group.seats - len(group.members()),
    }  # fmt: skip
    received = register(event, first, members, channel=Channel.STAFF, by=by)
    leader = received.registration
    along = select(Registration).where(Registration.leader_id == leader.id)
    return [leader, *db.session.scalars(along.order_by(Registration.id))]


def _is_known(event: Event, address: str) -> bool:
    return of_address(event, address) is not None
