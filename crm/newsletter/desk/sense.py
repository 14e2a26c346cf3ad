"""Sense: sections whose rule no longer makes any, said on the page before it is too late."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.db import db, now
from crm.filters import NBSP
from crm.newsletter.compose import claim
from crm.newsletter.conditions import Condition, is_lost
from crm.newsletter.issues import SectionRule
from crm.newsletter.items import Item, Kind

LATELY = timedelta(days=366)


def troubles(sections: Sequence[SectionRule]) -> dict[int, str]:
    """What is wrong with these sections, by their place from 0; nothing for the others."""
    found = {}
    for index, section in enumerate(sections):
        if said := _of(section) or _twice(section, sections[:index]) or _behind(index, sections):
            found[index] = said
    return found


def unheard(sections: Sequence[SectionRule]) -> dict[int, str]:
    """Those whose tags no item of their kinds has carried for a year: mistyped, or given up."""
    lately = sa.select(Item.kind, Item.tags).where(Item.seen_at > now() - LATELY)
    known: dict[str, set[str]] = {}
    for kind, tags in db.session.execute(lately):
        known.setdefault(kind.value, set()).update(map(fold, tags))
    found = {}
    for index, section in enumerate(sections):
        heard = set().union(*(known.get(kind, set()) for kind in section.kinds))
        has_items = any(kind in known for kind in section.kinds)
        if section.tags and has_items and not heard & set(map(fold, section.tags)):
            said = "aucune de ces étiquettes" if len(section.tags) > 1 else "cette étiquette"
            found[index] = f"Aucun contenu reçu depuis un an ne porte {said}."
    return found


def _of(section: SectionRule) -> str:
    if not section.title.strip():
        return "Cette rubrique n’a pas de titre."
    unknown = [kind for kind in section.kinds if kind not in set(Kind)]
    if unknown:
        return f"Cette rubrique demande un genre qui n’existe plus{NBSP}: {', '.join(unknown)}."
    if not section.kinds:
        return "Cette rubrique n’accepte aucun genre de contenu\u00a0: rien n’y entre tout seul."
    if section.quota is not None and section.quota < 1:
        return "Cette rubrique prend zéro contenu au plus\u00a0: elle restera vide."
    condition = Condition.load(section.only)
    if condition is not None and is_lost(condition):
        return "Cette rubrique est réservée à un segment qui n’existe plus."
    return ""


def _twice(section: SectionRule, before: Sequence[SectionRule]) -> str:
    """An earlier section that readers cannot tell from it."""
    if any(fold(other.title) == fold(section.title) for other in before):
        return "Une autre rubrique porte déjà ce titre."
    return ""


def _behind(index: int, sections: Sequence[SectionRule]) -> str:
    """Sections that choose before it and, between them, take all that it asks for."""
    section, own = sections[index], claim(index, sections[index])
    greedy = [
        other
        for place, other in enumerate(sections)
        if other.quota is None and claim(place, other) < own and _takes_its_tags(other, section)
        and other.lead_days <= section.lead_days
    ]  # fmt: skip
    takers = [other for other in greedy if set(other.kinds) & set(section.kinds)]
    if not set(section.kinds) <= {kind for other in takers for kind in other.kinds}:
        return ""
    names = " et ".join(f"«{NBSP}{other.title}{NBSP}»" for other in takers[:2])
    if len(takers) == 1:
        return f"La rubrique {names} se sert avant elle et prend tout ce qu’elle demande."
    return f"Les rubriques {names} se servent avant elle et prennent tout ce qu’elle demande."


def _takes_its_tags(other: SectionRule, section: SectionRule) -> bool:
    """Whether whatever has the tags of `section` has those `other` asks for."""
    wanted = set(map(fold, other.tags))
    return not wanted or (bool(section.tags) and set(map(fold, section.tags)) <= wanted)
