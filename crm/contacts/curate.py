"""Curate: the vocabularies, kept by an administrator. What uses a term is never lost."""

from collections import Counter

import sqlalchemy as sa

from crm.contacts.fold import fold
from crm.contacts.kinds import ContactKind
from crm.contacts.likeness import name_key
from crm.contacts.organisations import Organisation, organisation_terms
from crm.contacts.people import person_terms
from crm.contacts.references import columns_to, unique_sets
from crm.contacts.search.index import index_many
from crm.contacts.terms import Term, Vocabulary
from crm.db import change, db, now
from crm.text import one_line


class TermRefused(ValueError):
    """Why a term cannot be made, renamed or merged, in one French sentence."""


def everything(vocabulary: Vocabulary) -> sa.Select[Term]:
    """The terms of a vocabulary, closed ones last; those merged into another are left out."""
    return (
        sa.select(Term)
        .where(Term.vocabulary == vocabulary, Term.merged_into_id.is_(None))
        .order_by(Term.closed_at.is_not(None), Term.position, Term.label)
    )


def uses(vocabulary: Vocabulary) -> Counter[int]:
    """How many records use each term, by the term's id; a term nobody uses counts for 0."""
    counted: Counter[int] = Counter()
    of_it = sa.select(Term.id).where(Term.vocabulary == vocabulary)
    for column in columns_to(Term.__table__):
        if column.table is not Term.__table__:
            query = sa.select(column, sa.func.count()).where(column.in_(of_it)).group_by(column)
            counted.update({term: count for term, count in db.session.execute(query)})  # noqa: C416
    return counted


def create(vocabulary: Vocabulary, label: str) -> Term:
    """A new term, after the others. Raises TermRefused."""
    words = _free_label(vocabulary, label)
    last = sa.select(sa.func.max(Term.position)).where(Term.vocabulary == vocabulary)
    term = Term(
        vocabulary=vocabulary, label=words, code=free_code(vocabulary, words),
        position=(db.session.scalar(last) or 0) + 1,
    )  # fmt: skip
    db.session.add(term)
    return term


def rename(term: Term, label: str) -> None:
    """Call it otherwise, everywhere at once. Raises TermRefused."""
    term.label = _free_label(term.vocabulary, label, apart_from=term)
    db.session.flush()
    _reindex(term)


def close(term: Term) -> None:
    """No longer offer it; what uses it keeps it. Safe to repeat."""
    term.closed_at = term.closed_at or now()


def reopen(term: Term) -> None:
    """Offer it again. Raises TermRefused for a term that was merged into another."""
    if term.merged_into is not None:
        raise TermRefused(
            f"« {term.label} » a été fusionné dans « {term.merged_into.label} » : "
            "il ne se rouvre pas, créez un nouveau terme."
        )
    term.closed_at = None


def merge_terms(term: Term, into: Term) -> int:
    """Give everything that uses `term` to `into`; how many uses that was. Raises TermRefused.

    What used both keeps one. The term stays, closed, and its code leads to the other.
    """
    if term.id == into.id:
        raise TermRefused("Un terme ne se fusionne pas avec lui-même.")
    if term.vocabulary is not into.vocabulary:
        raise TermRefused("Ces deux termes ne sont pas du même vocabulaire.")
    if term.merged_into is not None or into.merged_into is not None:
        raise TermRefused("L’un de ces deux termes a déjà été fusionné.")
    db.session.flush()
    moved = sum(_move(column, term, into) for column in columns_to(Term.__table__))
    term.merged_into, term.closed_at = into, term.closed_at or now()
    db.session.flush()
    db.session.expire_all()
    _reindex(into)
    return moved


def free_code(vocabulary: Vocabulary, label: str) -> str:
    """A code for a new term: its label, folded, with a number when that is taken."""
    start = fold(label).replace(" ", "-")[:50].strip("-") or "terme"
    taken = set(
        db.session.scalars(
            sa.select(Term.code).where(Term.vocabulary == vocabulary, Term.code.startswith(start))
        )
    )
    number = next(n for n in range(1, len(taken) + 2) if _numbered(start, n) not in taken)
    return _numbered(start, number)


def _numbered(code: str, number: int) -> str:
    return code if number == 1 else f"{code}-{number}"


def _free_label(vocabulary: Vocabulary, label: str, apart_from: Term | None = None) -> str:
    words = one_line(label)
    if not words:
        raise TermRefused("Un terme a un nom.")
    if len(words) > 200:
        raise TermRefused("Un terme compte 200 caractères au plus.")
    for other in db.session.scalars(everything(vocabulary)):
        if other is not apart_from and name_key(other.label) == name_key(words):
            raise TermRefused(f"« {other.label} » existe déjà : fusionnez-les plutôt.")
    return words


def _move(column: sa.Column[int], term: Term, into: Term) -> int:
    """Make this column say `into` where it said `term`; rows that then repeat another go."""
    if column.table is Term.__table__:
        return 0
    table = column.table
    assert isinstance(table, sa.Table)
    count = sa.select(sa.func.count()).select_from(table).where(column == term.id)
    moved = db.session.scalar(count) or 0
    for others in unique_sets(column):
        if others and all(other.name != "id" for other in others):
            twin = table.alias()
            same = [twin.c[other.name] == other for other in others]
            change(
                sa.delete(table).where(
                    column == term.id,
                    sa.exists().where(twin.c[column.name] == into.id, *same),
                )
            )
    change(sa.update(table).where(column == term.id).values({column.name: into.id}))
    return moved


def _reindex(term: Term) -> None:
    """Let the search know of the cards that use this term."""
    organisations = sa.union(
        sa.select(organisation_terms.c.organisation_id).where(
            organisation_terms.c.term_id == term.id
        ),
        sa.select(Organisation.id).where(Organisation.actor_type_id == term.id),
    )
    people = sa.select(person_terms.c.person_id).where(person_terms.c.term_id == term.id)
    index_many(ContactKind.ORGANISATION, db.session.scalars(organisations).all())
    index_many(ContactKind.PERSON, db.session.scalars(people).all())
