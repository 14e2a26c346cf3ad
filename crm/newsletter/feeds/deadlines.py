"""The date that ends an item, and the days of an event, found in its fields or in its words."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TypeVar

from crm.filters import PARIS
from crm.newsletter.feeds.french_dates import Span, simplify, spans
from crm.newsletter.items import Kind

T = TypeVar("T")
Days = tuple[date | None, date | None]  # the first day, and the last day it still makes sense

CONTEXT = 90  # characters before a date that may say what it is
LONGEST_TEXT = 6000  # characters looked at

_UNTIL = r"(?:jusqu'(?:au|a)|avant(?:\s+le)?|au plus tard(?:\s+le|\s+au)?|d'ici(?:\s+le|\s+au)?)"
_CLOSING = re.compile(
    r"""\bdates?\s+limites?\b | \bclotures?\b | \bdeadline\b | \becheances?\b | \bdate\s+butoir\b
      | \bderniers?\s+(?:delai|jour)s?\b
      | \bfin\s+(?:des?|du)\s+(?:candidature|inscription|depot|reception|l'appel)"""
    rf"""
      | \b(?:candidat|dossier|inscri|repon|depot|depos|propos|postul|envoy|envoi|adress|transm
            |particip|soumet|soumission|demande|appel|manifest)\w* .* \b{_UNTIL}\s*$
      | \bouvert\w* .* \b{_UNTIL}\s*$""",
    re.VERBOSE,
)
_OPEN_FROM = re.compile(
    r"\b(?:candidat|dossier|inscri|depot|propos|appel|ouvert|recevab|recu)\w*\b[^.]*$"
)
_UNTIL_END = re.compile(rf"\b{_UNTIL}\s*$")
_NOT_CLOSING = re.compile(
    r"\b(?:cdd|contrat|mission|pourvoir|prise de (?:poste|fonction)|remplacement|conge|stage"
    r"|financ|periode|bourse|projets? (?:se|deroul)|realis|execut|exposition|valable)"
)
_CLOSING_AFTER = re.compile(r"^[^.;]{0,25}?(?:date limite|dernier delai|delai de rigueur)")
_NOT_THE_EVENT = re.compile(
    rf"\b(?:publie|mise? a jour|mise? en ligne|poste le|inscri|candidat|depot|dossier|propos)"
    rf"|\bdates?\s+limites?\b|\bclotures?\b|\b{_UNTIL}\s*$"
)
_STARTS = re.compile(r"(?:^|[_-])(?:date)?[_-]?(?:debut|start|begin)|dtstart|startdate")
_EVENT_DAY = re.compile(r"date[_-](?:de[_-]l[_-]?)?(?:evenement|event)|event[_-]?date$")
_ENDS = re.compile(
    r"limite|deadline|cloture|closing|closes|expir|butoir|echeance|dtend|enddate|date[_-]?fin"
    r"|(?:^|[_-])(?:fin|end|until)(?:$|[_-])"
)


def when(kind: Kind, title: str, text: str, near: date, known: Days = (None, None)) -> Days:
    """The days of something of this kind, published around the day `near`.

    `known` comes from the feed's own fields, and is trusted before what the words say.
    """
    words = [simplify(title), simplify(text[:LONGEST_TEXT])]
    if kind is Kind.EVENT:
        return _event_days(words, near, known)
    first, last = known
    if last is None:
        last = _first(closing_day(part, near, strict=not _closes(kind)) for part in words)
    if kind is Kind.TRAINING and (first is None or last is None):
        days = _first(_occasion(part, near) for part in words)
        first = first or (days[0] if days else None)
        last = last or first  # one can register until it begins
    return first, last


def closing_day(text: str, near: date, *, strict: bool = False) -> date | None:
    """The day after which it is too late, in a text of the day `near`.

    With `strict`, « avant le 3 mai » alone says nothing: the text must speak of closing.
    """
    simple = simplify(text)
    found = list(_closing(simple, near, strict))
    return next((day for day in found if day >= near), next(iter(found), None))


def event_days(text: str, near: date) -> tuple[date, date] | None:
    """The first and the last day of what a text of the day `near` announces."""
    return _occasion(simplify(text), near)


def field_days(fields: Iterable[tuple[str, object]]) -> Days:
    """The days said by fields whose name speaks of a beginning or of an end."""
    first = last = None
    for name, value in fields:
        key = simplify(name)
        if _EVENT_DAY.search(key):
            first = first or field_day(value)
        elif _ENDS.search(key):
            last = last or field_day(value)
        elif _STARTS.search(key):
            first = first or field_day(value)
    return first, last if first is None or last is None or first <= last else None


def field_day(value: object) -> date | None:
    """A date field of any make: « 20260315 », ISO 8601, a number of seconds, French words."""
    text = str(value).strip()[:100] if isinstance(value, str | int) else ""
    if re.fullmatch(r"20\d{6}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if re.fullmatch(r"[1-3]\d{9}", text):
        return datetime.fromtimestamp(int(text), UTC).astimezone(PARIS).date()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = [s for s in spans(simplify(text), date(1990, 1, 1)) if s.first.year >= 2000]
        return found[0].first if found else None
    if moment.tzinfo is not None and 1990 < moment.year < 2100:
        moment = moment.astimezone(PARIS)
    return moment.date() if 2000 <= moment.year < 2100 else None


def _closes(kind: Kind) -> bool:
    return kind in (Kind.FUNDING, Kind.JOB, Kind.TRAINING)


def _event_days(words: list[str], near: date, known: Days) -> Days:
    first, last = known
    if first is not None or last is not None:
        return first or last, last or first
    return _first(_occasion(part, near) for part in words) or (None, None)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _closing(simple: str, near: date, strict: bool) -> Iterable[date]:
    before = 0
    for span in spans(simple, near):
        context = _context(simple, before, span)
        before = span.end
        closes = _CLOSING.search(context) or _CLOSING_AFTER.search(simple[span.end :][:60])
        opened = span.first < span.last and _OPEN_FROM.search(context)
        until = _UNTIL_END.search(context) and not strict
        if closes or ((until or opened) and not _NOT_CLOSING.search(context)):
            yield span.first if span.is_list and span.first >= near else span.last


def _occasion(simple: str, near: date) -> tuple[date, date] | None:
    before, found = 0, []
    for span in spans(simple, near):
        context = _context(simple, before, span)
        before = span.end
        after = _CLOSING_AFTER.search(simple[span.end :][:60])
        if not _NOT_THE_EVENT.search(context) and not after:
            found.append(span)
    return next(((s.first, s.last) for s in found if s.last >= near), None)


def _context(simple: str, before: int, span: Span) -> str:
    """What comes just before a date, in its own sentence, since the date before it."""
    words = simple[max(before, span.begin - CONTEXT) : span.begin]
    return re.split(r"(?<=[a-z0-9)]{2})[.!?]\s", words)[-1]
