"""Duplicates: finds the cards that may be the same contact, each night, and says why.

Two cards are compared only when they share a key: a number, a mail, a phone, or the longest words
of a name (see likeness.py). What two cards share adds up to a score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import prod
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process

from crm.contacts.details import Detail, DetailKind
from crm.contacts.duplicates.pairs import PAIRS
from crm.contacts.files.bulk import among, batches
from crm.contacts.files.directory import person_key
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import NEAR, alike, blocks, essence, in_order
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.db import db, now, reading
from crm.jobs import every

Progress = Callable[[int, int], None]  # done, in all

WORTH_SHOWING = 55  # percent
_CROWD = 40  # a number or a mail shared by more cards than this says nothing about any two
_CROWDED_BLOCK = 1500  # names: beyond, only neighbours in alphabetical order are compared
_WINDOW = 12

# How sure each thing that two cards share makes it that they are one.
_WEIGHTS = {
    "même SIRET": 0.97, "même RNA": 0.97, "même SIREN": 0.85, "même courriel": 0.8,
    "même téléphone": 0.6, "même sigle": 0.45, "même domaine de courriel": 0.35,
    "même structure": 0.5, "même code postal": 0.2, "même commune": 0.15,
}  # fmt: skip
# Mail hosts of everybody: sharing one says nothing.
_HOSTS = {
    "gmail.com", "orange.fr", "wanadoo.fr", "free.fr", "yahoo.fr", "yahoo.com", "hotmail.fr",
    "hotmail.com", "outlook.fr", "outlook.com", "live.fr", "laposte.net", "sfr.fr", "neuf.fr",
    "icloud.com", "gmx.fr", "bbox.fr", "numericable.fr", "protonmail.com", "proton.me", "aol.com",
    "club-internet.fr", "msn.com", "me.com",
}  # fmt: skip


@dataclass(eq=False, slots=True)
class Seen:
    """A card, as the search for duplicates sees it."""

    id: int
    name: str  # folded
    essence: str
    words: str
    acronym: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    postcode: str = ""
    commune: str = ""
    department: str = ""
    places: set[int] = field(default_factory=set)

    @property
    def domains(self) -> set[str]:
        return {email.rpartition("@")[2] for email in self.emails} - _HOSTS


Found = dict[tuple[int, int], tuple[int, list[str]]]  # two ids → score, reasons


def find_duplicates(kind: ContactKind, progress: Progress | None = None) -> Found:
    """The pairs of cards of this kind that may be one. Only reads."""
    seen = _organisations() if kind is ContactKind.ORGANISATION else _people()
    progress = progress or (lambda done, total: None)
    found: Found = {}
    compared: set[tuple[int, int]] = set()
    groups = list(_groups(seen))
    by_block = [group for group in _blocks(seen) if len(group) > 1]
    total, step = len(groups) + len(by_block), 2000
    for done, group in enumerate(groups):
        for one, other in combinations(group, 2):
            _compare(one, other, compared, found)
        if done % step == 0:
            progress(done, total)
    for done, group in enumerate(by_block, len(groups)):
        for one, other in _near(group):
            _compare(one, other, compared, found)
        if done % step == 0:
            progress(done, total)
    progress(total, total)
    return found


def keep(kind: ContactKind, found: Found) -> int:
    """Write the pairs down; how many are to look at. Those dismissed once never come back."""
    pair, at = PAIRS[kind], now()
    known = {
        (row.first_id, row.second_id): row
        for row in db.session.execute(
            sa.select(pair.id, pair.first_id, pair.second_id, pair.score, pair.reasons)
        )
    }
    dismissed = set(db.session.scalars(sa.select(pair.id).where(pair.dismissed_at.is_not(None))))
    gone = [row.id for ids, row in known.items() if ids not in found and row.id not in dismissed]
    for some in batches(gone):
        db.session.execute(sa.delete(pair).where(among(pair.id, some)))
    table: Any = pair.__table__
    new = [
        {"first_id": ids[0], "second_id": ids[1], "score": score, "reasons": reasons,
         "found_at": at}
        for ids, (score, reasons) in found.items() if ids not in known
    ]  # fmt: skip
    if new:
        db.session.execute(sa.insert(table), new)
    changed = [
        {"the_id": known[ids].id, "score": score, "reasons": reasons}
        for ids, (score, reasons) in found.items()
        if ids in known and (known[ids].score, known[ids].reasons) != (score, reasons)
    ]
    if changed:
        update = sa.update(table).where(table.c.id == sa.bindparam("the_id"))
        db.session.connection().execute(update, changed)
    return sum(1 for ids in found if ids not in known or known[ids].id not in dismissed)


@every(hours=24)
def look_for_duplicates() -> None:
    """Look at every card; nobody waits meanwhile: only writing down what was found takes a lock."""
    with reading():
        found = {kind: find_duplicates(kind) for kind in ContactKind}
        db.session.rollback()
    for kind, pairs in found.items():
        keep(kind, pairs)


def _compare(one: Seen, other: Seen, compared: set[tuple[int, int]], found: Found) -> None:
    ids = (one.id, other.id) if one.id < other.id else (other.id, one.id)
    if ids in compared:
        return
    compared.add(ids)
    reasons = list(_reasons(one, other))
    score = round(100 * (1 - prod(1 - weight for _, weight in reasons)))
    if score >= WORTH_SHOWING:
        reasons.sort(key=lambda reason: -reason[1])
        found[ids] = (score, [words for words, _ in reasons])


def _reasons(one: Seen, other: Seen) -> Iterator[tuple[str, float]]:
    """What these two share, and how much each thing says."""
    likeness = alike(one.name, other.name)
    for number, value in one.numbers.items():
        if other.numbers.get(number) == value:
            yield _weighed(f"même {number.upper()}")
    if one.emails & other.emails:
        yield _weighed("même courriel")
    elif one.domains & other.domains:
        yield _weighed("même domaine de courriel")
    if one.phones & other.phones:
        yield _weighed("même téléphone")
    if likeness >= NEAR:
        yield _name_reason(one, other, likeness)
    elif _share_acronym(one, other):
        yield _weighed("même sigle")
    if one.places & other.places:
        yield _weighed("même structure")
    if one.postcode and one.postcode == other.postcode:
        yield _weighed("même code postal")
    elif one.commune and one.commune == other.commune:
        yield _weighed("même commune")


def _weighed(reason: str) -> tuple[str, float]:
    return reason, _WEIGHTS[reason]


def _name_reason(one: Seen, other: Seen, likeness: int) -> tuple[str, float]:
    """A like name says less when the departments are known and differ."""
    words = "même nom" if one.name == other.name else f"noms proches ({likeness}\u00a0%)"
    weight = 0.45 + 0.03 * (likeness - NEAR)  # 0.45 to 0.81
    if one.department and other.department and one.department != other.department:
        weight *= 0.4
    return words, weight


def _share_acronym(one: Seen, other: Seen) -> bool:
    """One is called by the acronym of the other, or both have the same."""
    mine = {one.acronym, one.name if " " not in one.name else ""} - {""}
    theirs = {other.acronym, other.name if " " not in other.name else ""} - {""}
    return bool(mine & theirs)


def _groups(seen: Sequence[Seen]) -> Iterator[list[Seen]]:
    """The cards that share a number, a mail, a phone, an acronym, or a domain and a postcode."""
    keys: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    for card in seen:
        for key in _keys(card):
            keys[key].append(card)
    return (group for group in keys.values() if 1 < len(group) <= _CROWD)


def _keys(card: Seen) -> Iterator[tuple[str, str]]:
    yield from card.numbers.items()
    for email in card.emails:
        yield "email", email
    for phone in card.phones:
        yield "phone", phone
    if card.acronym:
        yield "acronym", card.acronym
    if card.name and " " not in card.name:
        yield "acronym", card.name
    if card.postcode:
        for domain in card.domains:
            yield "domain", f"{domain} {card.postcode}"


def _blocks(seen: Sequence[Seen]) -> Iterable[list[Seen]]:
    groups: defaultdict[str, list[Seen]] = defaultdict(list)
    for card in seen:
        for key in blocks(card.name):
            groups[key].append(card)
    return groups.values()


def _near(group: list[Seen]) -> Iterator[tuple[Seen, Seen]]:
    """The pairs of a block whose names look alike."""
    group.sort(key=lambda card: card.essence)
    if len(group) > _CROWDED_BLOCK:
        for rank, card in enumerate(group):
            for other in group[rank + 1 : rank + _WINDOW]:
                yield card, other
        return
    # Alike word for word, or once the words are in alphabetical order.
    for key in (attrgetter("essence"), attrgetter("words")):
        names = [key(card) for card in group]
        for rank, name in enumerate(names[:-1], 1):
            like = process.extract(
                name, names[rank:], scorer=fuzz.ratio, score_cutoff=NEAR, limit=None
            )
            for _, _, further in like:
                yield group[rank - 1], group[rank + further]


def _organisations() -> list[Seen]:
    its = Organisation
    rows = db.session.execute(
        sa.select(
            its.id, its.name, its.acronym, its.siren, its.siret, its.rna, its.postcode,
            its.commune, its.department,
        ).where(its.merged_into_id.is_(None)).order_by(its.id)
    )  # fmt: skip
    seen = {}
    for one, name, acronym, siren, siret, rna, postcode, commune, department in rows:
        folded = fold(name)
        numbers = {"siren": siren, "siret": siret, "rna": rna}
        seen[one] = Seen(
            one, folded, essence(folded), in_order(folded), fold(acronym),
            {key: value for key, value in numbers.items() if value},
            postcode=postcode, commune=fold(commune), department=department,
        )  # fmt: skip
    _add_details(Detail.organisation_id, seen)
    return list(seen.values())


def _people() -> list[Seen]:
    his = Person
    rows = db.session.execute(
        sa.select(his.id, his.first_name, his.last_name, his.commune, his.department)
        .where(his.merged_into_id.is_(None))
        .order_by(his.id)
    )
    seen = {}
    for one, first_name, last_name, commune, department in rows:
        name = person_key(first_name, last_name)
        seen[one] = Seen(
            one, name, essence(name), in_order(name), commune=fold(commune), department=department
        )
    _add_details(Detail.person_id, seen)
    for one, place in db.session.execute(sa.select(Role.person_id, Role.organisation_id)):
        if one in seen:
            seen[one].places.add(place)
    return list(seen.values())


def _add_details(owner: Any, seen: dict[int, Seen]) -> None:
    rows = sa.select(owner, Detail.kind, Detail.key).where(owner.is_not(None))
    for one, kind, key in db.session.execute(rows):
        if one in seen:
            (seen[one].emails if kind is DetailKind.EMAIL else seen[one].phones).add(key)
