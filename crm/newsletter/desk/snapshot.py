"""Snapshots: all that a draft says, as plain data, and how it is put back.

Columns are read from the tables themselves: one that is added to a section or to a placement is
kept without a word here.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm.db import Model, db
from crm.newsletter.asides import Aside, Choice
from crm.newsletter.issues import Issue, Section
from crm.newsletter.items import Item
from crm.newsletter.placements import Placement

TEXTS = ("subject", "preheader", "editorial", "planned_on")
LED = ("url", "canonical_url", "kept")  # what says where an item leads
_PLACE = ("id", "section_id", "issue_id", "position")  # told by where a row is


def snapshot(issue: Issue, items: Iterable[Item] = (), led: Iterable[Item] = ()) -> dict[str, Any]:
    """What `issue` says, what was decided of `items`, and where those `led` elsewhere lead, as JSON
    can keep it."""
    return {
        "texts": {name: _plain(getattr(issue, name)) for name in TEXTS},
        "sections": [
            _columns(section)
            | {"id": section.id, "placements": [_placed(one) for one in section.placements]}
            for section in issue.sections
        ],
        "asides": {str(item.id): _aside(issue, item.id) for item in items},
        "led": {str(item.id): {name: getattr(item, name) for name in LED} for item in led},
    }


def restore(issue: Issue, state: dict[str, Any]) -> dict[str, Any]:
    """Have `issue` say `state` again; returns what it said until now."""
    items = [item for item in map(_item, state["asides"]) if item is not None]
    led = {item: values for key, values in state.get("led", {}).items() if (item := _item(key))}
    until_now = snapshot(issue, items, led)
    for item, values in led.items():
        for name, value in values.items():
            setattr(item, name, value)
    for name, value in state["texts"].items():
        setattr(issue, name, _typed(Issue, name, value))
    with db.session.no_autoflush:
        _put_back(issue, state["sections"])
    db.session.flush()
    db.session.expire_all()
    for item_id, values in state["asides"].items():
        _decide(issue, int(item_id), values)
    return until_now


def _put_back(issue: Issue, shown: Sequence[dict[str, Any]]) -> None:
    sections = {section.id: section for section in issue.sections}
    shown = _possible(shown)
    rows = _rows(issue, shown)
    for gone in set(issue.placements) - set(rows.values()):
        db.session.delete(gone)
    db.session.flush()  # first: an item has one place in a section
    db.session.expire_all()
    _read(issue)
    for position, said in enumerate(shown, 1):
        section = sections.pop(said["id"], None) or Section()
        db.session.add(section)
        section.issue = issue
        _set(section, said, position)
        for rank, words in enumerate(said["placements"], 1):
            placement = rows.get(words["id"]) or Placement()
            db.session.add(placement)
            placement.section = section
            _set(placement, words, rank)
    db.session.flush()
    for section in sections.values():
        db.session.expire(section, ["placements"])
        db.session.delete(section)


def _rows(issue: Issue, shown: Sequence[dict[str, Any]]) -> dict[int, Placement]:
    """The rows there are of what was placed, by the number they had then.

    One that was made again since has another number, or the number of another: its item tells it.
    """
    blocks = {(one.id, one.form.value): one for one in issue.placements if one.is_free}
    items = {one.item_id: one for one in issue.placements if not one.is_free}
    found = {}
    for words in (words for said in shown for words in said["placements"]):
        key = words["id"], words["form"]
        row = blocks.get(key) if words["item_id"] is None else items.get(words["item_id"])
        if row is not None:
            found[words["id"]] = row
    return found


def _set(row: Section | Placement, said: dict[str, Any], position: int) -> None:
    row.position = position
    for name, value in said.items():
        if name not in ("id", "placements"):
            setattr(row, name, _typed(type(row), name, value))


def _possible(shown: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same sections, without the rows that lead to what is gone (an item, a picture…)."""
    rows = [words for said in shown for words in said["placements"]]
    lost = set()
    for column in Placement.__table__.columns:
        for key in column.foreign_keys:
            wanted = {words[column.key] for words in rows if words.get(column.key) is not None}
            there = sa.select(key.column).where(key.column.in_(wanted))
            gone = wanted - set(db.session.scalars(there)) if wanted else wanted
            lost |= {id(words) for words in rows if words.get(column.key) in gone}
    return [
        {**said, "placements": [words for words in said["placements"] if id(words) not in lost]}
        for said in shown
    ]


def _read(issue: Issue) -> None:
    """Read the sections of `issue` and all that is in them at once, rather than row by row."""
    every = selectinload(Issue.sections).selectinload(Section.placements)
    db.session.get(Issue, issue.id, options=[every], populate_existing=True)


def _placed(placement: Placement) -> dict[str, Any]:
    return _columns(placement) | {"id": placement.id}


def _columns(row: Model) -> dict[str, Any]:
    names = (column.key for column in row.__mapper__.column_attrs)
    return {name: _plain(getattr(row, name)) for name in names if name not in _PLACE}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _typed(kind: type[Model], name: str, value: Any) -> Any:
    """`value` as its column has it in Python: a date, a member of an enumeration."""
    column = kind.__mapper__.columns[name].type
    if value is None or isinstance(column, sa.JSON):
        return value
    if isinstance(column, sa.Enum) and column.enum_class is not None:
        return column.enum_class(value)
    if isinstance(column, sa.Date):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if column.python_type is datetime else value


def _item(number: str) -> Item | None:
    return db.session.get(Item, int(number))


def _aside(issue: Issue, item_id: int) -> list[Any] | None:
    found = _decided(issue, item_id)
    return [found.choice.value, found.number, found.by_id, found.at.isoformat()] if found else None


def _decided(issue: Issue, item_id: int) -> Aside | None:
    return db.session.scalar(
        sa.select(Aside).where(
            Aside.publication_id == issue.publication_id, Aside.item_id == item_id
        )
    )


def _decide(issue: Issue, item_id: int, values: list[Any] | None) -> None:
    """Put back what was decided of this item."""
    aside = _decided(issue, item_id)
    if values is None:
        if aside is not None:
            db.session.delete(aside)
        return
    if aside is None and _item(str(item_id)) is None:
        return
    aside = aside or Aside(publication_id=issue.publication_id, item_id=item_id)
    choice, number, by_id, at = values
    aside.choice = Choice(choice)
    aside.number, aside.by_id, aside.at = number, by_id, datetime.fromisoformat(at)
    db.session.add(aside)
