"""Receiving: mails that come back go to their conversation, the others become requests.

Commits as it goes: what was put away in the mailbox is on disk here.
"""

import hashlib
import logging
import re
from collections import Counter
from datetime import timedelta
from email.utils import parseaddr

import sqlalchemy as sa

from crm.calendars import Reply
from crm.config import Settings
from crm.db import db, now
from crm.jobs import every
from crm.mail import wake
from crm.mailbox import Unavailable, opened
from crm.requests import book, links
from crm.requests.converse import hear
from crm.requests.decipher import Letter, decipher
from crm.requests.files import BadFile, Sent, check
from crm.requests.kinds import Channel, RequestKind
from crm.requests.messages import Message
from crm.requests.requests import SupportRequest
from crm.requests.slots import Appointment
from crm.requests.submit import submit
from crm.spam import count_links
from crm.text import normal_email

log = logging.getLogger(__name__)

_REFERENCE = re.compile(r"\bD-\d{4}-\d{4,}\b", re.IGNORECASE)
_MANY = 5  # new requests by mail from one address in a day, after which they are looked at
_MANY_LINKS = 8  # people paste links in mails more than in forms

# What became of a mail, in French, as `crm requests fetch` says it.
JOINED, NEW, IGNORED, KNOWN = "dans sa conversation", "demande nouvelle", "laissé", "déjà lu"


@every(minutes=2)
def fetch_mails() -> None:
    """Read the mailbox of CRM_REQUESTS_MAILBOX, when there is one."""
    place = Settings.current().requests_mailbox
    if not place:
        return
    try:
        read(place)
    except Unavailable as error:
        log.warning("demandes : %s", error)


def read(place: str) -> Counter[str]:
    """Take every mail that waits at `place`; how many became what. Raises Unavailable.

    A mail that cannot be taken is logged, without what it says, and stays in the mailbox, read.
    """
    account: Counter[str] = Counter()
    with opened(place) as box:
        for received in box.unread():
            try:
                account[take(received.raw)] += 1
                db.session.commit()
            except Exception:
                db.session.rollback()
                log.exception("demandes : le courriel %s n’a pas pu être lu", received.key)
            box.put_away(received)
    wake()
    return account


def take(raw: bytes) -> str:
    """Keep one mail where it belongs; what became of it. Taken twice, it is kept once."""
    letter = decipher(raw)
    if _is_known(letter):
        return KNOWN
    if letter.sender in _own_addresses():
        return IGNORED  # our own words come back: answering would never end
    request = conversation_of(letter)
    if request is not None and not request.is_erased:
        _join(request, letter)
        return JOINED
    if letter.is_automatic or not letter.sender or request is not None:
        return IGNORED
    _begin(letter)
    return NEW


def conversation_of(letter: Letter) -> SupportRequest | None:
    """The request a mail is about: by its signed address, by what it answers, or by its subject.

    A reference in a subject is no proof: it counts only from the requester's own address.
    """
    signed = " ".join([letter.recipients, *letter.references, letter.raw_text])
    found = links.read_reply(signed)
    if found is None and letter.references:
        found = db.session.scalar(
            sa.select(SupportRequest)
            .join(Message, Message.request_id == SupportRequest.id)
            .where(Message.message_id.in_(letter.references))
            .limit(1)
        )
    if found is None and (said := _REFERENCE.search(letter.subject)):
        named = SupportRequest.find(said[0])
        found = named if named is not None and named.email == letter.sender else None
    return found


def _join(request: SupportRequest, letter: Letter) -> None:
    if letter.reply is not None:
        _answer_invitation(request, letter.reply, letter.sender)
        if not letter.text or letter.is_automatic:
            return  # a calendar program spoke alone
    files, refused = _checked(letter.files)
    hear(
        request, _with(letter.text or "(message vide)", refused), files=files,
        quoted=letter.quoted, sender=letter.sender, message_id=letter.message_id,
        is_automatic=letter.is_automatic,
    )  # fmt: skip


def _answer_invitation(request: SupportRequest, reply: Reply, sender: str) -> None:
    """Only an appointment of this very conversation is concerned."""
    mine = sa.select(Appointment).where(
        Appointment.request_id == request.id, Appointment.uid == reply.uid
    )
    if (appointment := db.session.scalar(mine)) is not None:
        book.answered(appointment, reply, sender)


def _begin(letter: Letter) -> SupportRequest:
    files, refused = _checked(letter.files)
    first_name, last_name = names_of(letter.sender_name)
    values = {
        "kind": RequestKind.OTHER, "key": _key(letter), "subject": letter.subject,
        "need": _with(letter.text, refused), "email": letter.sender,
        "first_name": first_name, "last_name": last_name,
    }  # fmt: skip
    return submit(values, files=files, suspicion=_doubts(letter), channel=Channel.MAIL)


def _doubts(letter: Letter) -> list[str]:
    """Why a mail looks like a robot's."""
    lately = sa.select(sa.func.count(SupportRequest.id)).where(
        SupportRequest.email == letter.sender, SupportRequest.channel == Channel.MAIL,
        SupportRequest.created_at > now() - timedelta(days=1),
    )  # fmt: skip
    doubts = []
    if letter.is_spam:
        doubts.append("le serveur de courrier le dit indésirable")
    if count_links([letter.subject, letter.text]) > _MANY_LINKS:
        doubts.append("beaucoup de liens")
    if (db.session.scalar(lately) or 0) >= _MANY:
        doubts.append("beaucoup de courriels de la même adresse")
    return doubts


def names_of(name: str) -> tuple[str, str]:
    """« Chloé Martin », « MARTIN Chloé », « Martin, Chloé »: the first name, then the last."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip()[:100], last.strip()[:100]
    words = name.split()
    if len(words) > 1 and words[0].isupper() and not words[-1].isupper():
        words = [*words[1:], words[0]]
    return " ".join(words[:-1])[:100], (words[-1] if words else "")[:100]


def _checked(files: list[tuple[str, bytes]]) -> tuple[list[Sent], list[str]]:
    """The files that can be kept, and why the others are not."""
    kept, refused = [], []
    for name, content in files:
        try:
            kept.append(check(name, content))
        except BadFile as error:
            refused.append(str(error))
    return kept, refused


def _with(text: str, refused: list[str]) -> str:
    """What was said, and what did not come with it."""
    return "\n\n".join([text, *(f"[Pièce jointe laissée : {why}]" for why in refused)]).strip()


def _is_known(letter: Letter) -> bool:
    said = sa.exists().where(Message.message_id == letter.message_id)
    begun = sa.exists().where(SupportRequest.key == _key(letter))
    return bool(db.session.scalar(sa.select(sa.or_(said, begun))))


def _key(letter: Letter) -> str:
    return hashlib.sha256(f"courriel {letter.message_id}".encode()).hexdigest()


def _own_addresses() -> set[str]:
    settings = Settings.current()
    written = (settings.mail_from, settings.requests_mail)
    return {normal_email(parseaddr(one)[1]) or "" for one in written if one}
