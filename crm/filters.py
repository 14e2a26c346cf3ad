"""What templates use to write French: dates, numbers, plurals, Markdown."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from linkify_it import LinkifyIt  # noqa: F401  (markdown-it needs it for bare addresses)
from markdown_it import MarkdownIt
from markupsafe import Markup

from crm.db import now

PARIS = ZoneInfo("Europe/Paris")
NBSP = "\u00a0"

_markdown = MarkdownIt("js-default", {"html": False, "linkify": True, "breaks": True}).enable(
    ["linkify"]
)
_TAGS = {
    "p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "hr",
    "code",
}  # fmt: skip


def markdown(text: str | None) -> Markup:
    """`text` in Markdown as safe HTML: no raw HTML, no picture, http(s) and mailto links only."""
    html = _markdown.render(text or "").replace("<h1", "<h2").replace("</h1>", "</h2>")
    return Markup(
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener",
        )
    )


def markdown_text(text: str | None) -> str:
    """`text` in Markdown as it is read aloud or in a plain mail: marks removed, links spelt out."""
    plain = re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", r"\1 (\2)", text or "")
    plain = re.sub(r"^#{1,6}\s+", "", plain, flags=re.MULTILINE)
    plain = re.sub(r"(\*\*|__)(.+?)\1", r"\2", plain)
    return re.sub(r"(?<!\w)[*_](?!\s)(.+?)(?<!\s)[*_](?!\w)", r"\1", plain).strip()


def local(moment: datetime) -> datetime:
    """The same moment in Europe/Paris."""
    return moment.astimezone(PARIS)


def today() -> date:
    return local(now()).date()


def day(value: date | datetime | None, form: str = "d MMMM y") -> str:
    """« 3 mars 2026 », « 1er avril 2026 »; an empty text for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = local(value).date()
    text = format_date(value, form, locale="fr_FR")
    return re.sub(r"\b1 (?=[a-zûéA-Z])", "1er ", text) if value.day == 1 else text


def weekday(value: date | datetime | None) -> str:
    """« mardi 3 mars 2026 »."""
    return day(value, "EEEE d MMMM y")


def hour(moment: datetime) -> str:
    """« 9 h », « 14 h 30 », with no-break spaces."""
    when = local(moment)
    return f"{when.hour}{NBSP}h" + (f"{NBSP}{when.minute:02}" if when.minute else "")


def moment(value: datetime | None) -> str:
    """« mardi 3 mars 2026 à 14 h 30 »."""
    return f"{weekday(value)} à {hour(value)}" if value else ""


def near(value: datetime | None, at: datetime | None = None) -> str:
    """« il y a 5 minutes », « hier à 18 h », « demain à 14 h », then the full date."""
    if value is None:
        return ""
    at = at or now()
    days = (local(value).date() - local(at).date()).days
    if abs(value - at) < timedelta(hours=1) and days == 0:
        return _minutes(value, at)
    name = {-1: "hier", 0: "aujourd’hui", 1: "demain"}.get(days)
    if name:
        return f"{name} à {hour(value)}"
    return f"{weekday(value)} à {hour(value)}"


def _minutes(value: datetime, at: datetime) -> str:
    minutes = round(abs((value - at).total_seconds()) / 60)
    if minutes == 0:
        return "à l’instant"
    words = f"{minutes}{NBSP}minute{'s' if minutes > 1 else ''}"
    return f"il y a {words}" if value < at else f"dans {words}"


def number(value: float | None) -> str:
    """« 3 812 », with a narrow no-break space; an empty text for None."""
    return "" if value is None else format_decimal(value, locale="fr_FR")


def plural(count: int, one: str, many: str | None = None) -> str:
    """« 3 abonnés », « 1 abonné », with a no-break space. In French 0 and 1 are singular."""
    word = one if abs(count) < 2 else (many or f"{one}s")
    return f"{number(count)}{NBSP}{word}"


def weight(size: int) -> str:
    """« 840 Ko », « 2,1 Mo »: what a file of `size` bytes weighs, as people say it."""
    if size < 1024:
        return plural(size, "octet")
    if size < 1024 * 1024:
        return f"{number(round(size / 1024))}{NBSP}Ko"
    if size < 1024**3:
        return f"{number(round(size / 1024 / 1024, 1))}{NBSP}Mo"
    return f"{number(round(size / 1024**3, 1))}{NBSP}Go"


def duration(minutes: int) -> str:
    """« 45 min », « 2 h », « 1 h 30 »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes}{NBSP}min"
    return f"{hours}{NBSP}h" + (f"{NBSP}{rest:02}" if rest else "")


def clock(value: datetime) -> str:
    return format_time(local(value), "HH:mm", locale="fr_FR")


FILTERS: dict[str, Callable[..., Any]] = {
    "markdown": markdown,
    "markdown_text": markdown_text,
    "day": day,
    "weekday": weekday,
    "hour": hour,
    "moment": moment,
    "near": near,
    "number": number,
    "local": local,
    "weight": weight,
    "duration": duration,
}
