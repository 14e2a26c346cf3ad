"""The queue of requests with 100,000 of them, and the figures of a year: beside an empty queue."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks._pages import newcomer, settle, show, signed_in
from benchmarks._servers import application, databases
from crm.db import db, now
from crm.requests.kinds import Outcome, RequestKind, State
from crm.requests.requests import SupportRequest
from crm.requests.words import request_words
from crm.users import UserRole

COUNT = 100_000
PAGES = {
    "à traiter": "/gestion/demandes/",
    "nouvelles": "/gestion/demandes/?etat=nouvelles",
    "les miennes": "/gestion/demandes/?qui=moi",
    "closes": "/gestion/demandes/?etat=closes",
    "un mot": "/gestion/demandes/?q=forage",
    "un mot rare": "/gestion/demandes/?q=village77",
    "une demande": "/gestion/demandes/4242",
    "chiffres": "/gestion/demandes/chiffres/",  # some 26,000 requests in a year
}
EMPTY = {name: PAGES[name] for name in ("à traiter", "chiffres")}


def run() -> None:
    """Print the times of each page, on each database."""
    with databases() as urls:
        for name, url in urls.items():
            with application(url) as app:
                officer = newcomer(UserRole.ADMIN)
                client = signed_in(app, officer)
                show(client, f"File vide, {name}", EMPTY)
                _fill(officer.id)
                show(client, f"File de 100 000 demandes dont 2 000 ouvertes, {name}", PAGES)


def _fill(officer: int) -> None:
    for rows in _batches():
        for row in rows:
            row["assignee_id"] = officer if row["state"] is not State.NEW else None
        db.session.execute(sa.insert(SupportRequest), rows)
    for first in range(1, COUNT + 1, 5000):
        db.session.execute(sa.insert(request_words), [
            {"word": word, "request_id": number}
            for number in range(first, min(first + 5000, COUNT + 1))
            for word in _words(number)
        ])  # fmt: skip
    db.session.commit()
    settle()


def _words(number: int) -> set[str]:
    return {f"{number:06}", f"nom{number}", f"village{number % 5000}", f"theme{number % 300}",
            "forage" if number % 50 == 0 else "ecole", f"commune{number % 900}"}  # fmt: skip


def _batches() -> Iterator[list[dict[str, Any]]]:
    for first in range(1, COUNT + 1, 5000):
        yield [_row(number) for number in range(first, min(first + 5000, COUNT + 1))]


def _row(number: int) -> dict[str, Any]:
    at = now() - timedelta(minutes=(COUNT - number) * 20)
    is_open = number % 50 == 0
    state = (State.NEW, State.ONGOING, State.WAITING)[number // 50 % 3] if is_open else State.CLOSED
    return {
        "id": number, "reference": f"D-2026-{number:06}", "kind": list(RequestKind)[number % 6],
        "state": state, "subject": f"Un forage pour le village {number}", "need": "Un puits. " * 60,
        "last_name": f"Nom {number}", "email": f"nom{number}@example.org", "department": "38",
        "created_at": at, "news_at": at, "closed_at": None if is_open else at,
        "outcome": None if is_open else Outcome.ANSWERED, "priority": number % 3,
    }  # fmt: skip
