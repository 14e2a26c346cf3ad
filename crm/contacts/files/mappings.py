"""Mappings: which column of a file says what, recognised, corrected by hand, kept for next time."""

import csv
import hashlib
import io
import json
from collections.abc import Container, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz, process
from sqlalchemy.orm import Mapped, mapped_column

from crm.contacts.files.columns import COLUMNS, EITHER
from crm.contacts.files.spreadsheets import read_table
from crm.contacts.fold import fold
from crm.db import Model, db, now

Fields = dict[str, str]  # heading → a column's key, empty when the column is left out

_LABELS = {fold(column.label): column.key for column in COLUMNS.values()}
_BY_WORDS = {alias: column.key for column in COLUMNS.values() for alias in column.aliases} | _LABELS
_ALL_WORDS = [*_BY_WORDS, *chain.from_iterable(EITHER.values())]
_LIKENESS = 85  # percent: « Téléphonne », « Secteur d’activités »


class Mapping(Model):
    """What someone said the columns of such a file mean; files with the same headings follow."""

    __tablename__ = "import_mappings"

    # The headings, whatever their order, in one short text.
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    fields: Mapped[dict[str, Any]]
    used_at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def find(cls, headings: Sequence[str]) -> "Mapping | None":
        return db.session.scalar(sa.select(cls).where(cls.key == _key(headings)))

    @classmethod
    def keep(cls, headings: Sequence[str], fields: Fields) -> "Mapping":
        """Remember these fields for the next file that has these headings."""
        kept = cls.find(headings) or cls(key=_key(headings))
        kept.fields = {heading: fields.get(heading, "") for heading in headings}
        kept.used_at = now()
        db.session.add(kept)
        return kept


class MappingError(ValueError):
    """What is wrong with a mapping, in one French sentence."""


def mapping_for(headings: Sequence[str]) -> Fields:
    """The mapping kept for such a file, or what its headings seem to say."""
    kept = Mapping.find(headings)
    if kept is None:
        return recognise(headings)
    fields = {_words(heading): key for heading, key in kept.fields.items()}
    return {heading: fields.get(_words(heading), "") for heading in headings}


def recognise(headings: Sequence[str]) -> Fields:
    """What these headings seem to say; the empty text for those that say nothing we keep."""
    folded = {heading: fold(heading) for heading in headings}
    sure = {heading: _known(words) for heading, words in folded.items()}
    found = set(sure.values())
    has_organisation = bool(found & {"organisation.name", "organisation.id"})
    has_person = bool(found & {"person.first_name", "person.full_name", "person.id", "role.title"})
    bare = next((heading for heading, words in folded.items() if words in ("nom", "noms")), None)
    if bare is not None:
        sure[bare] = _bare_name(found, has_organisation)
        has_person = has_person or sure[bare].startswith("person.")
        has_organisation = has_organisation or sure[bare].startswith("organisation.")
    for heading, words in folded.items():
        sure[heading] = _either(words, has_organisation, has_person) or sure[heading]
    return _without_repeats(sure)


def check(headings: Sequence[str], fields: Fields) -> Fields:
    """These fields, complete, once sure that a contact can be made of them.

    Keys and labels are both understood. Raises MappingError.
    """
    known = {fold(heading): heading for heading in headings}
    chosen = dict.fromkeys(headings, "")
    for heading, field in fields.items():
        if fold(heading) not in known:
            raise MappingError(f"Aucune colonne ne s’appelle « {heading[:80]} » dans ce fichier.")
        chosen[known[fold(heading)]] = _field(field)
    _refuse_repeats(chosen)
    found = set(chosen.values())
    named = {"organisation.name", "organisation.id", "person.last_name", "person.full_name"}
    if not found & (named | {"person.id"}):
        raise MappingError(
            "Aucune colonne ne donne le nom d’une structure ou d’une personne : dites laquelle."
        )
    return chosen


def read_mapping(content: bytes) -> Fields:
    """A mapping written in a file: a JSON object, or a table of two columns (heading, field).

    Raises MappingError, or spreadsheets.TableError.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _read_json(content)
    table = read_table(content)
    if len(table.headings) != 2:
        raise MappingError("La correspondance a deux colonnes : le titre, et ce qu’il veut dire.")
    # Its own headings are optional: « Nom;Structure » may well be its first pair.
    pairs = [table.headings, *(row for _, row in table.rows)]
    if not _is_field(pairs[0][1]):
        del pairs[0]
    return {heading.strip(): field.strip() for heading, field in pairs}


def _read_json(content: bytes) -> Fields:
    try:
        said = json.load(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise MappingError("La correspondance n’est pas du JSON lisible.") from error
    if not all(isinstance(field, str | None) for field in said.values()):
        raise MappingError("La correspondance associe à chaque titre le nom d’un champ.")
    return {heading: field or "" for heading, field in said.items()}


def _key(headings: Sequence[str]) -> str:
    words = sorted(map(_words, headings))
    kept = io.StringIO()
    csv.writer(kept).writerow(words)
    return hashlib.sha256(kept.getvalue().encode()).hexdigest()


def _words(heading: str) -> str:
    return fold(heading) or heading


def _known(words: str) -> str:
    """The column with this label or alias, or almost."""
    return _BY_WORDS.get(_nearest(words, _BY_WORDS), "")


def _nearest(words: str, choices: Container[str]) -> str:
    """`words`, or those they are a misspelling of, or an empty text."""
    if words in choices or len(words) < 5:
        return words
    near = process.extractOne(words, _ALL_WORDS, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    return near[0] if near is not None and near[0] in choices else ""


def _bare_name(found: set[str], has_organisation: bool) -> str:
    """« Nom » alone: of the person beside « Prénom », else of the structure, unless it has one."""
    if "person.first_name" in found:
        return "person.last_name"
    return "person.full_name" if has_organisation else "organisation.name"


def _either(words: str, has_organisation: bool, has_person: bool) -> str:
    """Whose phone is it? The person's when the file has people; a place, rather the structure's."""
    for name, aliases in EITHER.items():
        if not words or _nearest(words, aliases) not in aliases:
            continue
        if name in ("emails", "phones"):
            return f"{'person' if has_person else 'organisation'}.{name}"
        if has_person and not has_organisation:
            return f"person.{name}"
    return ""


def _without_repeats(fields: Fields) -> Fields:
    """Of two columns that say the same one thing, the first is kept."""
    seen: set[str] = set()
    kept = {}
    for heading, key in fields.items():
        single = key and not COLUMNS[key].between
        kept[heading] = "" if single and key in seen else key
        seen.add(key)
    return kept


def _refuse_repeats(fields: Fields) -> None:
    first: dict[str, str] = {}
    for heading, key in fields.items():
        if key and not COLUMNS[key].between and first.setdefault(key, heading) != heading:
            raise MappingError(
                f"« {first[key]} » et « {heading} » ne peuvent pas dire tous les deux "
                f"«\u00a0{COLUMNS[key].label}\u00a0»."
            )


def _field(said: str) -> str:
    """A column's key, from the key or from the label. Raises MappingError."""
    if not said.strip():
        return ""
    key = said.strip() if said.strip() in COLUMNS else _LABELS.get(fold(said))
    if key is None:
        raise MappingError(f"«\u00a0{said[:80]}\u00a0» n’est pas un champ connu.")
    return key


def _is_field(said: str) -> bool:
    return said.strip() in COLUMNS or fold(said) in _LABELS
