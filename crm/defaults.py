"""What an empty network starts with: its two letters, their recipes, and the vocabularies."""

import sqlalchemy as sa

from crm.contacts.terms import Term, Vocabulary
from crm.contacts.vocabularies import TERMS
from crm.db import db
from crm.newsletter.issues import Publication
from crm.newsletter.recipes import publications


def install_defaults() -> None:
    """Add what is missing to an empty network. Safe to repeat: what was changed or closed stays."""
    if db.session.scalar(sa.select(sa.func.count(Publication.id))) == 0:
        db.session.add_all(publications())
    for vocabulary, terms in TERMS.items():
        known = sa.select(sa.func.count(Term.id)).where(Term.vocabulary == vocabulary)
        if db.session.scalar(known) == 0:
            db.session.add_all(_terms(vocabulary, terms))


def _terms(vocabulary: Vocabulary, terms: list[tuple[str, str]]) -> list[Term]:
    return [
        Term(vocabulary=vocabulary, code=code, label=label, position=position)
        for position, (code, label) in enumerate(terms, 1)
    ]
