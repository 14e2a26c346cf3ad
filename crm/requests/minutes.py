"""Minutes: what a meeting decided, written by itself, as a page and as a PDF."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm.db import db
from crm.filters import NBSP, day, hour, plural, weekday
from crm.identity import Identity
from crm.pdf import render
from crm.requests.meetings import Decision, Meeting, Verdict
from crm.requests.requests import SupportRequest
from crm.requests.slots import Slot

if TYPE_CHECKING:
    from crm.requests.meet import Load

_TITLES = {
    Verdict.ASSIGN: "Attribuées",
    Verdict.REMIND: "À relancer",
    Verdict.KEEP: "Suivent leur cours",
    Verdict.CLOSE: "Closes",
}


def write(meeting: Meeting, before: Sequence["Load"]) -> dict[str, Any]:
    """What the minutes will always say, as plain data.

    Who asked, and what about, is not in it: it is read from the requests, which their requesters
    may have erased.
    """
    slots = _slots(meeting)
    return {
        "decisions": [_decision(one, slots) for one in meeting.decisions],
        "loads": [_load(meeting, one) for one in before],
    }


def _decision(decision: Decision, slots: Mapping[str, str]) -> dict[str, Any]:
    officer, second = decision.assignee, decision.second
    return {
        "request": decision.request_id,
        "reference": decision.request.reference,
        "verdict": decision.verdict.value,
        "officer": officer.display_name if officer else "",
        "second": second.display_name if second else "",
        "slots": [slots[one] for one in decision.slots if one in slots],
        "outcome": decision.outcome.label if decision.outcome else "",
        "note": decision.note,
        "is_done": decision.told_at is not None,
    }


def _slots(meeting: Meeting) -> dict[str, str]:
    wanted = [int(one) for decision in meeting.decisions for one in decision.slots]
    found = db.session.scalars(sa.select(Slot).where(Slot.id.in_(wanted)))
    return {
        str(slot.id): f"{day(slot.starts_at, 'EEE d MMM')} {hour(slot.starts_at)}" for slot in found
    }


def _load(meeting: Meeting, load: "Load") -> dict[str, Any]:
    given = [one for one in meeting.decisions
             if one.verdict is Verdict.ASSIGN and one.assignee_id == load.officer.id]  # fmt: skip
    return {
        "officer": load.officer.display_name,
        "open": load.open,
        "given": len(given),
        "absences": [absence.days for absence in load.absences],
    }


def told(meeting: Meeting) -> list[dict[str, Any]]:
    """The decisions by what was decided, each with who asked and what about, as of today."""
    kept = meeting.minutes.get("decisions", [])
    ids = [one["request"] for one in kept]
    found = {
        one.id: one
        for one in db.session.scalars(sa.select(SupportRequest).where(SupportRequest.id.in_(ids)))
    }
    rows = [_row(one, found.get(one["request"])) for one in kept]
    parts = [
        {"title": title, "rows": [row for row in rows if row["verdict"] == verdict]}
        for verdict, title in _TITLES.items()
    ]
    return [part for part in parts if part["rows"]]


def _row(kept: Mapping[str, Any], request: SupportRequest | None) -> dict[str, Any]:
    """A decision as it is shown; of a request that was erased, only what figures would count."""
    about: dict[str, Any]
    if request is None or request.is_erased:
        kept = {**kept, "note": ""}
        about = {"who": "", "title": "demande effacée", "url_id": None}
    else:
        about = {"who": request.who, "title": request.title, "url_id": request.id}
    return {**kept, **about, "said": said(kept)}


def said(row: Mapping[str, Any]) -> str:
    """« Benoît Faure, avec Awa Diallo ; créneaux : mar. 3 mars 14 h »."""
    if not row["is_done"]:
        return "close entre-temps : rien n’a changé"
    parts = []
    if row["officer"]:
        parts.append(row["officer"] + (f", avec {row['second']}" if row["second"] else ""))
    if row["slots"]:
        parts.append(f"créneaux proposés\u00a0: {', '.join(row['slots'])}")
    if row["outcome"]:
        parts.append(row["outcome"])
    return f"{NBSP}; ".join([*parts, *filter(None, [row["note"]])])


def summary(meeting: Meeting) -> str:
    """« 5 attribuées, 1 à relancer, 2 closes »."""
    decided = [one["verdict"] for one in meeting.minutes.get("decisions", [])]
    counts = [
        f"{decided.count(verdict)}{NBSP}{title.lower()}"
        for verdict, title in _TITLES.items()
        if verdict in decided
    ]
    return ", ".join(counts) or "aucune décision"


def as_pdf(meeting: Meeting) -> bytes:
    """The minutes as a tagged PDF (PDF/UA-1)."""
    return render(
        "minutes",
        {
            "title": meeting.title,
            "network": Identity.current().name,
            "brand": Identity.current().brand,
            "when": _when(meeting),
            "present": ", ".join(meeting.present),
            "summary": summary(meeting),
            "notes": meeting.notes,
            "parts": told(meeting),
            "loads": [
                {
                    **one,
                    "open": plural(one["open"], "demande"),
                    "absences": ", ".join(one["absences"]),
                }
                for one in meeting.minutes.get("loads", [])
            ],
        },
    )


def _when(meeting: Meeting) -> str:
    began, ended = hour(meeting.opened_at), hour(meeting.closed_at or meeting.opened_at)
    return f"{weekday(meeting.held_on)}, de {began} à {ended}"
