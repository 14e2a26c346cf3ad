"""Erasing: what is personal goes away, what yearly figures count stays (RGPD art. 17)."""

import re
from typing import Any

import sqlalchemy as sa

from crm.contacts.journal import Entry, EntryKind
from crm.db import change, db, now
from crm.filters import moment
from crm.forgotten import remember
from crm.mail import Mail, forget_files
from crm.requests import words
from crm.requests.kinds import Outcome
from crm.requests.meetings import Decision, Meeting
from crm.requests.messages import Direction, Message, RequestFile
from crm.requests.requests import Step, SupportRequest
from crm.requests.slots import Appointment
from crm.requests.work import TimeSpent

KIND = "demande"
_PERSONAL = ("subject", "need", "first_name", "last_name", "email", "phone", "organisation_name",
             "commune", "availability", "outcome_note", "suspicion")  # fmt: skip
_NAMES = {
    "first_name": "Prénom", "last_name": "Nom", "email": "Courriel", "phone": "Téléphone",
    "organisation_name": "Organisation", "commune": "Commune", "department": "Département",
    "need": "Demande", "availability": "Disponibilités",
}  # fmt: skip


def erase(request: SupportRequest) -> None:
    """Take away everything that says who asked and what was said. It cannot be undone."""
    remember(KIND, request.id, request.created_at)
    if not request.is_closed:
        request.close(Outcome.WITHDRAWN)
    for name in _PERSONAL:
        setattr(request, name, "")
    request.person = request.organisation = None
    request.link_version = (request.link_version + 1) % 256
    request.erased_at = now()
    _forget_what_was_said(request)
    words.forget(request)


def _forget_what_was_said(request: SupportRequest) -> None:
    db.session.flush()
    own = Message.request_id == request.id
    _forget_mails(request.reference)
    change(sa.delete(RequestFile).where(RequestFile.request_id == request.id))
    change(sa.delete(Message).where(own))
    change(sa.delete(Step).where(Step.request_id == request.id))
    change(sa.update(TimeSpent).where(TimeSpent.request_id == request.id).values(note=""))
    met = Appointment.request_id == request.id
    change(sa.update(Appointment).where(met).values(cancelled_why=""))
    _forget_what_was_decided(request)
    link = f"/gestion/demandes/{request.id}"
    said = sa.update(Entry).where(Entry.kind == EntryKind.REQUEST, Entry.link == link)
    change(said.values(text=f"Demande {request.reference} (effacée à la demande de la personne)"))
    db.session.expire_all()
    request.tell("Données personnelles effacées à la demande de la personne")


def _forget_what_was_decided(request: SupportRequest) -> None:
    """What meetings noted of it, in their frozen minutes too."""
    decided = sa.select(Decision.meeting_id).where(Decision.request_id == request.id)
    for meeting in db.session.scalars(sa.select(Meeting).where(Meeting.id.in_(decided))):
        kept = meeting.minutes.get("decisions", [])
        blank = [one | {"note": ""} if one["request"] == request.id else one for one in kept]
        if blank != kept:
            meeting.minutes = meeting.minutes | {"decisions": blank}
    change(sa.update(Decision).where(Decision.request_id == request.id).values(note=""))


def _forget_mails(reference: str) -> None:
    """The mails written about it, those to the team included: who, to whom, and what."""
    about = sa.select(Mail.id, Mail.subject).where(Mail.subject.contains(reference))
    ids = [row.id for row in db.session.execute(about) if re.search(rf"{reference}\b", row.subject)]
    forget_files(sa.select(Mail.response).where(Mail.id.in_(ids)))
    gone = {"subject": f"{reference} (effacée)", "recipient": "", "message": b"", "response": "",
            "next_try_at": None}  # fmt: skip
    change(sa.update(Mail).where(Mail.id.in_(ids)).values(**gone))


def kept_about(request: SupportRequest) -> dict[str, Any]:
    """All that is kept about a request, for who made it: what they said, and what was told them."""
    said = sa.select(Message).where(
        Message.request_id == request.id, Message.direction != Direction.NOTE
    )
    files = sa.select(RequestFile).where(RequestFile.request_id == request.id)
    return {
        "Référence": request.reference,
        "Genre": request.kind.label,
        "État": request.state.label,
        "Reçue le": moment(request.created_at),
        **{label: getattr(request, name) for name, label in _NAMES.items()},
        "Pays": request.country.label if request.country else "",
        "Domaine": request.sector.label if request.sector else "",
        "Accord donné": request.consent_text,
        "Version de l’accord": request.consent_version,
        "Accord donné le": moment(request.consented_at),
        "Messages": [
            {"le": moment(one.at), "de": one.direction.label, "texte": one.text}
            for one in db.session.scalars(said.order_by(Message.id))
        ],
        "Rendez-vous": [
            f"{one.when}, {one.where}{' (annulé)' if one.is_cancelled else ''}"
            for one in db.session.scalars(
                sa.select(Appointment).where(Appointment.request_id == request.id)
            )
        ],
        "Documents": [one.name for one in db.session.scalars(files) if not one.is_internal],
    }
