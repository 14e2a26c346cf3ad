"""Identify: who someone is, from what was typed or from one row, over all the features."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from crm.contacts import personal as contacts
from crm.contacts.details import DetailKind
from crm.contacts.fold import fold
from crm.personal import Trace, Who
from crm.privacy.features import FEATURES


@dataclass(frozen=True)
class Found:
    """Someone a search found: one line, whatever the number of rows that speak of them."""

    key: str
    name: str
    email: str
    said: list[str]


@dataclass(frozen=True)
class Identity:
    """Someone as far as the rows agree. `shared`: addresses that are others’ too, left out."""

    who: Who
    shared: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        names = [" ".join(filter(None, one)) for one in self.who.names]
        return next(filter(None, names), "") or min(self.who.emails, default="Sans nom")


def find(words: str) -> list[Found]:
    """Everybody whom these words may mean, the cards of the directory first."""
    if not words.strip():
        return []
    people: dict[str, Found] = {}
    by_rank = sorted(
        (trace for feature in FEATURES for trace in feature.find(words)),
        key=lambda trace: not trace.key.startswith(contacts.KIND),
    )
    for trace in by_rank:
        same = _same(trace, people.values())
        if same is None:
            people[trace.key] = Found(trace.key, trace.name, trace.email, [trace.said])
        else:
            same.said.append(trace.said)
    return list(people.values())


def _same(trace: Trace, people: Iterable[Found]) -> Found | None:
    """Who of these has the same address and, when both have one, the same name."""
    for one in people:
        named = not trace.name or not one.name or fold(trace.name) == fold(one.name)
        if trace.email and one.email == trace.email and named:
            return one
    return None


def identify(key: str) -> Identity | None:
    """Whom a row is about (« fiche-12 », « demande-7 »…), with all that surely is theirs.

    A card is only added when the address is on no other; an address of the card that another card
    has too is set aside, unless it is where we started from.
    """
    kind, _, number = key.rpartition("-")
    if not number.isdecimal() or len(number) > 9:
        return None
    resolved = (feature.resolve(kind, int(number)) for feature in FEATURES)
    start = next((one for one in resolved if one is not None), None)
    if start is None:
        return None
    who = _with_cards(start)
    tied = {email for feature in FEATURES for email in feature.addresses(who.people)}
    emails = (who.emails | tied) - {""}
    own = {email for email in emails if not _is_others(email, who)}
    own |= start.emails if kind != contacts.KIND else set()
    return Identity(replace(who, emails=frozenset(own)), sorted(emails - own))


def _with_cards(start: Who) -> Who:
    """The same, with what the cards say: the one they are tied to, or the only one with their
    address."""
    people = set(start.people)
    for email in () if people else start.emails:
        cards = contacts.at(email)
        people |= set(cards) if len(cards) == 1 else set()
    cards_of = [contacts.resolve(contacts.KIND, one) for one in sorted(people)]
    everyone = [start, *(one for one in cards_of if one is not None)]
    return Who(
        emails=frozenset().union(*(one.emails for one in everyone)),
        people=frozenset().union(*(one.people for one in everyone[1:])),
        names=tuple(dict.fromkeys(name for one in everyone for name in one.names)),
        phones=frozenset().union(*(one.phones for one in everyone)),
        user_id=start.user_id,
        rows=start.rows,
    )


def _is_others(email: str, who: Who) -> bool:
    return contacts.is_elsewhere(DetailKind.EMAIL, email, who.people)
