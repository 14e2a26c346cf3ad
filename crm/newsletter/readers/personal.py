"""Personal: how the letters find someone, tell what they keep about them, and forget them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from crm.db import db
from crm.filters import plural
from crm.newsletter import authors, holdings
from crm.newsletter.deliveries import Delivery
from crm.newsletter.issues import Publication
from crm.newsletter.readers.departures import Departure
from crm.newsletter.readers.disclose import everything
from crm.newsletter.readers.erase import erase as erase_address
from crm.newsletter.readers.moves import Move
from crm.newsletter.subscriptions import Basis, Consent, Purpose, Subscription
from crm.personal import Kept, Trace, Who

PROCESSINGS, HOLDINGS = holdings.PROCESSINGS, holdings.HOLDINGS
ABOUT_NOBODY = holdings.ABOUT_NOBODY

KIND = "abonnement"
_MOST = 30


def find(words: str) -> Iterator[Trace]:
    """Subscriptions by the address or the name of the reader, the last one first."""
    query = sa.select(Subscription).where(Subscription.erased_at.is_(None))
    columns = (Subscription.email, Subscription.first_name, Subscription.last_name)
    for word in words.split()[:5]:
        query = query.where(sa.or_(*(one.icontains(word, autoescape=True) for one in columns)))
    for found in db.session.scalars(query.order_by(Subscription.id.desc()).limit(_MOST)):
        name = f"{found.first_name} {found.last_name}".strip()
        said = "abonnement à" if found.is_active else "a été inscrit·e à"
        yield Trace(f"{KIND}-{found.id}", name, found.email, f"{said} {found.publication.name}")
    yield from authors.find(words)


def resolve(kind: str, row_id: int) -> Who | None:
    if kind == authors.KIND:
        return authors.resolve(row_id)
    found = db.session.get(Subscription, row_id) if kind == KIND else None
    if found is None or found.erased_at is not None:
        return None
    return Who(
        emails=frozenset({found.email, *_former(found)}),
        people=frozenset({found.person_id} - {None}),  # type: ignore[arg-type]
        names=((found.first_name, found.last_name),) if found.last_name else (),
    )


def addresses(people: Iterable[int]) -> set[str]:
    mine = Subscription.person_id.in_(sorted(people)), Subscription.erased_at.is_(None)
    found = db.session.scalars(sa.select(Subscription).where(*mine))
    return {email for one in found for email in (one.email, *_former(one))}


def disclose(who: Who) -> Iterator[Kept]:
    for subscription in _one_per_address(who):
        yield Kept(f"Lettres reçues à {subscription.email}", everything(subscription))
    yield from authors.disclose(who)


def foresee(who: Who) -> Iterator[str]:
    for subscription in _one_per_address(who):
        letters = [one.publication.name for one in Subscription.at(subscription.email)]
        sent = sum(_count_sent(one) for one in Subscription.at(subscription.email))
        yield (
            f"{subscription.email} quitte {' et '.join(letters)}. "
            f"{plural(sent, 'envoi')}\u00a0: chaque ligne reste, sans son adresse, pour que les "
            "comptes des numéros soient toujours justes."
        )
    yield from authors.foresee(who)


def _count_sent(subscription: Subscription) -> int:
    mine = sa.select(sa.func.count()).where(Delivery.subscription_id == subscription.id)
    return db.session.scalar(mine) or 0


def erase(who: Who, keys: Sequence[str], *, objects: bool) -> None:
    """Forget each address. Its hash stays when they objected, or had left by themselves: a list
    must not bring them back (RGPD art. 21 §3)."""
    for email in sorted({*who.emails, *(one.email for one in _of(who))}):
        left = any(one.left_at is not None for one in Subscription.at(email))
        known = Departure.includes(email, keys)
        erase_address(email, keys)
        if not (objects or left or known):
            db.session.flush()
            Departure.forget(email, keys)
    authors.forget(who)


def reread(table: str, ids: Iterable[int]) -> None:
    """Nothing here is found by texts that name others."""


def row_at(email: str) -> str | None:
    found = [one for one in Subscription.at(email) if one.erased_at is None]
    return f"{KIND}-{found[0].id}" if found else authors.row_at(email)


def signs() -> Iterator[Any]:
    """Consents given, confirmed or taken back, departures, changes of address."""
    known = Subscription.erased_at.is_(None)
    who, agreed = (Subscription.person_id, Subscription.email), sa.literal("abonnement")
    for moment in (Consent.given_at, Consent.confirmed_at, Consent.withdrawn_at):
        said = sa.select(*who, moment, agreed).join(Consent.subscription)
        yield said.where(known, moment.is_not(None), Consent.basis == Basis.FORM)
    left = Subscription.left_at
    yield sa.select(*who, left, sa.literal("désabonnement")).where(known, left.is_not(None))
    moved = sa.select(*who, Move.confirmed_at, sa.literal("changement d’adresse"))
    moved = moved.join(Move, Move.subscription_id == Subscription.id)
    yield moved.where(known, Move.confirmed_at.is_not(None))
    # Whom a list or the team subscribed has been known since then.
    yield sa.select(*who, Subscription.created_at, agreed).where(known)
    yield authors.signs()


def consents() -> Iterator[Any]:
    """Each consent to receive or to be measured, with the words that were shown."""
    its = Consent
    purpose = sa.case(*((its.purpose == one, one.label) for one in Purpose), else_="")
    basis = sa.case(*((its.basis == one, one.label) for one in Basis), else_="")
    said = purpose + sa.literal("\u00a0: ") + Publication.name
    yield (
        sa.select(
            sa.literal(KIND), Subscription.id, Subscription.email, its.given_at, its.confirmed_at,
            its.withdrawn_at, said, basis + sa.literal(" – ") + its.source, its.wording,
        )
        .join(its.subscription)
        .join(Subscription.publication)
    )  # fmt: skip


def tidy() -> None:
    """Clicks and clocks are forgotten where they are counted."""


def may_be_asked(email: str) -> bool:
    """Whether a letter still goes there: who has left, or refuses mail, is not written to."""
    return any(one.is_active for one in Subscription.at(email))


def has_left(email: str, keys: Sequence[str]) -> bool:
    """Whether this address asked not to be written to, or answers no more."""
    known = Subscription.at(email)
    return Departure.includes(email, keys) or (bool(known) and not may_be_asked(email))


def _of(who: Who) -> list[Subscription]:
    mine = who.among(Subscription.email, Subscription.person_id)
    query = sa.select(Subscription).where(mine, Subscription.erased_at.is_(None))
    return list(db.session.scalars(query.order_by(Subscription.id)))


def _one_per_address(who: Who) -> Iterable[Subscription]:
    return {one.email: one for one in _of(who)}.values()


def _former(subscription: Subscription) -> set[str]:
    """The addresses that moved to this one."""
    moved = sa.select(Move.old_email).where(
        Move.new_email == subscription.email, Move.confirmed_at.is_not(None)
    )
    return set(db.session.scalars(moved))
