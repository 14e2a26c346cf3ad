"""Requests for support: two years of them, most of them closed, a few waiting for the meeting."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.requests.kinds import Channel, Outcome, Priority, Public, RequestKind, Stage, State
from crm.requests.messages import Direction, Message, ModelAnswer
from crm.requests.questions import CONSENT_VERSION, consent_text
from crm.requests.requests import Numbering, Step, SupportRequest
from crm.requests.words import learn
from crm.requests.work import TimeSpent
from crm.seed import texts
from crm.seed.french import typeset
from crm.seed.network import PARIS, Network, Someone
from crm.seed.rows import Rows
from crm.seed.scene import Scene
from crm.text import cut, one_line

# How many of the last requests are not closed yet, and in which state.
OPEN = (State.NEW,) * 5 + (State.ASSIGNED,) * 3 + (State.ONGOING,) * 5 + (State.WAITING,) * 3
_PROJECTS = (RequestKind.PROJECT, RequestKind.YOUTH)


@dataclass
class _Tables:
    """Where the rows go, together at the end."""

    requests: Rows
    messages: Rows
    steps: Rows
    times: Rows


def fill(network: Network) -> None:
    """The requests, their conversations, the time spent, and the model answers."""
    rng = network.chance("requests")
    tables = _Tables(Rows(SupportRequest), Rows(Message), Rows(Step), Rows(TimeSpent))
    count = network.size.requests
    # The older ones first: their references follow each other within a year.
    moments = sorted(network.office_hour(_days_ago(rank, count, rng), rng) for rank in range(count))
    open_ones = rng.sample(OPEN, max(3, min(len(OPEN), count // 2)))
    states = [State.CLOSED] * (count - len(open_ones)) + rng.sample(open_ones, len(open_ones))
    said = _Turn(texts.read("requests")["request"], rng)
    numbers: dict[int, int] = {}
    for at, state in zip(moments, states, strict=True):
        year = at.astimezone(PARIS).year
        numbers[year] = numbers.get(year, 0) + 1
        reference = f"D-{year}-{numbers[year]:04}"
        _Story(network, rng, at, state, reference, said.next()).write(tables)
    for table in (tables.requests, tables.messages, tables.steps, tables.times):
        table.save()
    db.session.add_all(Numbering(year=year, last=last) for year, last in numbers.items())
    db.session.add_all(
        ModelAnswer(title=one["title"], text=typeset(one["text"]), position=position)
        for position, one in enumerate(texts.read("requests")["model"])
    )
    db.session.flush()
    for request in db.session.scalars(sa.select(SupportRequest)):
        learn(request)


def _days_ago(rank: int, count: int, rng: random.Random) -> int:
    """A few this week, the others over two years."""
    return rng.randint(1, 6) if rank < 8 else rng.randint(7, 730)


# Which types of actor ask as which public; someone young or alone names no organisation.
_BODIES = {
    "association": {"association", "osim", "collectif", "education-populaire", "fondation"},
    "authority": {"collectivite", "epci"},
    "school": {"enseignement", "universite"},
    "company": {"entreprise", "cooperative"},
    "institution": {"sante", "etablissement-public", "chambre", "etat"},
}


def _askers(network: Network, public: str) -> list[Someone]:
    """The people who may ask this, of whom there is always one."""
    placed = [one for one in network.people if one.body is not None and one.email]
    kinds = _BODIES.get(public, set())
    return [one for one in placed if one.body is not None and one.body.kind in kinds] or placed


class _Turn:
    """The texts one after the other, shuffled each time round."""

    def __init__(self, texts: list[dict[str, Any]], rng: random.Random) -> None:
        self._texts, self._rng = texts, rng
        self._left: list[dict[str, Any]] = []

    def next(self) -> dict[str, Any]:
        if not self._left:
            self._left = self._rng.sample(self._texts, len(self._texts))
        return self._left.pop()


class _Story:
    """One request from its first word to its last."""

    def __init__(
        self, network: Network, rng: random.Random, at: datetime, state: State, reference: str,
        said: dict[str, Any],
    ) -> None:  # fmt: skip
        self.network, self.rng, self.at, self.state = network, rng, at, state
        self.reference, self.said = reference, said
        self.who: Someone = rng.choice(_askers(network, said["public"]))
        assert self.who.body is not None
        self.body = self.who.body
        self.scene = Scene(rng, self.body.place, self.body.country)
        self.scene.village = self.body.village
        names = ("benoit", "awa", "nadia")
        self.officer, self.second = (network.users[name] for name in rng.sample(names, 2))

    def write(self, tables: _Tables) -> None:
        kept = tables.requests.add(**self._row())
        self._talk(kept, tables)
        self._steps(kept, tables)

    def _row(self) -> dict[str, Any]:
        need = self._tell("text")
        kind = RequestKind(self.said["kind"])
        is_new, is_closed = self.state is State.NEW, self.state is State.CLOSED
        is_tied = self.rng.random() < 0.9 and not is_new
        alone = self.said["public"] in ("individual", "young")
        project = kind not in (RequestKind.INFORMATION, RequestKind.OTHER)
        return {
            "reference": self.reference, "kind": kind, "state": self.state,
            "channel": self.rng.choices((Channel.FORM, Channel.MAIL, Channel.PHONE), (7, 2, 1))[0],
            "priority": self.rng.choices([p.value for p in Priority], (1, 8, 1))[0],
            "subject": cut(one_line(need), 90), "need": need,
            "first_name": self.who.first_name, "last_name": self.who.last_name,
            "email": self.who.email, "organisation_name": "" if alone else self.body.name,
            "public": Public(self.said["public"]), "commune": self.body.place.commune,
            "department": self.body.place.department,
            "country_id": self._term(Vocabulary.COUNTRY, self.body.country.code)
            if project else None,
            "sector_id": self._term(Vocabulary.SECTOR, self.said.get("sector", "")),
            "theme_id": self._term(Vocabulary.THEME, self.said["theme"]),
            "stage": self.rng.choice(list(Stage)[:4]) if project else None,
            "due_on": self._due(is_closed),
            "consent_text": consent_text("Arvalia"), "consent_version": CONSENT_VERSION,
            "consented_at": self.at, "created_at": self.at, "acknowledged_at": self.at,
            "news_at": self._last, "unread_at": self._unread(),
            "person_id": self.who.id if is_tied else None,
            "organisation_id": self.body.id if is_tied and not alone else None,
            "assignee_id": None if is_new else self.officer.id,
            "second_id": self.second.id if not is_new and self.rng.random() < 0.15 else None,
            "assigned_at": None if is_new else self._after(2),
            "answered_at": self._after(4) if self._is_answered else None,
            "closed_at": self._end if is_closed else None,
            "closed_by_id": self.officer.id if is_closed else None,
            "outcome": self._outcome(kind) if is_closed else None,
        }  # fmt: skip

    def _tell(self, name: str) -> str:
        return typeset(self.scene.tell(self.said[name]))

    def _term(self, vocabulary: Vocabulary, code: str) -> int | None:
        found = Term.find(vocabulary, code) if code else None
        return found.id if found is not None else None

    def _after(self, days: int) -> datetime:
        """That much later, or sooner where it would be in the future."""
        later = self.at + timedelta(days=days, minutes=37 * days)
        if later < self.network.at:
            return later
        return self.at + (self.network.at - self.at) * days / 24

    @property
    def _is_answered(self) -> bool:
        return self.state in (State.ONGOING, State.WAITING, State.CLOSED)

    @property
    def _is_replied(self) -> bool:
        return "reply" in self.said and self.state in (State.ONGOING, State.CLOSED)

    @property
    def _end(self) -> datetime:
        return self._after(18 if "reply" in self.said else 9)

    @property
    def _last(self) -> datetime:
        if self._is_replied:
            return self._after(6)
        return self._after(4) if self._is_answered else self.at

    def _unread(self) -> datetime | None:
        return self._after(6) if self._is_replied and self.state is State.ONGOING else None

    def _due(self, is_closed: bool) -> Any:
        if self.rng.random() > 0.25:
            return None
        return (self.at + timedelta(days=self.rng.randint(20, 70))).date()

    def _outcome(self, kind: RequestKind) -> Outcome:
        usual = Outcome.ACCOMPANIED if kind in _PROJECTS else Outcome.ANSWERED
        others = (Outcome.REDIRECTED, Outcome.NO_NEWS, Outcome.OUT_OF_SCOPE)
        return self.rng.choices((usual, *others), (16, 2, 1, 1))[0]

    def _talk(self, kept: int, tables: _Tables) -> None:
        said: list[tuple[Direction, str, int]] = []
        if self._is_answered:
            said.append((Direction.OUT, "answer", 4))
        if "note" in self.said and self.state is not State.NEW:
            said.append((Direction.NOTE, "note", 5))
        if self._is_replied:
            said.append((Direction.IN, "reply", 6))
        for direction, name, days in said:
            by = None if direction is Direction.IN else self.officer.id
            tables.messages.add(
                request_id=kept, direction=direction, text=self._tell(name), at=self._after(days),
                user_id=by, quoted="", sender="", is_automatic=False,
            )  # fmt: skip
        if self._is_answered:
            minutes = self.rng.choice((10, 15, 20, 30, 45, 60, 90))
            tables.times.add(request_id=kept, user_id=self.officer.id, minutes=minutes,
                             on=self._after(4).date(), note="")  # fmt: skip

    def _steps(self, kept: int, tables: _Tables) -> None:
        steps: list[tuple[str, datetime, int | None]] = [("Reçue", self.at, None)]
        if self.state is not State.NEW:
            steps.append((f"Attribuée à {self.officer.display_name}", self._after(2),
                          self.second.id))  # fmt: skip
        if self.state is State.WAITING:
            steps.append(("En attente d’une réponse du demandeur", self._after(4), self.officer.id))
        if self.state is State.CLOSED:
            steps.append(("Close", self._end, self.officer.id))
        for text, at, by in steps:
            tables.steps.add(request_id=kept, text=text, at=at, user_id=by)
