"""Taking subscribers from a list kept elsewhere."""

import pytest
from factories import resaclic, subscriber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.contacts.files.spreadsheets import Table, read_table
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.newsletter.readers.enrol import NoAddress, enrol
from crm.newsletter.subscriptions import Basis, Subscription

LIST = """E-mail;Prénom;Nom;Organisation;Type;Département
 Chloe@Example.ORG ;Chloé;Vasseur;Les Semeurs;Association;69
idriss@example.org;Idriss;N’Diaye;;collectivité territoriale;1
pas une adresse;X;Y;Z;;
;;;Vide;;
chloe@example.org;Chloé;Bis;;;
partie@example.org;Partie;;;;
muette@example.org;Muette;;;;
"""


def enrolled(text):
    *_, account = enrol(read_table(text.encode()), resaclic(), "Forum du 3 mars", "liste.csv")
    return account


def test_a_list_becomes_subscribers_with_their_proof(app):
    subscriber("partie@example.org").unsubscribe()
    subscriber("muette@example.org").suppressed = "boîte pleine"
    account = enrolled(LIST)
    assert (account.added, account.known, account.gone) == (2, 1, 2)
    assert account.refused == [
        (4, "«\u00a0pas une adresse\u00a0» n’est pas une adresse"),
        (5, "l’adresse est vide"),
    ]
    chloe, idriss = (
        Subscription.of(resaclic(), f"{name}@example.org") for name in ("chloe", "idriss")
    )
    assert (chloe.first_name, chloe.organisation_name, chloe.department) == (
        "Chloé", "Les Semeurs", "69",
    )  # fmt: skip
    assert chloe.actor_type_id == Term.find(Vocabulary.ACTOR_TYPE, "association").id
    assert (idriss.actor_type_id, idriss.department) == (
        Term.find(Vocabulary.ACTOR_TYPE, "collectivite").id,
        "01",
    )
    [proof] = chloe.consents
    assert (proof.basis, proof.wording, proof.source) == (
        Basis.IMPORT, "Forum du 3 mars", "liste.csv",
    )  # fmt: skip
    assert chloe.is_active


def test_who_left_is_never_brought_back(app):
    gone = subscriber("partie@example.org")
    gone.unsubscribe()
    enrolled("email\npartie@example.org\n")
    assert not gone.is_active
    assert len(gone.consents) == 1


def test_taking_the_same_list_again_changes_nothing(app):
    enrolled(LIST)
    before = db.session.query(Subscription).count()
    again = enrolled(LIST)
    assert (again.added, again.known) == (0, 5)
    assert db.session.query(Subscription).count() == before


def test_a_list_without_addresses_is_refused_in_one_sentence(app):
    with pytest.raises(NoAddress, match="«\u00a0email\u00a0»"):
        enrolled("nom;prénom\nA;B\n")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_whatever_a_cell_holds_is_text_or_a_reason(app, cells):
    table = Table(["email", "nom"], [(2 + n, [cell, cell]) for n, cell in enumerate(cells)])
    *_, account = enrol(table, resaclic(), "oui", "liste")
    assert account.added + account.known + account.gone + len(account.refused) == len(cells)
    db.session.rollback()
