"""Bitmaps: which contacts have which value, counted exactly and at once.

A Python integer is a set of contacts: its bit number `key` says whether that contact is in.
Counting the intersection of two sets of a million takes a tenth of a millisecond. A generation of
bitmaps never changes, so that each process keeps it in memory; what changed since it was made is
in `search_changes`, read at each search, and counted apart.
"""

import time
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

import sqlalchemy as sa

from crm.contacts.search.often import found_often
from crm.contacts.search.tables import bitmaps, changes, documents
from crm.db import db

ORDERS = {
    "nom": (documents.c.sort_name, documents.c.id),
    "commune": (documents.c.sort_commune, documents.c.sort_name, documents.c.id),
    "modification": (documents.c.updated.desc(), documents.c.id.desc()),
}
_ARCHIVED, _WHOLE, _ORDER, _FORM = "archived", "whole", "order:", "form:"
_STEP = 1000  # identifiers in one statement
_TOO_MANY = 5000  # changes after which a new generation is worth its making
_COMPRESSION = 1


@dataclass
class World:
    """Some contacts, each at a place of its own, and the set of places for each value."""

    whole: int = 0
    sets: dict[str, int] = field(default_factory=dict)
    keys: Sequence[int] | None = None  # by place; none: the place is the key

    def places(self, keys: Iterable[int]) -> int:
        """The set of these contacts."""
        if self.keys is None:
            return as_set(keys)
        wanted = set(keys) if self.keys else ()
        return sum(1 << place for place, key in enumerate(self.keys) if key in wanted)

    def members(self, contacts: int) -> list[int]:
        """The keys of a set of contacts of this world."""
        places = places_in(contacts)
        return places if self.keys is None else [self.keys[place] for place in places]


@dataclass
class Generation(World):
    """Every contact as it was when the bitmaps were made."""

    number: int = 0
    orders: dict[str, "Order"] = field(default_factory=dict)
    forms: dict[str, int | None] = field(default_factory=dict)  # None: not read yet

    def holds(self, form: str) -> int | None:
        """Those who have this form of a word, when they are many; read once."""
        if form in self.forms and self.forms[form] is None:
            self.forms[form] = int.from_bytes(_read(self.number, _FORM + form), "little")
        return self.forms.get(form)

    def walk(self, name: str, contacts: int) -> Iterator[int]:
        """The keys of these contacts in this order, which is read once."""
        if not contacts:
            return iter(())
        if name not in self.orders:
            self.orders[name] = Order.of(array("i", _read(self.number, _ORDER + name)))
        order = self.orders[name]
        flag = flags(contacts, order.size).__getitem__
        return compress(order.keys, map(flag, order.keys))


@dataclass(frozen=True)
class Order:
    """Every key in an order, and a number that is above them all."""

    keys: "array[int]"
    size: int

    @classmethod
    def of(cls, keys: "array[int]") -> "Order":
        return cls(keys, max(keys, default=0) + 1)


_loaded: dict[int, Generation] = {}


def worlds() -> tuple[Generation, World]:
    """The contacts as the last generation knows them, and apart those that changed since."""
    latest = sa.select(sa.func.max(bitmaps.c.generation)).scalar_subquery()
    number, changed = None, set()
    # One statement, so that both say the same moment.
    rows = sa.select(latest.label("number"), changes.c.document_id).select_from(
        sa.select(sa.literal(1).label("one")).subquery().outerjoin(changes, sa.true())
    )
    for number, key in db.session.execute(rows):  # noqa: B007
        changed.add(key)
    if number is None:
        return Generation(), _fresh(None)
    known = _generation(number)
    changed.discard(None)
    hidden = known.places(changed)
    base = replace(known, whole=known.whole & ~hidden)
    return base, _fresh(sorted(changed))


@dataclass(frozen=True)
class Counted:
    """What a new generation will be made of, and the changes it takes in."""

    blobs: dict[str, bytes]
    changes: list[int]


def count() -> Counted:
    """Read every document and count. Only reads: at a million cards it lasts half a minute."""
    taken = list(db.session.scalars(sa.select(changes.c.id)))  # before the documents
    blobs = {name: _packed(bits) for name, bits in _count_all().items()}
    for name, columns in ORDERS.items():
        keys = db.session.scalars(sa.select(documents.c.id).order_by(*columns))
        blobs[_ORDER + name] = zlib.compress(array("i", keys).tobytes(), _COMPRESSION)
    return Counted(blobs, taken)


def keep(counted: Counted) -> None:
    """Make a new generation. What changed since it was counted stays apart until the next."""
    previous = db.session.scalar(sa.select(sa.func.max(bitmaps.c.generation)))
    number = max(time.time_ns(), (previous or 0) + 1)
    db.session.execute(
        bitmaps.insert(),
        [
            {"generation": number, "name": name, "bits": bits}
            for name, bits in counted.blobs.items()
        ],
    )
    for start in range(0, len(counted.changes), _STEP):
        some = counted.changes[start : start + _STEP]
        db.session.execute(sa.delete(changes).where(changes.c.id.in_(some)))
    if previous is not None:  # kept one more time: someone may be reading it
        db.session.execute(sa.delete(bitmaps).where(bitmaps.c.generation < previous))


def is_worth_counting() -> bool:
    """Whether many contacts changed since the last generation was made."""
    changed = db.session.scalar(sa.select(sa.func.count()).select_from(changes)) or 0
    return changed >= _TOO_MANY


def as_set(keys: Iterable[int]) -> int:
    """The integer whose bits are `keys`."""
    known = keys if isinstance(keys, list) else list(keys)
    if not known:
        return 0
    digits = bytearray(b"0") * (max(known) + 1)
    for key in known:
        digits[key] = _ONE
    digits.reverse()
    return int(digits, 2)


def flags(contacts: int, size: int) -> bytes:
    """`size` bytes, one for each key: 1 when it is in the set, 0 when it is not."""
    digits = f"{contacts:b}".encode()[::-1].ljust(size, b"0")
    return digits.translate(_FLAGS)


_ONE = ord("1")
_FLAGS = bytes.maketrans(b"01", bytes([0, 1]))


def places_in(bits: int) -> list[int]:
    """The numbers of the bits that are set, in order."""
    found = []
    for start, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        if byte:
            found += [start * 8 + place for place in _PLACES[byte]]
    return found


_PLACES = [[place for place in range(8) if byte >> place & 1] for byte in range(256)]


def _fresh(keys: Sequence[int] | None) -> World:
    """The world of these contacts (none: of all), read from their documents."""
    columns = sa.select(documents.c.id, documents.c.facets, documents.c.archived)
    if keys is None:
        rows = list(db.session.execute(columns))
    else:
        rows = [
            row
            for start in range(0, len(keys), _STEP)
            for row in db.session.execute(
                columns.where(documents.c.id.in_(keys[start : start + _STEP]))
            )
        ]
    world = World(keys=[row.id for row in rows])
    members: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for value in _values(row):
            members[value].append(place)
    world.sets = {value: as_set(places) for value, places in members.items()}
    world.whole = (1 << len(rows)) - 1
    return world


def _values(row: Any) -> list[str]:
    values: list[str] = row.facets.split()
    return [*values, _ARCHIVED] if row.archived else values


def _count_all() -> dict[str, bytearray]:
    """Who has each value, and each word that many have."""
    size = (db.session.scalar(sa.select(sa.func.max(documents.c.id))) or 0) // 8 + 1
    often = found_often()
    sets: defaultdict[str, bytearray] = defaultdict(lambda: bytearray(size))
    sets[_WHOLE] = bytearray(size)
    its = documents.c
    said = (its.names, its.words) if often else ()
    columns = sa.select(its.id, its.facets, its.archived, *said)
    for row in db.session.execute(columns.execution_options(yield_per=10_000)):
        byte, bit = row.id >> 3, 1 << (row.id & 7)
        for value in (_WHOLE, *_values(row)):
            sets[value][byte] |= bit
        for form in often.forms(f"{row.names} {row.words}") if often else ():
            sets[_FORM + form][byte] |= bit
    return sets


def _packed(bits: bytearray) -> bytes:
    return zlib.compress(bits, _COMPRESSION)


def _read(number: int, name: str) -> bytes:
    found = sa.select(bitmaps.c.bits).where(bitmaps.c.generation == number, bitmaps.c.name == name)
    return zlib.decompress(db.session.scalars(found).one())


def _generation(number: int) -> Generation:
    if number not in _loaded:
        for old in sorted(_loaded)[:-1]:
            _loaded.pop(old, None)
        _loaded[number] = _load(number)
    return _loaded[number]


def _load(number: int) -> Generation:
    here, its = bitmaps.c.generation == number, bitmaps.c
    names = db.session.scalars(sa.select(its.name).where(here, its.name.startswith(_FORM)))
    forms: dict[str, int | None] = dict.fromkeys(name.removeprefix(_FORM) for name in names)
    rows = db.session.execute(
        sa.select(its.name, its.bits).where(
            here, its.name.not_like(_ORDER + "%"), its.name.not_like(_FORM + "%")
        )
    )
    sets = {name: int.from_bytes(zlib.decompress(bits), "little") for name, bits in rows}
    return Generation(sets.pop(_WHOLE), sets, None, number, forms=forms)
