"""Proposing: keeping what somebody proposes, what it resembles, and what is answered."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz

from crm.contacts.fold import fold
from crm.db import change, db, now
from crm.forgotten import remember
from crm.jobs import every
from crm.newsletter import emails
from crm.newsletter.feeds.addresses import canonical_url
from crm.newsletter.items import Item
from crm.newsletter.propositions import Answer, Proposition
from crm.users import User

KIND = "proposition"
LOOK_BACK = timedelta(days=180)  # older items are no duplicates any more
ALIKE = 82  # percent of two titles
_MOST = 5
_COMPARED = 2000
# Who proposed something is kept as long as one may ask about the answer (RGPD art. 5 §1 e).
KEPT = timedelta(days=90)
FORGOTTEN = timedelta(days=365)  # never answered: it is too late
KEPT_SUSPECTS = timedelta(days=30)


class Answered(ValueError):
    """It was answered already: a second answer would contradict the first."""


def propose(values: Mapping[str, Any], suspicion: Sequence[str] = ()) -> Proposition:
    """Keep a proposition. `values` are its columns. Posted twice by one page, it is kept once."""
    if (key := values.get("key")) and (known := _of_key(str(key))) is not None:
        return known
    proposition = Proposition(**values, canonical_url=canonical_url(values.get("url") or ""))
    if suspicion:
        proposition.suspicion = " ; ".join(suspicion)[:300]
        proposition.suspected_at = now()
    db.session.add(proposition)
    return proposition


def alike(proposition: Proposition) -> list[Item]:
    """The items that may well be the same: by their page, then by their title."""
    recent = Item.seen_at > now() - LOOK_BACK
    if proposition.item_id is not None:
        recent = sa.and_(recent, Item.id != proposition.item_id)
    found: dict[int, tuple[float, int]] = {}
    if proposition.canonical_url:
        same = sa.select(Item.id).where(recent, Item.canonical_url == proposition.canonical_url)
        found = {item_id: (101.0, item_id) for item_id in db.session.scalars(same)}
    wanted = fold(proposition.title)
    titles = sa.select(Item.id, Item.title).where(recent).order_by(Item.id.desc())
    for item_id, title in db.session.execute(titles.limit(_COMPARED)):
        likeness = fuzz.token_set_ratio(wanted, fold(title), score_cutoff=ALIKE)
        if likeness and item_id not in found:
            found[item_id] = (likeness, item_id)
    best = [item_id for _, item_id in sorted(found.values(), reverse=True)[:_MOST]]
    items = {item.id: item for item in db.session.scalars(sa.select(Item).where(Item.id.in_(best)))}
    return [items[item_id] for item_id in best]


def accept(proposition: Proposition, by: User) -> Item:
    """Make an item of it, of its kind, and tell its author. Raises Answered."""
    _settle(proposition, Answer.ACCEPTED, by)
    values = {name: getattr(proposition, name) for name in Proposition.CONTENT}
    item = Item(**values, published_at=now(), kept=[], tags=[])
    proposition.item = item
    db.session.add(item)
    _tell(proposition)
    return item


def recognise(proposition: Proposition, item: Item, by: User) -> None:
    """« Nous l’avions déjà »: the author is thanked. Raises Answered."""
    _settle(proposition, Answer.KNOWN, by)
    proposition.item = item
    _tell(proposition)


def refuse(proposition: Proposition, word: str, by: User) -> None:
    """Say no, with a word to the author. Raises Answered."""
    _settle(proposition, Answer.REFUSED, by)
    proposition.word = word
    _tell(proposition)


def clear(proposition: Proposition) -> None:
    """« Ce n’est pas un robot »: it waits with the others."""
    proposition.suspected_at, proposition.suspicion = None, ""


def erase(proposition: Proposition) -> None:
    """Forget who proposed it. What it says stays, as what was published does."""
    if proposition.erased_at is None:
        remember(KIND, proposition.id, proposition.created_at)
    proposition.name = proposition.email = proposition.consent_text = proposition.word = ""
    proposition.key = None
    proposition.erased_at = proposition.erased_at or now()


@every(hours=24)
def forget_authors() -> None:
    """Forget who proposed what was answered long ago; throw away what robots left."""
    at = now()
    change(sa.delete(Proposition).where(Proposition.suspected_at < at - KEPT_SUSPECTS))
    over = sa.or_(Proposition.answered_at < at - KEPT, Proposition.created_at < at - FORGOTTEN)
    old = sa.select(Proposition).where(over, Proposition.erased_at.is_(None))
    for proposition in db.session.scalars(old):
        erase(proposition)


def _settle(proposition: Proposition, answer: Answer, by: User) -> None:
    db.session.refresh(proposition, ["answered_at"], with_for_update=True)
    if proposition.answered_at is not None:
        raise Answered(proposition.title)
    proposition.answer, proposition.answered_at, proposition.answered_by = answer, now(), by
    clear(proposition)


def _tell(proposition: Proposition) -> None:
    if proposition.email:
        emails.answer_proposition(proposition)


def _of_key(key: str) -> Proposition | None:
    return db.session.scalar(sa.select(Proposition).where(Proposition.key == key))
