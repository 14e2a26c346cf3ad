"""The journal of sensitive acts, for the administration: read and taken away, never changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from crm import downloads
from crm.acts import Act, Did, record_reading
from crm.auth import ADMIN, allow
from crm.db import db, start_reading
from crm.filters import PARIS, local, today
from crm.text import row_number
from crm.users import User

bp = Blueprint("acts", __name__, url_prefix="/journal")

ALARMS = "alertes"
# What an act may be about: its table, how it is called, and the page that shows it.
SUBJECTS = {
    "users": ("le compte", "staff.settings.accounts.edit", "user_id"),
    "organisations": ("l’organisation", "staff.contacts.organisations.show", "organisation_id"),
    "people": ("la personne", "staff.contacts.people.show", "person_id"),
    "imports": ("l’import", "staff.contacts.imports.show", "import_id"),
    "merges": ("la fusion", "", ""),
    "issues": ("le numéro", "", ""),
    "subscriptions": ("l’abonnement", "staff.newsletter.subscribers.show", "subscription_id"),
    "requests": ("la demande", "staff.requests.card.show", "request_id"),
    "events": ("l’événement", "", ""),
}


@dataclass(frozen=True)
class Filters:
    """What the address asks to see."""

    kind: str
    user_id: int
    since: date | None
    until: date | None

    @classmethod
    def asked(cls) -> "Filters":
        return cls(
            request.args.get("acte", ""),
            row_number(request.args.get("qui", "")),
            _day("du"),
            _day("au"),
        )

    def query(self) -> sa.Select[Act]:
        found = Act.latest()
        if self.kind == ALARMS:
            found = found.where(Act.kind.in_([kind for kind in Did if kind.is_alarming]))
        elif self.kind in set(Did):
            found = found.where(Act.kind == Did(self.kind))
        if self.user_id:
            found = found.where(Act.user_id == self.user_id)
        if self.since:
            found = found.where(Act.at >= _midnight(self.since))
        if self.until:
            found = found.where(Act.at < _midnight(self.until + timedelta(days=1)))
        return found


@bp.get("/")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    filters = Filters.asked()
    users = db.session.scalars(User.everyone()).all()
    return render_template(
        "staff/settings/acts/index.html",
        page=db.paginate(
            filters.query().options(joinedload(Act.user)), per_page=50, error_out=False
        ),
        filters=filters,
        kinds=sorted(Did, key=lambda kind: kind.label),
        users=users,
        subject=partial(subject, users={user.id: user for user in users}),
        alarms=ALARMS,
    )


@bp.post("/export")
@allow(ADMIN)
def table() -> ResponseReturnValue:
    """The same acts as a CSV file. Taking them away is an act too: a POST, as it writes."""
    start_reading()
    query = Filters.asked().query().options(joinedload(Act.user))
    headings = ("moment", "acte", "par", "sur", "numéro", "précision")
    response = downloads.table(f"journal-{today().isoformat()}.csv", headings, _rows(query))
    record_reading(Did.EXPORTED, detail="journal des actes")
    return response


def _rows(query: sa.Select[Act]) -> Iterator[tuple[str | int | None, ...]]:
    for act in db.session.scalars(query.execution_options(yield_per=500)):
        moment = local(act.at).strftime("%Y-%m-%d %H:%M:%S")
        who = act.user.email if act.user else ""
        yield moment, act.kind.label, who, act.about, act.about_id, act.detail


def subject(act: Act, users: Mapping[int, User]) -> tuple[str, str]:
    """What an act is about, in words, and the address that shows it (or an empty text)."""
    words, endpoint, parameter = SUBJECTS.get(act.about, (act.about, "", ""))
    if not act.about_id:
        return words, ""
    known = users.get(act.about_id) if act.about == User.__tablename__ else None
    values: dict[str, Any] = {parameter: act.about_id}
    url = url_for(endpoint, **values) if endpoint else ""
    return known.display_name if known else f"{words} n°\u00a0{act.about_id}", url


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=PARIS)
