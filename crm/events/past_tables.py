"""Past tables: what a file typed in past years says of each event, row by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from crm.contacts.files.spreadsheets import Table, TableError, read_table
from crm.contacts.fold import fold
from crm.events.typed_cells import Count, Place, UnreadCell, read_count, read_partners, read_place
from crm.events.typed_dates import UnreadDate, read_dates
from crm.formulas import rearm
from crm.text import cut, one_line

# The columns in their order, as the report of 2021 prints them.
HEADINGS = {
    "title": "Événement",
    "dates": "Date",
    "mission": "Mission",
    "partners": "Projet/Partenaire",
    "place": "Lieu",
    "count": "Participants",
}
_ALSO = {
    "title": ("titre", "intitule", "nom", "manifestation", "rencontre", "evenements"),
    "dates": ("dates", "jour", "jours", "quand"),
    "mission": ("missions", "axe"),
    "partners": ("projet partenaire", "projet", "partenaire", "partenaires", "projets partenaires",
                 "projet partenaires"),
    "place": ("lieux", "ou", "departement"),
    "count": ("nombre de participants", "nb de participants", "participant", "nb participants",
              "effectif", "nombre", "presents"),
}  # fmt: skip
MOST_ROWS = 20_000


@dataclass(frozen=True)
class PastEvent:
    """One row: what it says, the words it says it in, and what cannot be understood."""

    line: int
    title: str
    dates: tuple[date, ...]
    mission: str
    partners: tuple[str, ...]
    place: Place
    count: Count | None
    typed: Mapping[str, str]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class PastTable:
    """The rows of a file; `ignored` are headings that mean nothing here."""

    rows: list[PastEvent]
    headings: dict[str, str] = field(default_factory=dict)  # by column key, as they were typed
    ignored: tuple[str, ...] = ()


def read_past(content: bytes, is_known: Callable[[str], bool] = lambda name: False) -> PastTable:
    """What a CSV or XLSX file says, in any usual encoding and separator. Raises TableError.

    `is_known` says whether a name is that of an organisation; a partner who stands alone in a cell
    of the same file is known too.
    """
    table = read_table(content)
    columns = _columns(table.headings)
    if len(table.rows) > MOST_ROWS:
        raise TableError(
            f"Plus de {MOST_ROWS} lignes\u00a0: importez ce tableau en plusieurs fois."
        )
    known = _alone(table, columns.get("partners"))
    rows = [
        _row(line, {key: rearm(row[place]) for key, place in columns.items()},
             lambda name: fold(name) in known or is_known(name))
        for line, row in table.rows
    ]  # fmt: skip
    typed = {key: table.headings[place] for key, place in columns.items()}
    kept = set(columns.values())
    ignored = [one for place, one in enumerate(table.headings) if place not in kept]
    return PastTable(rows, typed, tuple(ignored))


def _columns(headings: list[str]) -> dict[str, int]:
    """Where each column stands. Raises TableError when there is no title or no date."""
    folded = [fold(one) for one in headings]
    found: dict[str, int] = {}
    for key, name in HEADINGS.items():
        for wanted in (fold(name), *_ALSO[key]):
            if wanted in folded and key not in found:
                found[key] = folded.index(wanted)
    missing = [HEADINGS[key] for key in ("title", "dates") if key not in found]
    if missing:
        raise TableError(
            f"Il manque la colonne «\u00a0{missing[0]}\u00a0». Un tableau d’événements a ces "
            f"titres\u00a0: {', '.join(HEADINGS.values())}."
        )
    return found


def _alone(table: Table, place: int | None) -> set[str]:
    """The partners that have a cell for themselves, folded."""
    if place is None:
        return set()
    cells = (read_partners(row[place]) for _, row in table.rows)
    return {fold(cell[0]) for cell in cells if len(cell) == 1 and " et " not in cell[0]}


def _row(line: int, typed: dict[str, str], is_known: Callable[[str], bool]) -> PastEvent:
    problems: list[str] = []
    title = one_line(typed["title"])
    if not title:
        problems.append("Il manque le titre.")
    dates: list[date] = []
    count = None
    try:
        dates = read_dates(typed["dates"])
    except UnreadDate as error:
        problems.append(str(error))
    try:
        count = read_count(typed.get("count", ""))
    except UnreadCell as error:
        problems.append(str(error))
    return PastEvent(
        line,
        cut(title, 300),
        tuple(dates),
        one_line(typed.get("mission", "")),
        tuple(read_partners(typed.get("partners", ""), is_known)),
        read_place(typed.get("place", "")),
        count,
        typed,
        tuple(problems),
    )
