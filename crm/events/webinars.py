"""Webinars: who attended, as the files of Zoom, Teams and BigBlueButton say it.

Those files hold several tables one under the other, in the language of whoever made them, often in
UTF-16: the tables of people are found by their headings.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from crm.contacts.files.workbooks import TableError, read_workbook
from crm.contacts.fold import fold
from crm.formulas import rearm
from crm.text import cut, normal_email, one_line

MOST_ROWS = 20_000
_MOST_COLUMNS = 100

_HEADINGS = {
    "name": ("name", "nom", "full name", "nom complet", "nom et prenom", "user name",
             "name original name", "nom nom original", "nom nom d origine",
             "user name original name", "nom d utilisateur nom original", "nom d utilisateur",
             "nom de l utilisateur nom original", "display name", "nom affiche", "prenom et nom",
             "nom prenom", "participant"),
    "first_name": ("first name", "prenom"),
    "last_name": ("last name", "nom de famille"),
    "email": ("email", "e mail", "user email", "email address", "courriel", "mail",
              "adresse e mail", "adresse email", "adresse e mail de l utilisateur",
              "adresse mail", "user e mail", "e mail de l utilisateur", "adresse courriel"),
    "role": ("role", "moderator", "moderateur"),
    "attended": ("attended", "a participe", "present", "presence", "a assiste"),
    "minutes": ("duration minutes", "duree minutes", "total duration minutes",
                "duree totale minutes", "time in session minutes",
                "temps passe en session minutes", "temps en session minutes",
                "in meeting duration", "duree de la reunion", "duration", "duree",
                "duree de participation", "duree dans la reunion", "meeting duration"),
    "action": ("user action", "action de l utilisateur", "action utilisateur"),
}  # fmt: skip
# What only one maker writes among its headings or its titles.
_MAKERS = (
    ("BigBlueButton", ("activity score", "score d activite", "talk time", "temps de parole",
                       "raise hands", "webcam time")),
    ("Teams", ("participant id upn", "id de participant", "in meeting duration", "first join",
               "premiere participation", "full name user action", "1 summary", "1 resume")),
    ("Zoom", ("join time leave time", "waiting room", "salle d attente", "webinar id",
              "meeting id", "attendee report", "name original name", "nom nom original")),
)  # fmt: skip
# In Teams anybody may be a « presenter »: it says nothing of who animates.
_HOSTS = {"organizer", "organisateur", "organisatrice", "host", "hote", "animateur", "animatrice",
          "co host", "co organizer", "co organisateur", "true", "vrai", "moderator",
          "moderateur"}  # fmt: skip
_HOST_TITLES = ("host details", "panelist details", "details de l hote", "details des hotes",
                "details des panelistes", "informations sur les hotes")  # fmt: skip
# What Teams tells again, join by join, below those it has added up.
_TOLD_AGAIN = re.compile(r"3 .*activit")
_NO = {"no", "non", "false", "faux", "0"}
_SPENT = re.compile(r"(\d+)\s*(h|m|s)", re.IGNORECASE)


@dataclass(frozen=True)
class Attendee:
    """Somebody who was there: how they called themselves, and for how long, in minutes."""

    name: str
    email: str = ""
    minutes: int | None = None  # None when the file does not say
    is_host: bool = False
    line: int = 0


@dataclass(frozen=True)
class AttendanceList:
    """Who a file says was there, each once; `absent` is how many it lists who did not come."""

    maker: str
    attendees: list[Attendee]
    absent: int = 0


@dataclass
class _Columns:
    """Where the columns of a table of people stand, and whether they are those who animate."""

    places: dict[str, int]
    width: int
    are_hosts: bool


@dataclass
class _Reading:
    found: list[Attendee] = field(default_factory=list)
    absent: int = 0


def read_attendance(content: bytes) -> AttendanceList:
    """Who was there. Raises TableError, in French, when the file holds no list of people."""
    rows = list(_rows(content))
    if len(rows) > MOST_ROWS:
        raise TableError(f"Plus de {MOST_ROWS} lignes\u00a0: ce n’est pas une liste de présence.")
    reading = _read(rows)
    if not reading.found and not reading.absent:
        reading = _bare(rows)
    if not reading.found and not reading.absent:
        raise TableError(
            "Aucune liste de personnes dans ce fichier\u00a0: il faut une colonne "
            "«\u00a0Nom\u00a0» ou «\u00a0Name\u00a0», comme dans les rapports de Zoom, Teams ou "
            "BigBlueButton."
        )
    return AttendanceList(_maker(rows), _once(reading.found), reading.absent)


def _read(rows: list[tuple[int, list[str]]]) -> _Reading:
    reading, columns, above = _Reading(), None, ""
    for line, row in rows:
        if _TOLD_AGAIN.match(above) and reading.found:
            break
        filled = [cell for cell in row if cell.strip()]
        headings = _columns(row, above)
        if headings is not None:
            columns = headings
        elif not filled or (columns is not None and len(filled) == 1 and columns.width > 2):
            columns = None
        elif columns is not None:
            _take(reading, columns, row, line)
        above = fold(filled[0]) if filled else above
    return reading


def _columns(row: list[str], above: str) -> _Columns | None:
    """The columns, when this row is the heading of a table of people."""
    folded = [fold(cell) for cell in row]
    places: dict[str, int] = {}
    for key, names in _HEADINGS.items():
        found = [folded.index(name) for name in names if name in folded]
        if found:
            places[key] = found[0]
    is_people = "name" in places or {"first_name", "last_name"} <= places.keys()
    if not is_people or (len(places) == 1 and sum(map(bool, folded)) > 1):
        return None
    width = sum(map(bool, folded))
    return _Columns(places, width, above.startswith(_HOST_TITLES))


def _take(reading: _Reading, columns: _Columns, row: list[str], line: int) -> None:
    told = {key: rearm(row[place].strip()) for key, place in columns.places.items()
            if place < len(row)}  # fmt: skip
    if fold(told.get("attended", "")) in _NO:
        reading.absent += 1
        return
    parts = (told.get("first_name", ""), told.get("last_name", ""))
    name = _plain_name(told.get("name", "")) or one_line(" ".join(parts))
    email = normal_email(told.get("email", "")) or ""
    if not fold(name) and not email:
        return
    if fold(told.get("action", "")) in ("left", "a quitte", "quitte"):
        return
    reading.found.append(
        Attendee(cut(name, 200), email, _minutes(told.get("minutes", "")),
                 columns.are_hosts or fold(told.get("role", "")) in _HOSTS, line)
    )  # fmt: skip


def _plain_name(cell: str) -> str:
    """The name alone: « Chloé (Chloé Martin) » keeps the first name of what Zoom writes twice,
    « Marie Petit (Invité) » loses what Teams adds."""
    name = one_line(cell).strip("*# ")
    name = re.sub(r"\s*\((?:guest|invité·?e?|externe|external|unverified|non vérifié·?e?|host|hôte|"
                  r"co-host|me|moi)\)\s*$", "", name, flags=re.IGNORECASE)  # fmt: skip
    found = re.fullmatch(r"(.+?)\s*\((.+)\)", name)
    if found is None:
        return name
    # The name one registered with stands in brackets, behind the one chosen that day.
    return found[2] if " " in found[2] and " " not in found[1] else found[1]


def _minutes(cell: str) -> int | None:
    """« 62 », « 1h 2m 3s », « 1 h 2 min », « 01:02:03 », in whole minutes."""
    words = one_line(cell).lower()
    if re.fullmatch(r"\d+([.,]\d+)?", words):
        return int(float(words.replace(",", ".")))
    clock = re.fullmatch(r"(\d+):(\d\d)(?::(\d\d))?", words)
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    spent = {unit: int(number) for number, unit in _SPENT.findall(words)}
    if not spent:
        return None
    return spent.get("h", 0) * 60 + spent.get("m", 0)


def _bare(rows: list[tuple[int, list[str]]]) -> _Reading:
    """A list of names and nothing else, as BigBlueButton saves them: one column, no heading."""
    single = [(line, row) for line, row in rows if sum(bool(cell.strip()) for cell in row) == 1]
    words = [(line, next(cell for cell in row if cell.strip())) for line, row in single]
    listed = [
        (line, one_line(cell)) for line, cell in words
        if not cell.strip().endswith(":") and 1 < len(fold(cell).split()) <= 6
        and not any(letter.isdigit() for letter in cell)
    ]  # fmt: skip
    if not listed or len(listed) * 2 < len([row for _, row in rows if any(row)]):
        return _Reading()
    return _Reading([Attendee(cut(name, 200), line=line) for line, name in listed])


def _once(found: Iterable[Attendee]) -> list[Attendee]:
    """Each person once: those who lost the network came back on another line."""
    by_email = {fold(one.name): one.email for one in found if one.email}
    kept: dict[str, Attendee] = {}
    for one in found:
        key = one.email or by_email.get(fold(one.name), "") or fold(one.name)
        known = kept.get(key)
        if known is None:
            kept[key] = one
            continue
        minutes = None
        if known.minutes is not None or one.minutes is not None:
            minutes = (known.minutes or 0) + (one.minutes or 0)
        kept[key] = replace(known, minutes=minutes, email=known.email or one.email,
                            is_host=known.is_host or one.is_host)  # fmt: skip
    return list(kept.values())


def _maker(rows: list[tuple[int, list[str]]]) -> str:
    words = " ".join(fold(" ".join(row)) for _, row in rows[:40])
    return next((name for name, signs in _MAKERS if any(one in words for one in signs)), "")


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of the file, whatever its encoding and its separator."""
    if content.startswith(b"PK\x03\x04"):
        yield from read_workbook(content, MOST_ROWS, _MOST_COLUMNS).lines
        return
    text = _text(content)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise TableError(f"Ligne {reader.line_num + 1}\u00a0: ce fichier est abîmé.") from error


def _text(content: bytes) -> str:
    """The text: UTF-8, UTF-16 with or without its mark, or the Windows-1252 of old programs."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif content[1:200:2].count(0) > 20:
        encodings = ["utf-16-le"]
    elif content[0:200:2].count(0) > 20:
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise TableError(
        "Ce fichier n’est pas une liste lisible\u00a0: enregistrez-le en .csv ou en .xlsx."
    )


def _delimiter(text: str) -> str:
    """What stands between cells: the sign that the most lines hold as often as each other."""
    scores: Counter[str] = Counter()
    for sign in "\t;,":
        counts = Counter(line.count(sign) for line in text.splitlines()[:200] if sign in line)
        scores[sign] = max((number * held for held, number in counts.items()), default=0)
    best = max("\t;,", key=lambda sign: scores[sign])
    return best if scores[best] else ","
