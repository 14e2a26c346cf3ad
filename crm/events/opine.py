"""Opining: a short form after an event, answered once by each person, without their name."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.events.afterwards import FollowUp, Opinion
from crm.events.events import Event
from crm.events.kinds import CAME, State
from crm.events.registrations import Registration
from crm.text import clean, cut

TEXT = 1500  # characters

# What is asked, with four answers from best to worst.
QUESTIONS = {
    "overall": "Dans l’ensemble, cet événement vous a-t-il satisfait·e\u00a0?",
    "content": "Le contenu répondait-il à vos attentes\u00a0?",
    "practice": "Vous servira-t-il dans vos activités\u00a0?",
    "organisation": "L’organisation et l’accueil étaient-ils bons\u00a0?",
}
SHORT = {"overall": "Dans l’ensemble", "content": "Contenu", "practice": "Utilité",
         "organisation": "Organisation"}  # fmt: skip
ANSWERS = {4: "Tout à fait", 3: "Plutôt oui", 2: "Plutôt non", 1: "Pas du tout"}


@dataclass(frozen=True)
class Result:
    """What was answered to one question."""

    key: str
    title: str
    numbers: Mapping[int, int]  # answer → how many

    @property
    def total(self) -> int:
        return sum(self.numbers.values())

    @property
    def satisfied(self) -> int | None:
        """The share of « tout à fait » and « plutôt oui », in percent; None without any."""
        return round(100 * (self.numbers[4] + self.numbers[3]) / self.total) if self.total else None


def may_answer(registration: Registration) -> bool:
    """Those who came, or who had a place when nobody was marked, once it is over."""
    event = registration.event
    if not event.is_over or event.is_cancelled or not FollowUp.read(event).asks_opinion:
        return False
    if event.came:
        return registration.attendance in CAME
    return registration.state is State.CONFIRMED


def answer(registration: Registration, said: Mapping[str, Any]) -> Opinion:
    """Keep what somebody thinks; said again, it replaces what was said before.

    What is kept does not say who it was: only a keyed digest tells two people apart.
    """
    who = _answerer(registration)
    mine = sa.select(Opinion).where(
        Opinion.event_id == registration.event_id, Opinion.answerer == who
    )
    found = db.session.scalar(mine)
    if found is None:
        found = Opinion(event_id=registration.event_id, answerer=who)
        db.session.add(found)
    found.marks = {key: mark for key in QUESTIONS if (mark := _mark(said.get(key)))}
    found.liked, found.better = _text(said, "liked"), _text(said, "better")
    # To the day: an hour would say who it was.
    found.at = now().replace(hour=12, minute=0, second=0, microsecond=0)
    return found


def _answerer(registration: Registration) -> str:
    key = Settings.current().keys[-1].encode()
    return hmac.digest(key, f"avis\0{registration.id}".encode(), "sha256").hex()


def _mark(value: Any) -> int:
    return int(value) if str(value) in {str(one) for one in ANSWERS} else 0


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return cut(clean(value), TEXT) if isinstance(value, str) else ""


def has_answered(registration: Registration) -> bool:
    mine = sa.select(Opinion.id).where(
        Opinion.event_id == registration.event_id,
        Opinion.answerer == _answerer(registration),
    )
    return db.session.scalar(mine) is not None


def results(event: Event) -> tuple[list[Result], Sequence[Opinion]]:
    """Each question with its numbers, then every opinion, in no order that would say who it was."""
    found = list(db.session.scalars(sa.select(Opinion).where(Opinion.event_id == event.id)))
    found.sort(key=lambda one: one.answerer)
    told = [
        Result(key, title, {mark: sum(one.marks.get(key) == mark for one in found)
                            for mark in ANSWERS})
        for key, title in QUESTIONS.items()
    ]  # fmt: skip
    return told, found
