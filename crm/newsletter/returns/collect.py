"""Collecting: what came back is read from a mailbox, and put away once it is written down.

This module commits as it goes: a message is put away only once what it says is safe, and whatever
is read twice is counted once.
"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from crm.config import Settings
from crm.db import db, now
from crm.filters import plural
from crm.jobs import every, tell
from crm.mailbox import Received, Unavailable, opened
from crm.newsletter.bounces import Kind
from crm.newsletter.returns.attribute import by_address, by_token
from crm.newsletter.returns.decipher import LIMIT, Return, parse, read
from crm.newsletter.returns.refusals import count_refusals
from crm.newsletter.returns.suppress import record

log = logging.getLogger(__name__)

GROUP = 20  # messages in one commit
TOLD = "retours"  # the name under which the last reading is told


@dataclass
class Account:
    """What a reading found. `others` counts what is no return, `failed` what could not be read."""

    messages: int = 0
    known: int = 0
    others: int = 0
    unattributed: int = 0
    failed: int = 0
    kinds: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))


@every(minutes=5)
def collect_bounces() -> None:
    """Read the mailbox of CRM_BOUNCES_MAILBOX, and count what servers refused at once."""
    settings = Settings.current()
    count_refusals()
    if not settings.bounces_mailbox:
        return
    count, trouble = 0, ""
    try:
        for account in collect(settings.bounces_mailbox):
            count = account.messages
    except Unavailable as unavailable:
        trouble = str(unavailable)
        log.warning("retours\u00a0: %s", trouble)
    tell(TOLD, {"at": now().isoformat(), "messages": count, "trouble": trouble})


def collect(place: str) -> Iterator[Account]:
    """Take in every message at `place` (see crm.mailbox); yields the running account, from time to
    time.

    Raises Unavailable. Commits as it goes.
    """
    account, settings = Account(), Settings.current()
    with opened(place) as mailbox:
        for group in _groups(mailbox.unread()):
            # Fetched beforehand: nobody waits for a mail server with the database in hand.
            done = [received for received in group if _take(received.raw, account, settings)]
            db.session.commit()
            for received in done:
                mailbox.put_away(received)
            yield account


def _groups(messages: Iterator[Received]) -> Iterator[list[Received]]:
    while group := [Received(one.key, one.raw[:LIMIT]) for one in islice(messages, GROUP)]:
        yield group


def _take(raw: bytes, account: Account, settings: Settings) -> bool:
    """Take in one message. One that cannot be read stays where it is, and keeps no other."""
    account.messages += 1
    try:
        with db.session.begin_nested():
            outcomes = list(_outcomes(raw, settings))
    except Exception:
        log.exception("un retour n’a pas pu être lu")
        account.failed += 1
        return False
    if not outcomes:
        account.others += 1
    for told, is_attributed, is_news in outcomes:
        account.known += not is_news
        account.unattributed += is_news and not is_attributed
        account.kinds[told.kind] += is_news
    return True


def _outcomes(raw: bytes, settings: Settings) -> Iterator[tuple[Return, bool, bool]]:
    """Each return, whether it could be attributed, and whether it was news."""
    message, at = parse(raw), now()
    found = read(message)
    if not found:
        return
    trace = by_token(raw, message, settings)
    if trace is not None:  # our messages have one recipient: it is about that one
        found = [_worst(found)]
    key = _key(message.get("Message-ID"), raw)
    for told in found:
        about = trace or by_address(told.recipient, told.happened_at, at)
        whom = about.delivery or about.subscription
        yield told, whom is not None, record(told, whom, key, at)


def _worst(found: list[Return]) -> Return:
    order = (Kind.COMPLAINT, Kind.HARD, Kind.SOFT, Kind.BLOCKED)
    return min(found, key=lambda told: order.index(told.kind))


def _key(message_id: object, raw: bytes) -> str:
    """The same message has the same key, whichever mailbox or file it was read from."""
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()
    return str(message_id or "").strip() or hashlib.sha256(body).hexdigest()


def lines(account: Account) -> Iterator[str]:
    """The account in French, a line for each thing there is to say."""
    yield f"{plural(account.messages, 'message lu', 'messages lus')}."
    for kind, count in account.kinds.items():
        if count:
            yield f"{plural(count, *_NAMES[kind])}."
    if account.known:
        yield f"{plural(account.known, 'retour déjà compté', 'retours déjà comptés')}."
    if account.unattributed:
        yield f"{plural(account.unattributed, 'retour')} que rien ne rattache à un envoi."
    if account.others:
        yield f"{plural(account.others, 'message')} sans refus (réponse automatique, retard…)."
    if account.failed:
        yield f"{plural(account.failed, 'message')} en place, faute d’avoir pu être lu."


_NAMES = {
    Kind.HARD: ("adresse refusée pour de bon", "adresses refusées pour de bon"),
    Kind.SOFT: ("refus passager", "refus passagers"),
    Kind.BLOCKED: ("message refusé sans que l’adresse soit en cause",
                   "messages refusés sans que l’adresse soit en cause"),
    Kind.COMPLAINT: ("signalement comme indésirable", "signalements comme indésirables"),
}  # fmt: skip
