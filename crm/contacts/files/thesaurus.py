"""Thesaurus: which term a word typed in a spreadsheet stands for."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import sqlalchemy as sa
from rapidfuzz import fuzz, process

from crm.contacts import cells
from crm.contacts.files.columns import IN_TEXT
from crm.contacts.likeness import name_key
from crm.contacts.terms import Term, Vocabulary
from crm.db import db

# What lists call the actor types an empty network starts with.
_ACTOR_TYPES = {
    "collectivite": (
        "collectivite", "collectivite locale", "collectivites territoriales", "commune", "ville",
        "mairie", "conseil regional", "conseil general", "conseil departemental", "departement",
        "region",
    ),
    "epci": (
        "intercommunalite", "communaute de communes", "communaute d agglomeration", "metropole",
    ),
    "enseignement": ("etablissement scolaire", "ecole", "college", "lycee", "enseignement"),
    "universite": ("universite", "recherche", "enseignement superieur", "laboratoire"),
    "sante": ("hopital", "etablissement hospitalier", "sante"),
    "entreprise": ("societe", "entreprises", "secteur prive"),
    "cooperative": ("scop", "scic", "cooperatives"),
    "fondation": ("fonds de dotation", "fondations"),
    "association": ("associations", "asso", "ong", "asi", "association loi 1901"),
    "etablissement-public": (
        "autre structure publique", "structure publique", "organisme public", "syndicat mixte",
    ),
    "etat": ("etat", "ministere", "prefecture", "services de l etat"),
    "collectif": (
        "reseau et centre de ressources", "reseau", "reseaux", "collectif", "federation",
        "tete de reseau", "centre de ressources",
    ),
    "osim": ("association de migrants", "diaspora"),
}  # fmt: skip


@dataclass(eq=False)
class TermRef:
    """A term that exists, or one that an import would make (its id comes then)."""

    vocabulary: Vocabulary
    label: str
    id: int | None = None
    position: int = 0
    closed: bool = False


class Thesaurus:
    """Every term there is, found by label or code whatever the accents, or through a merge."""

    def __init__(self, terms: Sequence[Any]) -> None:
        self.by_id = {
            term.id: TermRef(term.vocabulary, term.label, term.id, term.position,
                             term.closed_at is not None)
            for term in terms
        }  # fmt: skip
        self.made: list[TermRef] = []
        self.unknown: Counter[tuple[Vocabulary, str]] = Counter()
        self._by_words: dict[tuple[Vocabulary, str], TermRef] = {}
        survivors = {term.id: term.merged_into_id for term in terms}
        for term in sorted(terms, key=lambda term: (term.closed_at is not None, term.id)):
            last = term.id
            while survivors[last] is not None:
                last = survivors[last] or last
            for words in (term.label, re.sub(r"\s*\(.*\)$|^\d+\.\s*", "", term.label), term.code):
                self._by_words.setdefault((term.vocabulary, name_key(words)), self.by_id[last])
        for code, others in _ACTOR_TYPES.items():
            known = self._by_words.get((Vocabulary.ACTOR_TYPE, name_key(code)))
            for words in others if known else ():
                self._by_words.setdefault((Vocabulary.ACTOR_TYPE, words), known)  # type: ignore[arg-type]

    @classmethod
    def load(cls) -> Self:
        columns = (Term.id, Term.vocabulary, Term.label, Term.code, Term.position, Term.closed_at,
                   Term.merged_into_id)  # fmt: skip
        return cls(db.session.execute(sa.select(*columns)).all())

    def find(self, vocabulary: Vocabulary, words: str) -> TermRef | None:
        found = self._by_words.get((vocabulary, name_key(words)))
        if found is None and vocabulary is Vocabulary.SDG and words.strip().isdigit():
            found = self._by_words.get((vocabulary, words.strip().zfill(2)))
        return found

    def read(self, vocabulary: Vocabulary, cell: str) -> list[TermRef | str]:
        """The terms of a cell, in its order; what is no term comes as it was typed.

        Commas separate terms only where the words around them are no term together.
        """
        whole = self.find(vocabulary, cell)
        if whole is not None:
            return [whole]
        return list(
            chain.from_iterable(self._part(vocabulary, part) for part in cells.split(cell, IN_TEXT))
        )

    def _part(self, vocabulary: Vocabulary, part: str) -> list[TermRef | str]:
        known = self.find(vocabulary, part)
        if known is not None or not re.search("[,/]", part):
            return [known or part]
        pieces = [piece.strip() for piece in re.split("[,/]", part) if piece.strip()]
        found = [self.find(vocabulary, piece) or piece for piece in pieces]
        # Words of which none is known are one unknown term rather than several.
        return found if any(isinstance(one, TermRef) for one in found) else [part]

    def make(self, vocabulary: Vocabulary, label: str) -> TermRef:
        """A term to be made, the same one each time it is asked for."""
        term = TermRef(vocabulary, label)
        self._by_words[vocabulary, name_key(label)] = term
        self.made.append(term)
        return term

    def suggestion(self, vocabulary: Vocabulary, words: str) -> str:
        """The label that looks most like these words, or an empty text."""
        labels = [term.label for (of, _), term in self._by_words.items() if of is vocabulary]
        near = process.extractOne(
            name_key(words), labels, processor=name_key, scorer=fuzz.ratio, score_cutoff=75
        )
        return near[0] if near else ""
