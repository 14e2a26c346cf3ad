"""Vocabularies: renamed, merged, closed, and what uses a term is never lost."""

import pytest
import sqlalchemy as sa
from factories import save

from crm.contacts.curate import (
    TermRefused,
    close,
    create,
    everything,
    free_code,
    merge_terms,
    rename,
    reopen,
    uses,
)
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.references import columns_to
from crm.contacts.search.suggest import suggest
from crm.contacts.terms import Term, Vocabulary
from crm.db import db


def sector(code: str) -> Term:
    return Term.find(Vocabulary.SECTOR, code)


def kind(code: str) -> Term:
    return Term.find(Vocabulary.ACTOR_TYPE, code)


def test_uses_are_counted_wherever_they_are(app):
    save(Organisation(name="A", terms=[sector("eau"), sector("sante")]))
    save(Organisation(name="B", terms=[sector("eau")], actor_type=kind("osim")))
    save(Person(last_name="C", terms=[sector("eau")]))
    counted = uses(Vocabulary.SECTOR)
    assert (counted[sector("eau").id], counted[sector("sante").id]) == (3, 1)
    assert counted[sector("sport").id] == 0
    assert uses(Vocabulary.ACTOR_TYPE)[kind("osim").id] == 1


def test_a_merge_moves_every_use_and_keeps_one_where_there_were_two(app):
    both = save(Organisation(name="A", terms=[sector("eau"), sector("sante")]))
    one = save(Organisation(name="B", terms=[sector("eau")]))
    person = save(Person(last_name="C", terms=[sector("eau")]))
    old, new = sector("eau"), sector("sante")
    assert merge_terms(old, new) == 3
    assert [card.terms for card in (both, one, person)] == [[new], [new], [new]]
    assert (sector("eau"), old.merged_into, old.closed_at is None) == (new, new, False)
    assert old not in db.session.scalars(everything(Vocabulary.SECTOR)).all()
    for column in columns_to(Term.__table__):
        if column.table is not Term.__table__:
            assert not db.session.scalar(sa.select(sa.exists().where(column == old.id)))


def test_a_merged_actor_type_follows_and_the_search_knows(app):
    card = save(Organisation(name="Eau vive", actor_type=kind("osim")))
    merge_terms(kind("osim"), kind("association"))
    assert card.actor_type is kind("association")
    assert suggest("eau vive")[0].detail.startswith("Association")


def test_merges_follow_one_another(app):
    first, second, third = sector("eau"), sector("sante"), sector("sport")
    merge_terms(first, second)
    merge_terms(second, third)
    assert sector("eau") is third


def test_a_rename_is_seen_everywhere(app):
    save(Organisation(name="Eau vive", actor_type=kind("osim")))
    rename(kind("osim"), "  Diaspora ")
    assert kind("osim").label == "Diaspora"
    assert suggest("eau vive")[0].detail.startswith("Diaspora")


def test_a_closed_term_stays_where_it_is_used(app):
    card = save(Organisation(name="A", terms=[sector("eau")]))
    term = sector("eau")
    close(term)
    at = term.closed_at
    close(term)
    assert (card.terms, term.closed_at) == ([term], at)
    assert term not in db.session.scalars(Term.of(Vocabulary.SECTOR)).all()
    reopen(term)
    assert term in db.session.scalars(Term.of(Vocabulary.SECTOR)).all()


def test_a_new_term_has_a_code_of_its_own(app):
    codes = [create(Vocabulary.TAG, label).code for label in ("Numérique !", "Numerique 2", "!!!")]
    assert codes == ["numerique", "numerique-2", "terme"]
    db.session.flush()
    assert free_code(Vocabulary.TAG, "numérique") == "numerique-3"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: rename(sector("eau"), "  "), "Un terme a un nom."),
        (lambda: rename(sector("eau"), "x" * 201), "200 caractères au plus"),
        (lambda: rename(sector("eau"), "SANTÉ"), "«\u00a0Santé\u00a0» existe déjà"),
        (lambda: create(Vocabulary.SECTOR, "sante"), "«\u00a0Santé\u00a0» existe déjà"),
        (lambda: merge_terms(sector("eau"), sector("eau")), "avec lui-même"),
        (lambda: merge_terms(sector("eau"), kind("osim")), "pas du même vocabulaire"),
    ],
)
def test_what_cannot_be_is_said(app, change, words):
    with pytest.raises(TermRefused) as caught:
        change()
    assert words in str(caught.value)


def test_a_merged_term_is_neither_merged_again_nor_reopened(app):
    old = sector("eau")
    merge_terms(old, sector("sante"))
    with pytest.raises(TermRefused, match="déjà été fusionné"):
        merge_terms(old, sector("sport"))
    with pytest.raises(TermRefused, match="ne se rouvre pas"):
        reopen(old)
