"""Finding duplicates: what brings two cards together, what keeps them apart, and what is kept."""

import pytest
import sqlalchemy as sa
from factories import benoit, save

from crm import jobs
from crm.contacts.details import Detail, DetailKind
from crm.contacts.duplicates.detect import find_duplicates, keep, look_for_duplicates
from crm.contacts.duplicates.merge import merge
from crm.contacts.duplicates.pairs import OrganisationPair, PersonPair
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person, Role
from crm.db import db


def organisation(name: str, mails=(), phones=(), **values) -> Organisation:
    details = [Detail.make(DetailKind.EMAIL, mail) for mail in mails]
    details += [Detail.make(DetailKind.PHONE, phone) for phone in phones]
    return save(Organisation(name=name, details=details, **values))


def person(first_name: str, last_name: str, mails=(), **values) -> Person:
    details = [Detail.make(DetailKind.EMAIL, mail) for mail in mails]
    return save(Person(first_name=first_name, last_name=last_name, details=details, **values))


def found(kind: ContactKind = ContactKind.ORGANISATION) -> list[list[str]]:
    return [reasons for _, reasons in find_duplicates(kind).values()]


LIKE = [
    (("Gret", {"siren": "732829320"}), ("Autre", {"siren": "732829320"}), ["même SIREN"]),
    (("Gret", {"rna": "W381012345"}), ("Autre", {"rna": "W381012345"}), ["même RNA"]),
    (("Gret", {"mails": ["a@x.example"]}), ("Autre", {"mails": ["A@x.example"]}),
     ["même courriel"]),
    (("Gret", {"phones": ["04 76 00 00 00"]}), ("Autre", {"phones": ["+33 4 76 00 00 00"]}),
     ["même téléphone"]),
    (("Électriciens sans frontières", {}), ("Electriciens sans frontiere", {}),
     ["noms proches (98\u00a0%)"]),
    (("Sahel Isère Amitié", {}), ("Zahel Isère Amitié", {}), ["noms proches (94\u00a0%)"]),
    (("Sahel Isère Amitié", {}), ("SahelIsère Amitié", {}), ["noms proches (97\u00a0%)"]),
    (("Amitié Sahel-Isère", {}), ("Sahel Isère Amitié", {}), ["noms proches (100\u00a0%)"]),
    (("Les Amis du Sahel", {"postcode": "38000"}), ("Amis du Sahel", {"postcode": "38000"}),
     ["noms proches (100\u00a0%)", "même code postal"]),
    (("GRET", {"postcode": "94130"}),
     ("Groupe de recherche", {"acronym": "Gret", "postcode": "94130"}),
     ["même sigle", "même code postal"]),
    (("Eau vive", {"mails": ["a@eau.example"], "postcode": "38000"}),
     ("Eau Internationale", {"mails": ["b@eau.example"], "postcode": "38000"}), None),
    (("CDOS 91", {}), ("CDOS 92", {}), None),
    (("Secours populaire", {"department": "38"}), ("Secours populaire", {"department": "69"}),
     None),
    (("Eau vive", {"mails": ["a@gmail.com"], "postcode": "38000"}),
     ("Terre vive", {"mails": ["b@gmail.com"], "postcode": "38000"}), None),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "reasons"), LIKE)
def test_two_organisations_are_brought_together_for_a_reason(app, one, other, reasons):
    for name, values in (one, other):
        organisation(name, **values)
    assert found() == ([reasons] if reasons else [])


def test_two_people_are_brought_together_for_a_reason(app):
    place = organisation("Gret")
    for first_name, last_name in (("Awa", "Traoré"), ("TRAORE", "Awa")):
        save(Role(person=person(first_name, last_name), organisation=place))
    person("Luc", "Morel", ["luc@example.org"])
    person("L.", "Morel", ["luc@example.org"])
    assert sorted(found(ContactKind.PERSON)) == [
        ["même courriel"], ["même nom", "même structure"],
    ]  # fmt: skip


def test_a_phone_shared_by_a_whole_building_says_nothing(app):
    for number in range(50):
        organisation(f"Structure {number}", phones=["04 76 00 00 00"])
    assert found() == []


def looked() -> list[OrganisationPair]:
    keep(ContactKind.ORGANISATION, find_duplicates(ContactKind.ORGANISATION))
    db.session.expire_all()
    return list(db.session.scalars(OrganisationPair.open()))


def test_the_surest_pair_comes_first(app):
    first = organisation("Eau vive", siren="732829320")
    second = organisation("Eau vives", siren="732829320")
    third = organisation("Eau vivre")
    pairs = [(pair.first, pair.second) for pair in looked()]
    assert pairs[0] == (first, second)
    assert {(first, third), (second, third)} >= set(pairs[1:])


def test_a_dismissed_pair_never_comes_back(app):
    organisation("Eau vive", siren="732829320")
    second = organisation("Eau vives", siren="732829320")
    [pair] = looked()
    pair.dismiss(by=benoit())
    second.name, second.siren = "Terre des hommes", None
    assert looked() == []
    second.name = "Eau vives"
    assert looked() == []
    assert db.session.scalar(sa.select(sa.func.count(OrganisationPair.id))) == 1


def test_a_pair_goes_when_its_cards_differ_at_last(app):
    first = organisation("Eau vive", siren="732829320")
    organisation("Eau vives", siren="732829320")
    [pair] = looked()
    score = pair.score
    first.siren = None
    assert [(one.id, one.score < score) for one in looked()] == [(pair.id, True)]
    first.name = "Terre des hommes"
    assert looked() == []


def test_a_merged_card_is_in_no_pair(app):
    kept, absorbed = (organisation(name, siren="732829320") for name in ("Eau vive", "Eau vives"))
    assert len(looked()) == 1
    merge(kept, absorbed)
    assert list(db.session.scalars(OrganisationPair.open())) == []
    assert looked() == []


def test_the_clock_looks_every_night(app, monkeypatch):
    organisation("Eau vive", siren="732829320")
    organisation("Eau vives", siren="732829320")
    person("Luc", "Morel", ["luc@example.org"])
    person("Luc", "Morel", ["luc@example.org"])
    db.session.commit()
    name = f"{look_for_duplicates.__module__}.look_for_duplicates"
    monkeypatch.setattr(jobs, "_periods", {name: jobs._periods[name]})  # the others take long
    assert jobs.run_due() == [name]
    for pair in (OrganisationPair, PersonPair):
        assert db.session.scalar(sa.select(sa.func.count(pair.id))) == 1


def test_writing_the_same_pairs_again_changes_nothing(app):
    organisation("Eau vive", siren="732829320")
    organisation("Eau vives", siren="732829320")
    [pair] = looked()
    at = pair.found_at
    assert [(one.id, one.found_at) for one in looked()] == [(pair.id, at)]
