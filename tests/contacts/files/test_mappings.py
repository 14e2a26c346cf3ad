"""Mappings: headings recognised, corrected by hand, kept for next time."""

import json

import pytest

from crm.contacts.files.columns import COLUMNS
from crm.contacts.files.mappings import (
    Mapping,
    MappingError,
    check,
    mapping_for,
    read_mapping,
    recognise,
)


@pytest.mark.parametrize(
    ("headings", "keys"),
    [
        ("Catégorie;Type;Nom;A répondu",
         "organisation.category;organisation.actor_type;organisation.name;"),
        ("Nom;Prénom;Fonction;Structure;Mail;Tél;Ville;CP",
         "person.last_name;person.first_name;role.title;organisation.name;person.emails;"
         "person.phones;organisation.commune;organisation.postcode"),
        ("Raison sociale;E-mail;Portable;Téléphone;Ville",
         "organisation.name;organisation.emails;organisation.phones;organisation.phones;"
         "organisation.commune"),
        ("Nom;Prénom;Courriel;Ville;CP",
         "person.last_name;person.first_name;person.emails;person.commune;person.department"),
        ("Structure;Nom;Mail;Mail structure",
         "organisation.name;person.full_name;person.emails;organisation.emails"),
        ("Organisme;Téléphonne;Secteur d’activités;N° SIRET",
         "organisation.name;organisation.phones;organisation.sectors;organisation.siret"),
        ("RAISON SOCIALE;Dénomination;Ville", "organisation.name;;organisation.commune"),
        ("Date;Montant;!!", ";;"),
    ],
)  # fmt: skip
def test_headings_are_recognised_together(headings, keys):
    names = headings.split(";")
    assert recognise(names) == dict(zip(names, keys.split(";"), strict=True))


def test_our_own_headings_are_recognised():
    labels = {column.label: key for key, column in COLUMNS.items()}
    assert recognise(list(labels)) == labels


def test_a_mapping_is_kept_for_the_next_file_like_it(app):
    headings = ["Nom", "Remarque", "Ville"]
    fields = {"Nom": "organisation.name", "Remarque": "organisation.description", "Ville": ""}
    Mapping.keep(headings, fields)
    Mapping.keep(headings, fields)
    assert mapping_for(["ville", "NOM", "Remarque"]) == {
        "ville": "", "NOM": "organisation.name", "Remarque": "organisation.description",
    }  # fmt: skip
    assert mapping_for(["Nom", "Ville"])["Ville"] == "organisation.commune"


def test_a_mapping_says_keys_or_labels():
    assert check(["A", "B", "C"], {"a": "Structure", "B": "organisation.siren"}) == {
        "A": "organisation.name", "B": "organisation.siren", "C": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Z": "Structure"}, "Aucune colonne ne s’appelle «\u00a0Z\u00a0»"),
        ({"A": "Planète"}, "«\u00a0Planète\u00a0» n’est pas un champ connu."),
        ({"A": "Commune"}, "Aucune colonne ne donne le nom"),
        ({"A": "Structure", "B": "Structure"}, "« A » et « B » ne peuvent pas dire tous les deux"),
    ],
)
def test_an_impossible_mapping_is_refused(fields, words):
    with pytest.raises(MappingError) as caught:
        check(["A", "B"], fields)
    assert words in str(caught.value)


FIELDS = {"Qui": "Structure", "Où": "organisation.commune"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(FIELDS).encode("utf-8-sig"),
        "Qui;Structure\nOù;organisation.commune\n".encode("cp1252"),
        "Titre;Champ\nQui;Structure\nOù;organisation.commune\n".encode(),
    ],
)
def test_a_mapping_is_read_from_a_file(content):
    assert read_mapping(content) == FIELDS


@pytest.mark.parametrize("content", [b"{", b'{"a": 1}', b"a;b;c\nd;e;f\n", b"\x89PNG"])
def test_a_file_that_is_no_mapping_is_refused(content):
    with pytest.raises(ValueError, match=r"\.$"):
        read_mapping(content)
