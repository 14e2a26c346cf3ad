"""Fictional contacts by the hundred thousand: the same ones every time, in a minute."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks._rows import insert
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.details import Detail, DetailKind
from crm.contacts.organisations import Organisation, organisation_terms
from crm.contacts.people import Person, Role
from crm.contacts.terms import Term, Vocabulary
from crm.db import db


def _cut(words: str) -> list[str]:
    return words.split()


_REGION = ["01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"]
_STARTS = _cut(
    "Ba Be Bo Bra Cha Che Co Da Du Fa Fou Ga Gi Gran Jo Ka La Le Ma Mou Na Pe Ra Sa Tra Ve"
)
_MIDDLES = _cut("ba bi can cha de do fe ga la le li lo ma mi na nou pe ra ri sou ta ti va vi")
_ENDS = _cut(
    "bault cher dier do get land let lier ma mond nard net ney rat ré ron sset tin vier xe"
)
_FIRST = _cut(
    "Adèle Aïcha Alain Amadou Anne Antoine Awa Bernard Camille Cécile Chloé Claire Daniel David "
    "Élodie Émile Éric Fatou Florence François Gérard Hélène Ibrahim Inès Jacques Jean Jeanne "
    "Julien Karim Laure Léa Léo Louise Lucas Mamadou Marc Marie Mathilde Michel Moussa Nadia "
    "Nicolas Nicole Noé Olivier Oumar Pascal Paul Philippe Pierre Rachid René Samia Sarah Sophie "
    "Sylvie Théo Thomas Yann Zoé"
)
_THINGS = _cut(
    "Solidarité Développement Amitié Jumelage Eau Santé Éducation École Culture Énergie Avenir "
    "Partage Coopération Échanges Femmes Jeunesse Agriculture Semences Forêt Livres Musique Sport "
    "Santé Hôpital Puits Soleil Lumière Racines Chemins Ponts Rives Horizons Espoir Citoyens"
)
_KINDS = _cut(
    "Association Collectif Fédération Réseau Comité_de_jumelage Amis_de Union Groupe Maison "
    "Ateliers École Lycée Centre Coopérative Fondation Compagnie"
)
_PLACES = _cut(
    "Mali Sénégal Togo Bénin Burkina Madagascar Haïti Maroc Liban Népal Palestine Vietnam"
)
_COMMUNES = _cut(
    "Lyon Grenoble Saint-Étienne Valence Annecy Chambéry Clermont-Ferrand Roanne Vienne"
)
_TITLES = ["Présidente", "Trésorier", "Directrice", "Chargé de mission", "Bénévole", "Maire"]


def fill(size: int) -> None:
    """Add `size` contacts, three organisations for seven people, with what a card usually has."""
    chance = random.Random(size)
    organisations = size * 3 // 10
    places = _places(chance)
    terms = {kind: _ids(kind) for kind in Vocabulary}
    first = (db.session.scalar(sa.select(sa.func.max(Organisation.id))) or 0) + 1
    ids = range(first, first + organisations)
    insert(Organisation, (_organisation(key, chance, places, terms) for key in ids))
    insert(organisation_terms, (row for key in ids for row in _terms_of(key, chance, terms)))
    insert(Detail, (row for key in ids for row in _details("organisation_id", key, chance)))
    first = (db.session.scalar(sa.select(sa.func.max(Person.id))) or 0) + 1
    people = range(first, first + size - organisations)
    names = _last_names(chance, max(500, size // 8))
    insert(Person, (_person(key, chance, places, names) for key in people))
    insert(Role, (_role(key, chance, ids) for key in people if chance.random() < 0.7))
    insert(Detail, (row for key in people for row in _details("person_id", key, chance)))
    _set_sequences()


def _organisation(key: int, chance: random.Random, places: list, terms: dict) -> dict[str, Any]:
    commune, department = _place(chance, places)
    kind = chance.choice(_KINDS).replace("_", " ")
    words = [kind, *chance.sample(_THINGS, 2), chance.choice(_PLACES)]
    words += [chance.choice([_syllables(chance), commune])]
    name = " ".join(words)
    return {
        "id": key,
        "name": name,
        "acronym": "".join(word[0] for word in words) if chance.random() < 0.3 else "",
        "actor_type_id": chance.choice(terms[Vocabulary.ACTOR_TYPE][:6] * 3 + terms[
            Vocabulary.ACTOR_TYPE]),
        "commune": commune,
        "department": department,
        "postcode": f"{department}000"[:5],
        "on_board_since": None,
        "updated_at": _moment(chance),
    }  # fmt: skip


def _person(key: int, chance: random.Random, places: list, names: list[str]) -> dict[str, Any]:
    commune, department = _place(chance, places) if chance.random() < 0.4 else ("", "")
    return {
        "id": key,
        "first_name": chance.choice(_FIRST),
        "last_name": names[int(len(names) * chance.random() ** 2)],
        "commune": commune,
        "department": department,
        "updated_at": _moment(chance),
    }


def _role(key: int, chance: random.Random, ids: range) -> dict[str, Any]:
    return {
        "person_id": key,
        "organisation_id": chance.choice(ids),
        "title": chance.choice(_TITLES),
    }


def _details(owner: str, key: int, chance: random.Random) -> list[dict[str, Any]]:
    mail = f"{_syllables(chance).lower()}.{key}@{chance.choice('abcd')}.example.org"
    phone = f"0{chance.randint(1, 9)}{chance.randint(0, 99_999_999):08}"
    written = " ".join(phone[start : start + 2] for start in range(0, 10, 2))
    rows = [{owner: key, "kind": DetailKind.EMAIL, "value": mail, "key": mail}]
    if chance.random() < 0.6:
        rows.append({owner: key, "kind": DetailKind.PHONE, "value": written, "key": phone})
    return rows


def _terms_of(key: int, chance: random.Random, terms: dict) -> list[dict[str, Any]]:
    wanted = [(Vocabulary.SECTOR, 2), (Vocabulary.SDG, 2), (Vocabulary.COUNTRY, 1)]
    found = {one for kind, count in wanted for one in chance.sample(terms[kind], count)}
    return [{"organisation_id": key, "term_id": one} for one in sorted(found)]


def _ids(vocabulary: Vocabulary) -> list[int]:
    return list(db.session.scalars(sa.select(Term.id).where(Term.vocabulary == vocabulary)))


def _places(chance: random.Random) -> list[tuple[str, str]]:
    known = [(name, _REGION[number]) for number, name in enumerate(_COMMUNES)]
    made = [(f"Saint-{_syllables(chance)}", chance.choice(_REGION)) for _ in range(900)]
    far = [(_syllables(chance), code) for code in DEPARTMENTS]
    return known + made + far


def _place(chance: random.Random, places: list[tuple[str, str]]) -> tuple[str, str]:
    """Often one of the large towns."""
    return places[int(len(places) * chance.random() ** 4)]


def _last_names(chance: random.Random, count: int) -> list[str]:
    return [_syllables(chance) for _ in range(count)]


def _syllables(chance: random.Random) -> str:
    middles = chance.choices(_MIDDLES, k=chance.randint(0, 2))
    return chance.choice(_STARTS) + "".join(middles) + chance.choice(_ENDS)


def _moment(chance: random.Random) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randint(0, 3_000_000))


def _set_sequences() -> None:
    """Identifiers were given by hand: PostgreSQL has to be told."""
    if db.session.get_bind().dialect.name != "postgresql":
        return
    for table in ("organisations", "people"):
        highest = f"(SELECT max(id) FROM {table})"
        db.session.execute(sa.text(f"SELECT setval('{table}_id_seq', {highest})"))
