"""What a feed says of one thing it publishes, whatever the format it is written in."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from crm.contacts.departments import DEPARTMENTS
from crm.filters import PARIS
from crm.newsletter.feeds import markup
from crm.newsletter.feeds.addresses import canonical_url, web_address
from crm.newsletter.feeds.deadlines import field_day, field_days
from crm.text import cut, one_line

TITLE, SUMMARY, GUID, TAG = 300, 600, 500, 100  # characters
MAX_TAGS = 30
_PLACE = re.compile(r"(?:^|[_-])(?:lieu|place|location|ville|city|venue|adresse|address)$")
_ORGANISATION = re.compile(
    r"organi[sz](?:ation|ateur|er)|organisme|employeur|employer|company|entreprise|structure$"
)
_DEPARTMENT = re.compile(r"\((\d{2}|2[AB]|97[1-6])\)|\b(\d{5})\b")


class Unreadable(Exception):
    """A document is no feed. The message is a sentence in French for whoever follows it."""


@dataclass(frozen=True)
class Entry:
    """One thing published. Texts are plain, on one line; addresses whole; days those it states."""

    guid: str
    title: str
    summary: str = ""
    text: str = field(default="", repr=False)  # all its words, where a date may be found
    url: str = ""
    canonical_url: str = ""
    published_at: datetime | None = None
    tags: tuple[str, ...] = ()
    picture_url: str = ""
    picture_alt: str = ""
    organisation: str = ""
    place: str = ""
    department: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Document:
    """A feed that was read. `warning` is a French sentence when it was not whole."""

    title: str
    entries: tuple[Entry, ...]
    warning: str = ""


@dataclass
class Draft:
    """What a reader found of an entry, as it was written: `entry()` makes it clean."""

    guid: str = ""
    title: str = ""
    bodies: list[str] = field(default_factory=list)  # HTML, the shortest first
    url: str = ""
    published: str | datetime | None = None
    tags: Iterable[str] = ()
    picture: str = ""
    picture_alt: str = ""
    organisation: str = ""
    place: str = ""
    fields: list[tuple[str, object]] = field(default_factory=list)  # others, by their names

    def entry(self, base: str) -> Entry | None:
        """The entry, its links seen from the page `base`; None when it says nothing."""
        url = web_address(self.url, base) if self.url else ""
        texts = [text for text in map(markup.summary, self.bodies) if text]
        title = cut(markup.plain(self.title), TITLE) or cut(next(iter(texts), ""), 80)
        if not title:
            return None
        picture, alt = self._picture(url or base)
        place = cut(self.place or _named(_PLACE, self.fields), 200)
        starts_on, ends_on = field_days(self.fields)
        return Entry(
            guid=_guid(self.guid, url, title),
            title=title,
            summary=cut(next((text for text in texts if text != title), ""), SUMMARY),
            text=" ".join(dict.fromkeys(texts)),
            url=url,
            canonical_url=canonical_url(url),
            published_at=moment(self.published),
            tags=_tags(self.tags),
            picture_url=picture,
            picture_alt=cut(alt, TITLE),
            organisation=cut(self.organisation or _named(_ORGANISATION, self.fields), TITLE),
            place=place,
            department=department_in(place),
            starts_on=starts_on,
            ends_on=ends_on,
        )

    def _picture(self, base: str) -> tuple[str, str]:
        address = web_address(self.picture, base) if self.picture else ""
        if address:
            return address, markup.plain(self.picture_alt)
        found = (markup.picture(body, base) for body in reversed(self.bodies))
        return next((picture for picture in found if picture[0]), ("", ""))


def document(title: str, drafts: Iterable[Draft], base: str, warning: str = "") -> Document:
    """The clean document; of two entries with one identifier the first is kept."""
    entries: dict[str, Entry] = {}
    for draft in drafts:
        entry = draft.entry(base)
        if entry is not None:
            entries.setdefault(entry.guid, entry)
    return Document(cut(markup.plain(title), 200), tuple(entries.values()), warning)


def moment(value: str | datetime | None) -> datetime | None:
    """An aware moment in UTC, from ISO 8601 or RFC 5322; without zone, it is Paris that counts."""
    if isinstance(value, str):
        value = _iso(value.strip()) or _rfc5322(value.strip()) or _french(value)
    if value is None or not 1971 < value.year < 2100:
        return None
    return (value if value.tzinfo else value.replace(tzinfo=PARIS)).astimezone(UTC)


def department_in(place: str) -> str:
    """The department said by a place: « Lyon (69) », « 38000 Grenoble »."""
    for number, postcode in _DEPARTMENT.findall(place):
        code = number or (postcode[:3] if postcode.startswith("97") else postcode[:2])
        if code in DEPARTMENTS:
            return str(code)
    return ""


def text_of(value: object) -> str:
    """`value` when it is a text or a number, else nothing: feeds are not always what they say."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def flat(value: object, name: str = "", depth: int = 4) -> Iterator[tuple[str, object]]:
    """The named leaves of nested data, as pairs."""
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield from flat(inner, str(key), depth - 1)
    elif isinstance(value, str | int) and not isinstance(value, bool) and name:
        yield name, value


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _rfc5322(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _french(text: str) -> datetime | None:
    day = field_day(text)
    return datetime(day.year, day.month, day.day, tzinfo=PARIS) if day else None


def _guid(written: str, url: str, title: str) -> str:
    guid = one_line(written) or canonical_url(url)
    if guid and len(guid) <= GUID:
        return guid
    return "sha256:" + hashlib.sha256((guid or title).encode()).hexdigest()


def _tags(names: Iterable[str]) -> tuple[str, ...]:
    clean = (cut(markup.plain(name), TAG) for name in names)
    return tuple(dict.fromkeys(name for name in clean if name))[:MAX_TAGS]


def _named(wanted: re.Pattern[str], fields: Iterable[tuple[str, object]]) -> str:
    """The first text whose field has a name like `wanted`."""
    found = (markup.plain(text_of(value)) for name, value in fields if wanted.search(name.lower()))
    return next((text for text in found if text and not text.isdigit()), "")
