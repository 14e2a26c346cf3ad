"""Sense: sections whose rule no longer makes any, said on the page before it is too late."""

from collections.abc import Sequence

from crm.contacts.fold import fold
from crm.filters import NBSP
from crm.newsletter.issues import SectionRule
from crm.newsletter.items import Kind


def troubles(sections: Sequence[SectionRule]) -> dict[int, str]:
    """What is wrong with these sections, by their place from 0; nothing for the others."""
    found = {}
    for index, section in enumerate(sections):
        if said := _of(section) or _behind(section, sections[:index]):
            found[index] = said
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
    return ""


def _behind(section: SectionRule, before: Sequence[SectionRule]) -> str:
    """An earlier section that asks for the same and takes it all."""
    for other in before:
        if other.quota is None and _asks(other) == _asks(section):
            return (
                f"La rubrique «{NBSP}{other.title}{NBSP}» demande la même chose et prend tout "
                "avant elle."
            )
    return ""


def _asks(section: SectionRule) -> tuple[frozenset[str], frozenset[str], str]:
    return frozenset(section.kinds), frozenset(map(fold, section.tags)), repr(section.only)
