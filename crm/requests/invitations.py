"""Invitations: the calendar that each side of an appointment receives, and the mail around it."""

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from crm.calendars import Guest, Method, Occasion, as_file, as_invitation
from crm.config import Settings
from crm.filters import moment
from crm.identity import Identity
from crm.mail import Mail, post, sender
from crm.requests import emails, links
from crm.requests.slots import Appointment, Way
from crm.users import User

_OFFICER_ALARM, _REQUESTER_ALARM = timedelta(minutes=10), timedelta(hours=1)


def as_requester(appointment: Appointment) -> Occasion:
    """What the requester's calendar says: nothing there that their page does not."""
    request = appointment.request
    url = links.page_url(request) if not request.is_erased else ""
    return _occasion(
        appointment,
        title=f"Rendez-vous avec {appointment.officer.display_name} ({_network()})",
        description=_lines(appointment, f"Votre demande {request.reference}", url),
        url=url,
        guest=Guest(request.name, request.email),
        remind=_REQUESTER_ALARM,
    )


def as_officer(appointment: Appointment, officer: User | None = None) -> Occasion:
    """What the officer's calendar says: who, about what, and the number to call."""
    request = appointment.request
    officer = officer or appointment.officer
    url = f"{Settings.current().base_url}/gestion/demandes/{request.id}"
    about = f"{request.reference} : {request.title}"
    reached = f"{request.who} {request.phone}".strip()
    return _occasion(
        appointment,
        title=f"{request.who} – {request.reference}",
        description=_lines(appointment, f"{about}\n{reached}", url),
        url=url,
        guest=Guest(officer.display_name, officer.email),
        remind=_OFFICER_ALARM,
    )


def _occasion(
    appointment: Appointment,
    *,
    title: str,
    description: str,
    url: str,
    guest: Guest,
    remind: timedelta,
) -> Occasion:
    name, address = parseaddr(emails.reply_address(appointment.request))
    if not address:
        name, address = parseaddr(sender(Settings.current()))
    return Occasion(
        uid=appointment.uid, sequence=appointment.sequence, title=title, description=description,
        starts_at=appointment.starts_at, ends_at=appointment.ends_at, url=url,
        updated_at=appointment.updated_at, is_cancelled=appointment.is_cancelled,
        place=appointment.video_url if appointment.way is Way.VIDEO else appointment.place,
        host=Guest(name or _network(), address), guests=[guest] if guest.email else [],
        remind=remind,
    )  # fmt: skip


def _lines(appointment: Appointment, about: str, url: str) -> str:
    how = appointment.where[:1].upper() + appointment.where[1:]
    return "\n".join(filter(None, (about, how, appointment.video_url, url)))


def as_requester_file(appointment: Appointment) -> bytes:
    """The file to put in a calendar by hand, as it stands now."""
    return as_file([as_requester(appointment)])


def invite(appointment: Appointment, *, moved: bool) -> None:
    """Write down the invitation of each side; moved, it replaces the one before."""
    what = "Rendez-vous déplacé" if moved else "Rendez-vous"
    both(appointment, "invitation", what, Method.REQUEST, moved=moved)


def cancel(appointment: Appointment) -> None:
    both(appointment, "cancelled", "Rendez-vous annulé", Method.CANCEL)


def both(
    appointment: Appointment, template: str, what: str, method: Method, **context: Any
) -> None:
    _to_requester(appointment, template, what, method, **context)
    _to_officer(appointment, appointment.officer, template, what, method, **context)


def withdraw_from(appointment: Appointment, officer: User) -> None:
    """It moved to somebody else's calendar: this officer's forgets it."""
    _to_officer(appointment, officer, "cancelled", "Rendez-vous confié à une autre personne",
                Method.CANCEL)  # fmt: skip


def remind(appointment: Appointment) -> Mail | None:
    return _to_requester(appointment, "reminder", "Rappel : rendez-vous", None)


def _to_requester(
    appointment: Appointment, template: str, what: str, method: Method | None, **context: Any
) -> Mail | None:
    request = appointment.request
    if not request.email:
        return None
    before = emails.first_id(request)
    return post(
        request.email,
        f"requests/appointments/{template}",
        subject=_subject(appointment, what),
        reply_to=emails.reply_address(request),
        headers={**emails.from_requests(), "In-Reply-To": before, "References": before},
        attached=as_invitation(as_requester(appointment), method) if method else [],
        request=request,
        appointment=appointment,
        page_url=links.page_url(request),
        takes_replies=bool(emails.reply_address(request)),
        **context,
    )


def _to_officer(
    appointment: Appointment,
    officer: User,
    template: str,
    what: str,
    method: Method,
    **context: Any,
) -> Mail | None:
    if not officer.is_active:
        return None
    occasion = as_officer(appointment, officer)
    return post(
        officer.email,
        f"requests/appointments/officer_{template}",
        subject=_subject(appointment, what),
        attached=as_invitation(occasion, method),
        request=appointment.request,
        appointment=appointment,
        card_url=occasion.url,
        **context,
    )


def _subject(appointment: Appointment, what: str) -> str:
    """The reference is in it: that is how the mails of a request are found again."""
    return f"{what} le {moment(appointment.starts_at)} – {appointment.request.reference}"


def _network() -> str:
    return Identity.current().short_name
