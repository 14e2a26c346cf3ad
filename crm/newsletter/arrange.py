"""Arranging a draft: take an item or add a block, leave it, move it, within a section or not."""

from crm.db import db
from crm.newsletter.issues import Issue, Layout, Section
from crm.newsletter.items import Item
from crm.newsletter.placements import Form, Placement


class NotADraft(ValueError):
    """The issue is decided: it no longer changes."""


def take(item: Item, section: Section, index: int | None = None) -> Placement:
    """Give `item` the place `index` (from 0) of `section`, the last one without it.

    Safe to repeat: it keeps the place it has. Raises NotADraft.
    """
    _check(section.issue)
    for placement in section.issue.placements:
        if placement.item_id == item.id:
            return placement
    return _insert(Placement(item=item), section, index)


def add(form: Form, section: Section, index: int | None = None) -> Placement:
    """A new free block, empty, at that place of `section`. Raises NotADraft."""
    _check(section.issue)
    return _insert(Placement(form=form, own_title="", own_summary=""), section, index)


def _insert(placement: Placement, section: Section, index: int | None) -> Placement:
    placement.position = len(section.placements) + 1
    section.placements.append(placement)
    if index is not None:
        db.session.flush()
        move(placement, section, index)
    return placement


def leave(placement: Placement) -> None:
    """Take the item out of the issue. Raises NotADraft."""
    section = placement.section
    _check(section.issue)
    section.placements.remove(placement)
    _number(section)


def step(placement: Placement, by: int) -> None:
    """Move up (-1) or down (1); past an end, into the section before or after. Raises NotADraft."""
    section = placement.section
    index = section.placements.index(placement) + by
    if 0 <= index < len(section.placements):
        move(placement, section, index)
        return
    sections = section.issue.sections
    beside = sections.index(section) + by
    if 0 <= beside < len(sections):
        move(placement, sections[beside], len(sections[beside].placements) if by < 0 else 0)


def move(placement: Placement, section: Section, index: int) -> None:
    """Give the item the place `index` (from 0) of `section`, of the same issue.

    Raises NotADraft, and ValueError for a section of another issue.
    """
    before = placement.section
    _check(before.issue)
    if section.issue_id != before.issue_id:
        raise ValueError("the section belongs to another issue")
    with db.session.no_autoflush:
        others = [other for other in section.placements if other is not placement]
        index = max(0, min(index, len(others)))
        placement.section = section
        for position, other in enumerate([*others[:index], placement, *others[index:]], 1):
            other.position = position
    db.session.flush()
    db.session.expire(section, ["placements"])
    db.session.expire(before, ["placements"])
    _number(before)


def open_section(issue: Issue, title: str, layout: Layout) -> Section:
    """A new section at the end of `issue` alone: it takes what one puts in it. Raises NotADraft."""
    _check(issue)
    section = Section(title=title, layout=layout, kinds=[], tags=[])
    section.position = len(issue.sections) + 1
    issue.sections.append(section)
    db.session.flush()
    return section


def step_section(section: Section, by: int) -> None:
    """Move a section up (-1) or down (1), with what is in it. Raises NotADraft."""
    _check(section.issue)
    order = list(section.issue.sections)
    index = order.index(section)
    order.insert(max(0, index + by), order.pop(index))
    for position, one in enumerate(order, 1):
        one.position = position


def close_section(section: Section) -> None:
    """Take a section out of its issue, with what is in it. Raises NotADraft."""
    issue = section.issue
    _check(issue)
    issue.sections.remove(section)
    for position, one in enumerate(issue.sections, 1):
        one.position = position


def _number(section: Section) -> None:
    for position, placement in enumerate(section.placements, 1):
        placement.position = position


def _check(issue: Issue) -> None:
    if not issue.is_draft:
        raise NotADraft(issue.title)
