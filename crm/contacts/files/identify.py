"""Identify: which card a row is about; when that is not sure, which cards it may be about, and why.

Sure: the card's number, a SIRET, SIREN or RNA that only one card has, a mail with a like name, or
exactly the same name with nothing said that contradicts it. Anything less is a doubt.
"""

from dataclasses import dataclass, field
from typing import Any

from crm.contacts.files.cards import Card
from crm.contacts.files.directory import NUMBERS, Directory, Near, person_key, roles_in
from crm.contacts.files.drafts import Draft
from crm.contacts.files.thesaurus import TermRef
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import NEAR, alike, name_key
from crm.text import one_line

_UNLIKE = 60  # percent: below this, two names are of two things


@dataclass(frozen=True)
class Candidate:
    """A card that the row may be about, and why one may think so."""

    card: Card
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the card is called today, whatever another row would call it."""
        return self.card.known_as


@dataclass(frozen=True)
class Match:
    """A card, or some candidates, or neither: then the row is about somebody new."""

    card: Card | None = None
    candidates: list[Candidate] = field(default_factory=list)
    # The card's own number was given: the file has the last word, down to a single accent.
    by_id: bool = False
    by_number: bool = False
    problem: str = ""

    @property
    def renames(self) -> bool:
        """Whether another name is a new name, rather than another way to write it."""
        return self.by_id or self.by_number


def identify_organisation(draft: Draft, directory: Directory) -> Match:
    """The organisation this row is about."""
    facts = draft.organisation
    if "id" in facts:
        return _by_id(ContactKind.ORGANISATION, facts["id"], draft.typed_name, directory)
    for number in NUMBERS:
        if match := _by_number(number, facts, directory):
            return match
    if match := _by_email("organisation email", facts, facts.get("name", ""), directory):
        return match
    return _by_name(draft, directory)


def identify_person(draft: Draft, organisation: Card | None, directory: Directory) -> Match:
    """The person this row is about, who may have a role in this organisation."""
    facts = draft.person
    name = f"{facts.get('first_name', '')} {facts.get('last_name', '')}".strip()
    if "id" in facts:
        return _by_id(ContactKind.PERSON, facts["id"], name, directory)
    if match := _by_email("person email", facts, name, directory):
        return match
    return _by_full_name(facts, organisation, directory) if name else Match()


def _by_id(kind: ContactKind, number: int, name: str, directory: Directory) -> Match:
    card = directory.by_id.get((kind, number))
    if card is None:
        return Match(problem=f"il n’y a pas, ou plus, de fiche n° {number}")
    if name and name != one_line(card.name) and _likeness(card, name) < _UNLIKE:
        return Match(candidates=[Candidate(card, (f"fiche n° {number}, mais le nom diffère",))])
    return Match(card, by_id=True)


def _by_number(number: str, facts: dict[str, Any], directory: Directory) -> Match | None:
    cards = directory.find(number, facts.get(number, ""))
    if not cards:
        return None
    reasons = (f"même {number.upper()}",)
    if number == "siren" and "siret" in facts:
        # The same company, but each of its establishments has a number of its own.
        others = [card for card in cards if card.values.get("siret")]
        cards = [card for card in cards if not card.values.get("siret")] or others
        if cards is others:
            return Match(candidates=[Candidate(card, reasons) for card in cards])
    if len(cards) > 1:
        named = [card for card in cards if _likeness(card, facts.get("name", "")) >= NEAR]
        cards = named if len(named) == 1 else cards
    if len(cards) == 1:
        return Match(cards[0], by_number=True)
    return Match(candidates=[Candidate(card, reasons) for card in cards])


def _by_email(what: str, facts: dict[str, Any], name: str, directory: Directory) -> Match | None:
    cards = list(
        dict.fromkeys(card for key in facts.get("emails", ()) for card in directory.find(what, key))
    )
    if not cards:
        return None
    like = [card for card in cards if not name or _likeness(card, name) >= _UNLIKE]
    if len(like) == 1:
        return Match(like[0])
    return Match(candidates=[Candidate(card, ("même courriel",)) for card in like or cards])


def _likeness(card: Card, name: str) -> int:
    key = name_key(name)
    if card.kind is ContactKind.PERSON:
        his = person_key(card.values.get("first_name", ""), card.values["last_name"])
        return max(alike(his, key), 90 if set(his.split()) <= set(key.split()) else 0)
    names = (card.values["name"], card.values.get("acronym", ""), *card.names)
    return max(alike(name_key(one), key) for one in names if one)


def _by_name(draft: Draft, directory: Directory) -> Match:
    facts = draft.organisation
    if "name" not in facts:
        return Match(problem="le nom de la structure manque")
    keys = list(dict.fromkeys(name_key(one) for one in (facts["name"], draft.typed_name)))
    cards = [card for key in keys for card in directory.find("name", key)]
    same, doubts = [], []
    for card in dict.fromkeys(cards):
        differences = _differences(card, draft)
        if not differences:
            same.append(card)
        elif card.id is not None and "département" not in differences:
            reason = "même nom, mais " + " et ".join(f"autre {what}" for what in differences)
            doubts.append(Candidate(card, (reason,)))
    if len(same) == 1:
        return Match(same[0])
    if same:
        return Match(candidates=[Candidate(card, ("même nom",)) for card in same])
    known = {id(candidate.card) for candidate in doubts} | {id(card) for card in cards}
    return Match(candidates=doubts + _near(keys, draft, directory, known))


def _near(keys: list[str], draft: Draft, directory: Directory, known: set[int]) -> list[Candidate]:
    """The cards whose name, acronym or former name looks like this one; the nearest first."""
    best: dict[int, Near] = {}
    for near in (near for key in keys for near in directory.near.get(key, ())):
        if near.id not in best or near.score > best[near.id].score:
            best[near.id] = near
    candidates = []
    for near in sorted(best.values(), key=lambda near: -near.score)[:5]:
        card = directory.by_id[ContactKind.ORGANISATION, near.id]
        if id(card) in known or {"département", "SIREN"} & set(_differences(card, draft)):
            continue
        score = f"{near.reason} ({near.score}\u00a0%)" if near.score < 100 else near.reason
        candidates.append(Candidate(card, (score,)))
    return candidates


def _differences(card: Card, draft: Draft) -> list[str]:
    """What is said on both sides and does not agree. A blank contradicts nothing."""
    found, facts = [], draft.organisation
    for name, label in (("siren", "SIREN"), ("department", "département"), ("commune", "commune")):
        his, its = card.values.get(name), facts.get(name)
        if his and its and fold(str(his)) != fold(str(its)):
            found.append(label)
    his, its = card.values.get("actor_type"), draft.actor_type
    if isinstance(his, TermRef) and isinstance(its, TermRef) and his is not its:
        found.append("type")
    return found


def _by_full_name(facts: dict[str, Any], organisation: Card | None, directory: Directory) -> Match:
    key = person_key(facts.get("first_name", ""), facts["last_name"])
    cards = directory.find("person", key)
    if organisation is not None:
        here = [card for card in cards if roles_in(card, organisation)]
        if len(here) == 1:
            return Match(here[0])
        if here:
            return Match(
                candidates=[Candidate(card, ("même nom, même structure",)) for card in here]
            )
    # Without anything else to tell, one card of that name is the one meant; two are a doubt.
    free = [card for card in cards if _may_be(card, facts, organisation)]
    if len(free) == 1 and organisation is None and "emails" not in facts:
        return Match(free[0])
    doubts = [Candidate(card, ("même nom",)) for card in free if card.id is not None]
    return Match(candidates=doubts or _colleagues(key, organisation, directory))


def _may_be(card: Card, facts: dict[str, Any], organisation: Card | None) -> bool:
    """Whether nothing says that this card is of a namesake."""
    department = card.values.get("department")
    if department and facts.get("department") and department != facts["department"]:
        return False
    # Two rows of one file with one name in two places: two people, until someone says otherwise.
    return card.id is not None or organisation is None


def _colleagues(key: str, organisation: Card | None, directory: Directory) -> list[Candidate]:
    """Those of the organisation whose name is almost this one."""
    if organisation is None or organisation.id is None:
        return []
    return [
        Candidate(card, ("nom proche, même structure",))
        for card in directory.colleagues[organisation]
        if _likeness(card, key) >= NEAR
    ]
