"""Cells: what one cell of a spreadsheet means. Each function raises ValueError, in French."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache

from babel import Locale
from email_validator import EmailNotValidError, validate_email

from crm.contacts import identifiers
from crm.contacts.departments import DEPARTMENTS, department_of
from crm.contacts.fold import fold
from crm.contacts.people import Channel
from crm.text import clean, one_line

BAR = " | "  # between several values in one cell

_PLAIN_EMAIL = re.compile(r"[a-z0-9]+([._+-][a-z0-9]+)*@([a-z0-9]+(-[a-z0-9]+)*\.)+[a-z]{2,}")
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?: .*)?")
_DEPARTMENTS = {fold(name): code for code, name in DEPARTMENTS.items()}


def line(length: int) -> Callable[[str], str]:
    """A text on one line, `length` characters at most."""

    def read(cell: str) -> str:
        return _bounded(one_line(cell), length)

    return read


def text(length: int) -> Callable[[str], str]:
    """A text on several lines, `length` characters at most."""

    def read(cell: str) -> str:
        return _bounded(clean(cell), length)

    return read


def _bounded(value: str, length: int) -> str:
    if len(value) > length:
        raise ValueError(f"{len(value)} caractères, c’est trop ({length} au plus)")
    return value


def whole(cell: str) -> int:
    """A count: « 1 200 », « 12 »."""
    digits = re.sub(r"\s", "", one_line(cell))
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas un nombre entier")
    return int(digits)


def year(cell: str) -> int:
    """A year, or the year of a date."""
    found = one_line(cell)
    value = int(found) if re.fullmatch("[0-9]{4}", found) else day(cell).year
    if not 1000 <= value <= 2200:
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas une année")
    return value


def day(cell: str) -> date:
    """A date, the day first: « 03/02/2021 » is 3 February. « 2021-02-03 » is read too."""
    found = one_line(cell)
    try:
        if french := _DATE.fullmatch(found):
            written = int(french[3])
            century = 0 if written > 99 else (2000 if written < 70 else 1900)
            return date(century + written, int(french[2]), int(french[1]))
        return date.fromisoformat(found[:10])
    except ValueError as error:
        raise ValueError(f"« {_shown(cell)} » n’est pas une date (jour/mois/année)") from error


def siren(cell: str) -> str:
    """A SIREN; zeros that Excel lost are put back."""
    return identifiers.siren(_padded(cell, 9))


def siret(cell: str) -> str:
    """A SIRET; zeros that Excel lost are put back."""
    return identifiers.siret(_padded(cell, 14))


def postcode(cell: str) -> str:
    """A French postcode gets back the zero Excel ate; others stay as they are."""
    value = one_line(cell).upper()
    joined = value.replace(" ", "")
    if joined.isascii() and joined.isdigit():
        value = joined.zfill(5) if len(joined) == 4 else joined
    return _bounded(value, 10)


def department(cell: str) -> str:
    """A code, from « 69 », « 1 », « Rhône », « 69 - Rhône » or a postcode."""
    value = one_line(cell)
    start = re.match(r"\(?([0-9][0-9abAB]?[0-9]{0,3})\b", value)
    code = (start[1] if start else "").upper()
    code = code.zfill(2) if len(code) < 3 else code
    found = code if code in DEPARTMENTS else ""
    if not found and len(code) in (4, 5):
        found = department_of(code.zfill(5))
    found = found or _DEPARTMENTS.get(re.sub(r" [0-9][0-9ab][0-9]?$", "", fold(value)), "")
    if not found:
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas un département")
    return found


def website(cell: str) -> str:
    """A web address; « https:// » is added when it is left out."""
    value = one_line(cell)
    address = value if "://" in value else f"https://{value}"
    if not re.fullmatch(r"https?://[^\s/.]+\.[^\s<>\"`]+", address, re.IGNORECASE):
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas une adresse de site")
    return _bounded(address, 500)


def email(cell: str) -> str:
    """A mail address, in lower case."""
    value = one_line(cell).lower().removeprefix("mailto:").strip("<>").rstrip(".")
    if len(value) <= 254 and len(value.partition("@")[0]) <= 64 and _PLAIN_EMAIL.fullmatch(value):
        return value
    try:
        found = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas un courriel complet") from error
    return found.normalized.lower()


def phone(cell: str) -> str:
    """A telephone number as typed; French ones get back their zero and their spaces."""
    value = one_line(cell)
    digits = re.sub(r"[\s./()-]", "", value)
    if re.fullmatch("[1-9][0-9]{8}", digits):
        digits = f"0{digits}"
    if re.fullmatch("0[1-9][0-9]{8}", digits):
        return " ".join(digits[start : start + 2] for start in range(0, 10, 2))
    if not 6 <= sum(character.isdigit() for character in value) <= 20 or len(value) > 60:
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas un numéro de téléphone")
    return value


def channel(cell: str) -> Channel:
    """How someone prefers to be reached."""
    known = {fold(item.label): item for item in Channel}
    known |= {"email": Channel.EMAIL, "mail": Channel.EMAIL, "e mail": Channel.EMAIL,
              "tel": Channel.PHONE, "poste": Channel.POST, "lettre": Channel.POST}  # fmt: skip
    if fold(cell) not in known:
        names = ", ".join(item.label for item in Channel)
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est ni {names}")
    return known[fold(cell)]


def language(cell: str) -> str:
    """A language code, from its French name or from the code."""
    code = _languages().get(fold(cell))
    if code is None:
        raise ValueError(f"«\u00a0{_shown(cell)}\u00a0» n’est pas une langue connue")
    return code


def language_name(code: str) -> str:
    """The French name of a language, or the code when it has none."""
    return str(Locale("fr").languages.get(code, code))


@cache
def _languages() -> dict[str, str]:
    names = {code: str(name) for code, name in Locale("fr").languages.items() if len(code) <= 10}
    return {fold(code): code for code in names} | {fold(name): code for code, name in names.items()}


def split(cell: str, between: str) -> list[str]:
    """The values of a cell: between bars when there are any, or between these separators."""
    if re.search(r"(?<!\\)(?:\\\\)*\|", cell):
        parts = re.findall(r"(?:[^|\\]|\\.)+", cell, re.DOTALL)
    else:
        parts = re.split(between, cell)
    return [value for part in parts if (value := re.sub(r"\\([|\\])", r"\1", part).strip())]


def join(values: list[str], between: str) -> str:
    """The values in one cell, such that `split` finds them again."""
    parts = [re.sub(r"[|\\]", r"\\\g<0>", value) for value in values]
    alone = len(parts) == 1 and re.search(between, parts[0]) is not None
    return parts[0] + BAR.rstrip() if alone else BAR.join(parts)


def _padded(cell: str, length: int) -> str:
    digits = re.sub(r"[\s.\-]", "", one_line(cell))
    return digits.zfill(length) if length - 3 <= len(digits) < length else digits


def _shown(cell: str) -> str:
    found = one_line(cell)
    return found if len(found) <= 60 else f"{found[:59]}…"
