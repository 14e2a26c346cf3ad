"""The mails of events: one function per message, each with what calendars need."""

from email.utils import formataddr
from typing import Any

from crm.calendars import Method
from crm.events import invitations, links, tickets
from crm.events.afterwards import FollowUp
from crm.events.events import Event
from crm.events.kinds import CAME, State
from crm.events.registrations import Registration
from crm.events.wording import address, when, where
from crm.identity import Identity
from crm.mail import Attached, Mail, post

# RFC 3834 §5: what a machine says in answer to somebody.
_BY_ITSELF = {"Auto-Submitted": "auto-replied"}
TICKET = "code-d-accueil"  # how the HTML names the picture


def state(registration: Registration) -> Mail:
    """Where a registration stands: a place, a rank, an offer, or nothing any more."""
    return {
        State.CONFIRMED: confirmed, State.WAITING: waiting, State.OFFERED: offered,
        State.CANCELLED: expired if _was_late(registration) else given_up,
    }[registration.state](registration)  # fmt: skip


def _was_late(registration: Registration) -> bool:
    """Whether the place went to somebody else because the offer was not accepted in time."""
    ends = registration.offer_ends_at
    return ends is not None and registration.offered_at is not None


def confirmed(registration: Registration) -> Mail:
    """« Votre place est réservée », with the invitation."""
    files = [*invitations.attached(registration, Method.REQUEST), *_ticket(registration)]
    return _post(registration, "confirmed", "Votre inscription", attached=files)


def waiting(registration: Registration) -> Mail:
    return _post(registration, "waiting", "Liste d’attente")


def offered(registration: Registration) -> Mail:
    """« Une place s’est libérée », with the deadline to accept it."""
    return _post(registration, "offered", "Une place pour vous")


def expired(registration: Registration) -> Mail:
    return _post(registration, "expired", "Place non confirmée")


def given_up(registration: Registration) -> Mail:
    """« Votre désistement est noté »: the calendar forgets it."""
    was_in = registration.confirmed_at is not None
    files = invitations.attached(registration, Method.CANCEL) if was_in else []
    return _post(registration, "given_up", "Désistement noté", attached=files)


def moved(registration: Registration) -> Mail:
    """What changed, with the invitation that replaces the one before for those who have a place."""
    has_place = registration.state is State.CONFIRMED
    files = invitations.attached(registration, Method.REQUEST) if has_place else []
    return _post(registration, "moved", "Changement", attached=files)


def called_off(registration: Registration) -> Mail:
    has_place = registration.state is State.CONFIRMED
    files = invitations.attached(registration, Method.CANCEL) if has_place else []
    return _post(registration, "off", "Annulé", attached=files)


def reminder(registration: Registration) -> Mail:
    return _post(registration, "reminder", "Rappel", attached=_ticket(registration))


def _ticket(registration: Registration) -> list[Attached]:
    """The code to show at the door, in the mail itself: no network is needed there."""
    if not tickets.is_shown(registration):
        return []
    picture = tickets.as_picture(tickets.url(registration))
    return [Attached("code-d-accueil.png", "image/png", picture, shown_as=TICKET)]


def thanks(registration: Registration, follow_up: FollowUp, *, asks_opinion: bool) -> Mail:
    """What is said to those who came, with the way to documents, certificate and opinion."""
    return _post(
        registration,
        "thanks",
        "",
        subject=follow_up.subject,
        text=follow_up.text,
        has_certificate=registration.attendance in CAME and bool(registration.name),
        has_documents=bool(registration.event.documents or registration.event.replay_url),
        asks_opinion=asks_opinion,
    )


def _post(
    registration: Registration,
    template: str,
    what: str,
    attached: list[Attached] | None = None,
    subject: str = "",
    **context: Any,
) -> Mail:
    event = registration.event
    return post(
        registration.email,
        f"events/{template}",
        subject=subject or f"{what}\u00a0: {event.title}"[:300],
        reply_to=reply_address(event),
        headers=_BY_ITSELF,
        attached=attached or [],
        registration=registration,
        event=event,
        when=when(event),
        where=where(event),
        address=address(event),
        page_url=links.page_url(registration),
        event_url=links.event_url(event),
        ticket=TICKET if any(one.shown_as == TICKET for one in attached or ()) else "",
        **context,
    )


def reply_address(event: Event) -> str:
    """Who answers about this event: its officer, or the network."""
    if event.officer is not None and event.officer.is_active:
        return formataddr((event.officer.display_name, event.officer.email))
    identity = Identity.current()
    return formataddr((identity.short_name, identity.email)) if identity.email else ""
