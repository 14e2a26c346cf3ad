"""Identifiers: the numbers the State gives to organisations, checked as one types them."""

import re

from crm.text import cut, one_line

# La Poste numbers its offices under one SIREN: the digits of their SIRET do not follow Luhn's rule
# but add up to a multiple of five (INSEE). Its head office follows both rules.
LA_POSTE = "356000000"


def siren(text: str) -> str:
    """Nine digits, the last of which is a key (Luhn). Raises ValueError, in French."""
    digits = _digits(text)
    if len(digits) != 9:
        raise ValueError(f"Un SIREN compte 9 chiffres{_count(text, digits)}.")
    if not follows_luhn(digits):
        raise ValueError("Ce SIREN n’existe pas\u00a0: un chiffre est faux, ou deux sont inversés.")
    return digits


def siret(text: str) -> str:
    """Fourteen digits: a SIREN, an office's number, a key. Raises ValueError, in French."""
    digits = _digits(text)
    if len(digits) != 14:
        raise ValueError(f"Un SIRET compte 14 chiffres{_count(text, digits)}.")
    of_la_poste = digits.startswith(LA_POSTE) and sum(map(int, digits)) % 5 == 0
    if not (follows_luhn(digits) or of_la_poste):
        raise ValueError("Ce SIRET n’existe pas\u00a0: un chiffre est faux, ou deux sont inversés.")
    return digits


def rna(text: str) -> str:
    """An association's number: W, its department (2A and 2B too), then the rest: 9 in all.

    Raises ValueError, in French.
    """
    value = re.sub(r"[\s.-]", "", one_line(text)).upper()
    if not re.fullmatch(r"W(?:[0-9]{3}|2[AB][0-9])[0-9]{6}", value):
        raise ValueError("Un numéro RNA s’écrit W et 9 chiffres, comme W691012345.")
    return value


def agree(siren: str, siret: str) -> bool:
    """Whether this office belongs to this organisation: a SIRET begins with its SIREN."""
    return not siren or not siret or siret.startswith(siren)


def spaced(digits: str) -> str:
    """As one reads it aloud: « 356 000 000 00048 »."""
    parts = [digits[:3], digits[3:6], digits[6:9], digits[9:]]
    return "\u00a0".join(part for part in parts if part)


def follows_luhn(digits: str) -> bool:
    """Luhn's rule; a row of zeros, which follows it too, is nobody's number."""
    doubled = [int(digit) * (1 + rank % 2) for rank, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return digits.strip("0") != "" and total % 10 == 0


def _digits(text: str) -> str:
    """The digits, when there is nothing else but spaces, dots and hyphens."""
    digits = re.sub(r"[\s.\-]", "", one_line(text))
    return digits if re.fullmatch("[0-9]*", digits) else ""


def _count(text: str, digits: str) -> str:
    if digits:
        return f", celui-ci {len(digits)}"
    return f"\u00a0: «\u00a0{cut(one_line(text), 40)}\u00a0» n’en est pas un"
