"""French: typography, « de » and « à » before a name, initials, names as addresses have them."""

import re
import unicodedata
from datetime import date

from crm.contacts.fold import fold

_VOWELS = "aeiou"
_SMALL = {"de", "du", "des", "la", "le", "les", "l", "d", "et", "en", "a", "au", "aux", "pour"}
_SMALL |= {"sur", "un", "une", "n"}
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


def typeset(text: str) -> str:
    """`text` with curly apostrophes, and no-break spaces where French wants them."""
    text = text.replace("'", "’").replace("« ", "«\u00a0")
    text = re.sub(r" (?=[:;?!»%€])", "\u00a0", text)
    text = re.sub(r"(?<=\bn°) ", "\u00a0", text)
    text = re.sub(r"(?<=\d) (?=h\b)", "\u00a0", text)
    return re.sub(r"(?<=\d) (?=\d{3}\b)", "\u00a0", text)


def of(name: str) -> str:
    """« de Lyon », « d’Annonay », « du Puy-en-Velay », « des Vans »."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    first, second = fold(name[:1]), fold(name[1:2])
    # « d’Yzeure », but « de Yalgontenga ».
    is_elided = first in _VOWELS or (first == "y" and second not in _VOWELS)
    return f"d’{name}" if is_elided else f"de {name}"


def at(name: str) -> str:
    """« à Lyon », « au Puy-en-Velay », « aux Vans », « à La Mure »."""
    for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"à {name}"


def plain(text: str) -> str:
    """As a mail or web address writes it: « comite-de-jumelage »."""
    return fold(text).replace(" ", "-")


def initials(name: str) -> str:
    """« Association pour l’eau à Sanankoroni » is « AES »."""
    words = [word for word in fold(name).split() if word not in _SMALL]
    return "".join(word[0] for word in words).upper()


def capitals(text: str) -> str:
    """As an address label prints a commune: « SAINT ETIENNE »."""
    folded = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return letters.replace("’", " ").replace("-", " ").upper()


def day(on: date) -> str:
    """« 1er mars », « 12 mars »."""
    return f"{'1er' if on.day == 1 else on.day} {MONTHS[on.month - 1]}"
