"""Short answers over two years, slots and appointments, an absence, and past weekly meetings."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from crm.contacts.terms import Vocabulary
from crm.db import db
from crm.requests import meet, minutes, openings
from crm.requests.answers import Answer
from crm.requests.kinds import Channel, Public, State
from crm.requests.meetings import Absence, Decision, Meeting, Verdict
from crm.requests.requests import SupportRequest
from crm.requests.slots import Appointment, Hours, Offer, Slot, Way
from crm.seed.network import Network, moment
from crm.seed.places import CUMULATED, REAL
from crm.seed.rows import Rows
from crm.users import User

# In a hundred answers, how many of each.
_CHANNELS = {Channel.PHONE: 62, Channel.MAIL: 16, Channel.STAND: 14, Channel.VISIT: 5,
             Channel.SOCIAL: 3}  # fmt: skip
_PUBLICS = {Public.ASSOCIATION: 34, Public.YOUNG: 24, Public.INDIVIDUAL: 18, Public.SCHOOL: 10,
            Public.AUTHORITY: 7, Public.COMPANY: 3, Public.INSTITUTION: 2, None: 2}  # fmt: skip
_THEMES = {"financement": 27, "volontariat": 18, "montage": 13, "ecsi": 11, "emploi": 9,
           "partenaires": 7, "acteurs": 5, "jeunesse": 5, "vie-associative": 3,
           "reseau": 1, "autre": 1}  # fmt: skip
_STANDS = ("Salon des solidarités d’Arvalia", "Forum de la mobilité des jeunes",
           "Forum des associations de Villebois")  # fmt: skip
_NOTES = ("", "", "", "", "", "", "Site et lettre indiqués.", "Orientation vers le relais local.",
          "Calendrier de l’appel à projets.", "Invitée à la prochaine formation.")  # fmt: skip


def fill(network: Network) -> None:
    """About 300 a year in a network of true size."""
    rng, rows = network.chance("answers"), Rows(Answer)
    for rank in range(network.size.answers):
        rows.add(**_answer(network, rank, rng))
    rows.save()
    _hours(network)
    _appointments(network, rng)
    _meeting(network)


def _draw(rng: random.Random, weights: dict[Any, int]) -> Any:
    return rng.choices(list(weights), list(weights.values()))[0]


def _answer(network: Network, rank: int, rng: random.Random) -> dict[str, Any]:
    at = network.office_hour(1 + round(700 * rank / network.size.answers), rng)
    channel = _draw(rng, _CHANNELS)
    public, stand = _draw(rng, _PUBLICS), channel is Channel.STAND
    return {
        "key": f"demonstration-{rank}",
        "channel": channel,
        "theme_id": network.terms[Vocabulary.THEME, _draw(rng, _THEMES)],
        "department": rng.choices(REAL, cum_weights=CUMULATED)[0].department,
        "public": public,
        "note": rng.choice(_NOTES),
        "place": rng.choice(_STANDS) if stand else "",
        "people": rng.choice((1, 1, 1, 2, 3)) if stand else 1,
        "at": at,
        "received_at": at,
        "user_id": network.users[rng.choices(("benoit", "awa", "nadia"), (6, 3, 2))[0]].id,
    }


def _hours(network: Network) -> None:
    """When Benoît and Awa receive, each week; Nadia is away for some days."""
    benoit, awa, nadia = (network.users[name] for name in ("benoit", "awa", "nadia"))
    weekly = (
        Hours(officer=benoit, weekday=1, starts=time(14), ends=time(17), minutes=45,
              way=Way.VIDEO, video_url="https://visio.arvalia.example.org/accueil"),
        Hours(officer=benoit, weekday=3, starts=time(9, 30), ends=time(12), minutes=45,
              way=Way.PHONE),
        Hours(officer=awa, weekday=2, starts=time(10), ends=time(12), minutes=30,
              way=Way.OFFICE, place="27 quai des Arpenteurs, Lyon"),
    )  # fmt: skip
    db.session.add_all(weekly)
    soon = network.today + timedelta(days=6)
    db.session.add(Absence(user=nadia, starts_on=soon, ends_on=soon + timedelta(days=8),
                           note="Congés"))  # fmt: skip
    db.session.flush()
    for one in weekly:
        openings.give_weekly(one)


def _appointments(network: Network, rng: random.Random) -> None:
    """One to come for who is being accompanied, slots offered to another, and one last month."""
    mine = sa.select(SupportRequest).where(
        SupportRequest.state.in_((State.ASSIGNED, State.ONGOING)),
        SupportRequest.assignee_id == network.users["benoit"].id,
    )
    asked = list(db.session.scalars(mine.order_by(SupportRequest.id.desc()).limit(2)))
    free = Slot.free().where(Slot.officer_id == network.users["benoit"].id)
    slots = list(db.session.scalars(free.limit(6)))
    if not asked or len(slots) < 4:
        return
    _appointment(asked[0], slots[0])
    for slot in slots[1:4] if len(asked) > 1 else ():
        db.session.add(Offer(request=asked[1], slot=slot))


def _appointment(request: SupportRequest, slot: Slot) -> None:
    db.session.add(
        Appointment(
            request=request, officer=slot.officer, slot=slot, starts_at=slot.starts_at,
            ends_at=slot.ends_at, way=slot.way, place=slot.place, video_url=slot.video_url,
            uid=f"demonstration-{slot.id}@arvalia.example.org",
        )
    )  # fmt: skip
    db.session.flush()


def _meeting(network: Network) -> None:
    """Last Monday's: those who were given a request then, and one that goes on."""
    monday = network.today - timedelta(days=network.today.weekday() or 7)
    given = sa.select(SupportRequest).where(
        SupportRequest.assignee_id.is_not(None), SupportRequest.closed_at.is_(None)
    )
    asked = list(db.session.scalars(given.order_by(SupportRequest.id).limit(5)))
    nadia = network.users["nadia"]
    meeting = Meeting(
        held_on=monday, opened_at=moment(monday, 9, 30), opened_by=nadia,
        closed_at=moment(monday, 10, 5), closed_by=nadia,
        present=["Awa Diallo", "Benoît Faure", "Nadia Roche"],
        notes="Penser à relayer l’appel à projets du département.\n"
        "Prochaine permanence commune à Clermont-Ferrand.",
    )  # fmt: skip
    for request in asked[:-1]:
        meeting.decisions.append(_decision(request, Verdict.ASSIGN, monday, request.assignee))
    for request in asked[-1:]:
        meeting.decisions.append(_decision(request, Verdict.KEEP, monday, None))
    db.session.add(meeting)
    db.session.flush()
    meeting.minutes = minutes.write(meeting, meet.burden(None))


def _decision(
    request: SupportRequest, verdict: Verdict, on: date, officer: User | None
) -> Decision:
    told: datetime = moment(on, 10, 5)
    return Decision(request=request, verdict=verdict, assignee=officer, at=told, told_at=told)
