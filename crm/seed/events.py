"""Events: two years of meetings behind, a season ahead, and the people who registered."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from crm.contacts.journal import Entry, EntryKind
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events import links, plan
from crm.events.events import Event, Series
from crm.events.forms import VERSION, information
from crm.events.kinds import (
    Attendance,
    Channel,
    CountKind,
    EventKind,
    Known,
    Part,
    QuestionKind,
    State,
)
from crm.events.questions import Question, keep
from crm.events.registrations import Registration
from crm.events.schedule import Day
from crm.identity import Identity
from crm.seed import texts
from crm.seed.french import typeset
from crm.seed.network import HOLIDAYS, Body, Network, Someone, moment
from crm.seed.rows import Rows
from crm.seed.scene import Scene

_AHEAD = 100  # days
_SEAT = {"venue": "Maison du réseau", "street": "27 quai des Arpenteurs", "postcode": "69002",
         "commune": "Lyon", "department": "69"}  # fmt: skip
_NEEDS = ("", "", "", "", "", "", "", "", "Une place près de l’écran.",
          "Accès en fauteuil roulant.", "Sous-titres, si possible.")  # fmt: skip
_ANSWERS = {"meal": ("Oui", "Oui", "Oui", "Oui, repas végétarien", "Non"),
            "project": ("Un atelier de réparation", "Une bibliothèque de village",
                        "Un jumelage de lycées")}  # fmt: skip


def fill(network: Network) -> None:
    """The events, oldest first; registrations, and who came, for those that take any."""
    rng = network.chance("events")
    count, stories = network.size.events, texts.read("meetings")["meeting"]
    ahead = max(4, count // 5)
    series = Series(title="Écrire, financer, évaluer", text=typeset(
        "Trois rendez-vous pour mener un projet de bout en bout. On peut n’en suivre qu’un."
    ))  # fmt: skip
    db.session.add(series)
    rows, lines = Rows(Registration), Rows(Entry)
    for rank in range(count):
        story = stories[(rank * 3) % len(stories)]
        on = _day(network, rank, count, ahead, rng)
        event = _event(network, story, on, rng)
        if EventKind(story["kind"]) is EventKind.TRAINING and on > network.today:
            event.series = series
        _publish(event, story, network, on)
        db.session.flush()
        _register(network, event, rank == count - ahead, rows, lines, rng)
        _count(event, story, network, rng)
    db.session.flush()
    rows.save()
    lines.save()
    db.session.flush()


def _day(network: Network, rank: int, count: int, ahead: int, rng: random.Random) -> date:
    """Spread over two years, then over a season; on working days."""
    past = count - ahead
    if rank < past:
        on = network.today - timedelta(days=700 - round(690 * rank / past) + rng.randint(0, 4))
    else:
        on = network.today + timedelta(days=6 + round(_AHEAD * (rank - past) / ahead))
    while on.weekday() > 4 or (on.month, on.day) in HOLIDAYS:
        on += timedelta(days=1)
    return on


def _event(network: Network, story: dict[str, Any], on: date, rng: random.Random) -> Event:
    scene = Scene.drawn(rng, story["title"])
    values = {
        "title": typeset(scene.tell(story["title"])),
        "text": typeset(scene.tell(story["text"]).strip()),
        "kind": EventKind(story["kind"]),
        "mission_id": network.terms[Vocabulary.MISSION, story["mission"]],
        "project": story.get("project", ""),
        "audience": typeset(story.get("audience", "")),
        "capacity": story.get("capacity"),
        "takes_registrations": story.get("takes_registrations", True),
        "questions": _questions(story),
        **_place(story, scene),
    }
    begin, end = (time.fromisoformat(one.zfill(5)) for one in story["hours"])
    shifts = story.get("days", [0])
    days = [Day(on + timedelta(days=shift), begin, end,
                f"Séance {rank}" if len(shifts) > 1 else "")
            for rank, shift in enumerate(shifts, 1)]  # fmt: skip
    event = plan.make(values, days, by=network.users["awa"])
    event.officer = network.users[rng.choice(("benoit", "benoit", "awa", "nadia"))]
    plan.set_themes(event, _themes(network, story))
    plan.set_partners(event, _partners(network, story, rng))
    return event


def _questions(story: dict[str, Any]) -> list[dict[str, Any]]:
    known = {one["code"]: one for one in texts.read("meetings")["question"]}
    return keep([
        Question(code, typeset(known[code]["label"]), QuestionKind(known[code]["kind"]),
                 [typeset(one) for one in known[code].get("choices", [])],
                 known[code].get("is_required", False))
        for code in story.get("questions", [])
    ])  # fmt: skip


def _place(story: dict[str, Any], scene: Scene) -> dict[str, Any]:
    if story["place"] == "online":
        return {"is_online": True, "online_url": "https://visio.arvalia.example.org/salle-bleue"}
    if story["place"] == "seat":
        return _SEAT
    return {"venue": "Salle des fêtes", "commune": scene.place.commune,
            "postcode": scene.place.postcode, "department": scene.place.department}  # fmt: skip


def _themes(network: Network, story: dict[str, Any]) -> list[Term]:
    codes = [network.terms[Vocabulary.THEME, code] for code in story.get("themes", [])]
    return [db.session.get_one(Term, one) for one in codes]


def _partners(
    network: Network, story: dict[str, Any], rng: random.Random
) -> list[tuple[str, Part]]:
    """The network itself, and organisations of the kind that the story names."""
    chosen = []
    for part, kind in story["parts"]:
        if kind == "réseau":
            chosen.append((Identity.current().short_name, Part(part)))
            continue
        known = [one for one in network.bodies if one.kind == kind and not one.is_archived]
        if known:
            chosen.append((rng.choice(known).name, Part(part)))
    return chosen


def _publish(event: Event, story: dict[str, Any], network: Network, on: date) -> None:
    made = min(moment(on - timedelta(days=45), 10), network.at - timedelta(days=2))
    event.created_at = event.updated_at = made
    for step in event.steps:
        step.at = made
    for session in event.sessions:
        session.updated_at = made
    if story.get("is_public", True):
        event.published_at = made
        event.tell("Publié dans l’agenda", network.users["awa"])
        event.steps[-1].at = made


def _register(
    network: Network, event: Event, is_sought: bool, rows: Rows, lines: Rows, rng: random.Random
) -> None:
    """Some people of the network; one event to come has more than it can hold."""
    if not event.takes_registrations:
        return
    there = [one for one in network.people if one.email and not one.is_archived]
    wanted = rng.randint(6, 26) if event.capacity is None else rng.randint(4, event.capacity)
    if is_sought:
        event.capacity = event.capacity or 12
        wanted = event.capacity + 4
    seen: set[str] = set()
    for who in rng.sample(there, min(wanted, len(there))):
        if who.email not in seen:
            seen.add(who.email)
            _person(network, event, who, rows, lines, rng)


def _person(
    network: Network, event: Event, who: Someone, rows: Rows, lines: Rows, rng: random.Random
) -> None:
    assert event.first_day is not None
    at = _before(network, event.first_day, rng)
    is_full = event.capacity is not None and event.taken >= event.capacity
    if is_full:
        event.waiting += 1
        event.last_rank += 1
    else:
        event.taken += 1
    came = _came(event, rng)
    event.came += came in (Attendance.CAME, Attendance.LATE)
    rows.add(
        event_id=event.id, state=State.WAITING if is_full else State.CONFIRMED,
        rank=event.last_rank if is_full else None, channel=Channel.FORM,
        **_said(event, who, rng), created_at=at, confirmed_at=None if is_full else at, told_at=at,
        logged=State.WAITING if is_full else State.CONFIRMED, attendance=came,
        attendance_known=Known.SHEET if came else None, reminded_at=at if came else None,
        consent_text=information(Identity.current().name), consent_version=VERSION,
    )  # fmt: skip
    words = "Inscription en liste d’attente" if is_full else "Inscription"
    lines.add(person_id=who.id, kind=EntryKind.EVENT, at=at, link=links.card_url(event),
              text=typeset(f"{words} : {event.title}"))  # fmt: skip


def _before(network: Network, on: date, rng: random.Random) -> datetime:
    """Some day of the month before, and before today."""
    days = rng.randint(1, 30)
    at = moment(on - timedelta(days=days), rng.randint(8, 20), rng.randint(0, 59))
    return min(at, network.at - timedelta(hours=rng.randint(3, 40)))


def _came(event: Event, rng: random.Random) -> Attendance | None:
    if not event.is_over:
        return None
    return rng.choices(list(Attendance), (80, 5, 15))[0]


def _said(event: Event, who: Someone, rng: random.Random) -> dict[str, Any]:
    body: Body | None = who.body
    asked = [one["key"] for one in event.questions]
    return {
        "first_name": who.first_name, "last_name": who.last_name, "email": who.email,
        "person_id": who.id, "organisation_id": body.id if body else None,
        "organisation_name": body.name if body else "", "department": who.department,
        "access_needs": rng.choice(_NEEDS) if not event.is_online else "",
        "answers": {key: rng.choice(_ANSWERS[key]) for key in asked if key in _ANSWERS},
    }  # fmt: skip


def _count(event: Event, story: dict[str, Any], network: Network, rng: random.Random) -> None:
    """Most past events were counted; some still wait for somebody to say how many came."""
    kind = story.get("head_count")
    if not event.is_over or kind is None or rng.random() < 0.12:
        return
    event.head_count_kind = CountKind(kind)
    event.head_count = event.came or rng.randint(8, 120)
