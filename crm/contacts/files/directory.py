"""Directory: the contacts that the rows of a file may be about, found in a few passes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from crm.contacts.details import Detail, DetailKind
from crm.contacts.files.bulk import among, batches
from crm.contacts.files.cards import Card, RoleCard, load, load_roles
from crm.contacts.files.drafts import Draft
from crm.contacts.files.thesaurus import Thesaurus
from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import NEAR, alike, blocks, name_key
from crm.contacts.organisations import Organisation, OtherName
from crm.contacts.people import Person, Role
from crm.db import db

NUMBERS = ("siret", "siren", "rna")

Named = tuple[int, str, str]  # the id of an organisation, a name it has, what finding it would mean


@dataclass(frozen=True)
class Near:
    """A card whose name looks like another, and how it does."""

    id: int
    score: int
    reason: str


@dataclass
class Directory:
    """Cards by what identifies them. Those that the file itself brings are added as they come."""

    by_id: dict[tuple[ContactKind, int], Card] = field(default_factory=dict)
    by_fact: defaultdict[tuple[str, str], list[Card]] = field(
        default_factory=lambda: defaultdict(list)
    )
    near: defaultdict[str, list[Near]] = field(default_factory=lambda: defaultdict(list))
    # Those who have a role in an organisation.
    colleagues: defaultdict[Card, list[Card]] = field(default_factory=lambda: defaultdict(list))

    def add(self, card: Card) -> None:
        """Let the next rows find this card."""
        if card.id is not None:
            self.by_id[card.kind, card.id] = card
        for fact in facts_of(card):
            known = self.by_fact[fact]
            if card not in known:
                known.append(card)
        for role in card.roles:
            if card not in self.colleagues[role.organisation]:
                self.colleagues[role.organisation].append(card)

    def find(self, what: str, value: str) -> list[Card]:
        return self.by_fact.get((what, value), [])


def person_key(first_name: str, last_name: str) -> str:
    """A person's names in alphabetical order: lists put either one first."""
    whole = f"{first_name} {last_name}"
    return " ".join(sorted(fold(whole).split())) or whole.strip()


def facts_of(card: Card) -> Iterator[tuple[str, str]]:
    """What this card is found by: its name, its numbers, its mails."""
    prefix = card.kind.value
    if card.kind is ContactKind.PERSON:
        yield "person", person_key(card.values.get("first_name", ""), card.values["last_name"])
    else:
        yield "name", name_key(card.values["name"])
        for number in NUMBERS:
            if card.values.get(number):
                yield number, card.values[number]
    for kind, key in card.details:
        if kind is DetailKind.EMAIL:
            yield f"{prefix} email", key


def gather(drafts: Sequence[Draft], thesaurus: Thesaurus) -> Directory:
    """Every card that these rows may be about: some ten queries, and one look at each name."""
    directory = Directory()
    organisations = _numbered(drafts) | _with_emails(drafts, ContactKind.ORGANISATION)
    organisations |= named(drafts, directory, _names())
    for card in load(ContactKind.ORGANISATION, sorted(organisations), thesaurus).values():
        directory.add(card)
    if any(draft.person for draft in drafts):
        people = _with_emails(drafts, ContactKind.PERSON) | _named_people(drafts)
        people |= _colleagues(organisations)
        _add_people(directory, people, thesaurus)
    return directory


def _add_people(directory: Directory, ids: set[int], thesaurus: Thesaurus) -> None:
    people = load(ContactKind.PERSON, sorted(ids), thesaurus)
    places = set()
    for some in batches(sorted(people)):
        places |= set(
            db.session.scalars(sa.select(Role.organisation_id).where(among(Role.person_id, some)))
        )
    missing = sorted(
        one for one in places if (ContactKind.ORGANISATION, one) not in directory.by_id
    )
    organisations = load(ContactKind.ORGANISATION, missing, thesaurus)
    organisations |= {
        one: card for (kind, one), card in directory.by_id.items()
        if kind is ContactKind.ORGANISATION
    }  # fmt: skip
    roles = load_roles(Role.person_id, people, people, organisations)
    for one, card in people.items():
        card.roles = roles.get(one, [])
        directory.add(card)


def _numbered(drafts: Sequence[Draft]) -> set[int]:
    """The organisations with these card numbers or legal numbers."""
    found = set()
    for name in ("id", *NUMBERS):
        values = {draft.organisation[name] for draft in drafts if name in draft.organisation}
        found |= _ids(Organisation, getattr(Organisation, name), values)
    return found


def _ids(model: Any, column: Any, values: Iterable[Any]) -> set[int]:
    found: set[int] = set()
    for some in batches(sorted(values)):
        found |= set(
            db.session.scalars(
                sa.select(model.id).where(among(column, some), model.merged_into_id.is_(None))
            )
        )
    return found


def _with_emails(drafts: Sequence[Draft], kind: ContactKind) -> set[int]:
    is_person = kind is ContactKind.PERSON
    owner: Any = Detail.person_id if is_person else Detail.organisation_id
    model: Any = Person if is_person else Organisation
    keys = {
        email
        for draft in drafts
        for email in (draft.person if is_person else draft.organisation).get("emails", ())
    }
    found: set[int] = set()
    for some in batches(sorted(keys)):
        found |= set(
            db.session.scalars(
                sa.select(owner)
                .join(model, model.id == owner)
                .where(Detail.kind == DetailKind.EMAIL, among(Detail.key, some))
                .where(model.merged_into_id.is_(None))
            )
        )
    return found


def named(drafts: Sequence[Draft], directory: Directory, names: Iterable[Named]) -> set[int]:
    """The organisations whose name is, or is like, one of these; looks at each name once."""
    said = ((draft.organisation.get("name"), draft.typed_name) for draft in drafts)
    wanted = {name_key(name) for names in said for name in names if name}
    wanted_blocks = {block for key in wanted for block in blocks(key)}
    known, found = set(), set()
    by_block: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for one, name, reason in names if wanted else ():
        key = name_key(name)
        if key in wanted:
            found.add(one)
            if reason == "noms proches":
                known.add(key)
            else:
                directory.near[key].append(Near(one, 100, reason))
        for block in wanted_blocks.intersection(blocks(key)):
            by_block[block].append((one, key, reason))
    # Those that are somebody's very name are known: what else they look like does not matter.
    for key in wanted - known:
        for near in _like(key, by_block):
            found.add(near.id)
            directory.near[key].append(near)
    return found


def _like(key: str, by_block: Mapping[str, list[tuple[int, str, str]]]) -> Iterator[Near]:
    """The names that look like this one, among those that share a block with it."""
    candidates = {
        candidate for block in blocks(key) for candidate in by_block.get(block, ())
        if candidate[1] != key
    }  # fmt: skip
    for one, other, reason in candidates:
        if (score := alike(key, other)) >= NEAR:
            yield Near(one, score, reason)


def _names() -> Iterator[Named]:
    """Every name there is: whose it is, and what finding it would mean."""
    its = Organisation
    rows = sa.select(its.id, its.name, its.acronym).where(its.merged_into_id.is_(None))
    for one, name, acronym in db.session.execute(rows.execution_options(yield_per=5000)):
        yield one, name, "noms proches"
        if acronym:
            yield one, acronym, "même sigle"
    others = sa.select(OtherName.organisation_id, OtherName.name).join(OtherName.organisation)
    others = others.where(its.merged_into_id.is_(None))
    for one, name in db.session.execute(others.execution_options(yield_per=5000)):
        yield one, name, "autre nom"


def _named_people(drafts: Sequence[Draft]) -> set[int]:
    """The people with these card numbers, or with exactly these names in either order."""
    wanted = {
        person_key(draft.person.get("first_name", ""), draft.person["last_name"])
        for draft in drafts
        if "last_name" in draft.person
    }
    his = Person
    found = _ids(his, his.id, {draft.person["id"] for draft in drafts if "id" in draft.person})
    rows = sa.select(his.id, his.first_name, his.last_name).where(his.merged_into_id.is_(None))
    for one, first_name, last_name in db.session.execute(rows.execution_options(yield_per=5000)):
        if person_key(first_name, last_name) in wanted:
            found.add(one)
    return found


def _colleagues(organisations: set[int]) -> set[int]:
    """Those who have a role in these organisations: a name typed otherwise may be one of theirs."""
    found: set[int] = set()
    for some in batches(sorted(organisations)):
        roles = sa.select(Role.person_id).join(Role.person).where(Person.merged_into_id.is_(None))
        found |= set(db.session.scalars(roles.where(among(Role.organisation_id, some))))
    return found


def roles_in(card: Card, organisation: Card) -> list[RoleCard]:
    """The functions of this person in this organisation, those held today first."""
    return [role for role in card.roles if role.organisation is organisation]
