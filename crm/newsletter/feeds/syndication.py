"""RSS, RDF and Atom, through feedparser, which is given bytes and fetches nothing."""

import calendar
import html
import io
import re
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

import feedparser

from crm.newsletter.feeds.entries import Document, Draft, Unreadable, document, flat, text_of

LONGEST_MENDED = 1_000_000  # characters: reading what is badly formed can take very long
_ROOT = re.compile(r"<((?:\w+:)?(?:rss|feed|rdf))\b[^>]*?(/?)>", re.IGNORECASE)
_DECLARATIONS = re.compile(r"<\?xml\b[^>]*\?>|<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LAST_ITEM = re.compile(r".*</(?:\w+:)?(?:item|entry)\s*>", re.DOTALL | re.IGNORECASE)
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)(\w{2,31};)?")
_LOGIN = re.compile(r"@|^(?:admin|administrat|webmaster|root|redac|wp|user)", re.IGNORECASE)
# feedparser would take the words about a picture for those about the entry.
_ABOUT_MEDIA = re.compile(r"(</?media:)(description|title|text)\b")
CUT = "Le flux est coupé avant la fin\u00a0: seuls les contenus complets ont été repris."


def is_feed(text: str) -> bool:
    """Whether this text begins like RSS, RDF or Atom."""
    return _ROOT.search(text[:20_000]) is not None


def read(text: str, url: str) -> Document:
    """The entries of an XML feed found at `url`. Raises Unreadable."""
    whole, warning = _closed(_DECLARATIONS.sub("", _ILLEGAL.sub("", text)))
    whole = _ABOUT_MEDIA.sub(r"\1about_\2", whole)
    mended = whole if _is_well_formed(whole) else _mended(whole)
    try:
        parsed = feedparser.parse(
            io.BytesIO(mended.encode()),
            response_headers={"content-type": "text/xml; charset=utf-8", "content-location": url},
            sanitize_html=False,  # the texts are made plain by crm.newsletter.feeds.markup
            resolve_relative_uris=False,
        )
        drafts = [_draft(entry) for entry in parsed.entries]
    except Exception as error:  # whatever a hostile document makes it stumble on
        raise Unreadable("Le flux est illisible\u00a0: il est mal formé.") from error
    if not parsed.entries and parsed.get("bozo"):
        raise Unreadable("Le flux est illisible\u00a0: il est mal formé.")
    if parsed.version.startswith("atom"):  # in RSS, the author is whoever typed it
        for draft, entry in zip(drafts, parsed.entries, strict=True):
            draft.organisation = _author(entry)
    return document(text_of(parsed.feed.get("title")), drafts, url, warning)


def _closed(text: str) -> tuple[str, str]:
    """`text` with its end: when it was cut on the way, what follows its last whole item is left."""
    root = _ROOT.search(text)
    if root is None:
        raise Unreadable("Le flux est illisible\u00a0: il est mal formé.")
    name, alone = root[1], root[2]
    if alone or re.search(rf"</{re.escape(name)}\s*>", text[-5000:]):
        return text, ""
    kept = _LAST_ITEM.match(text)
    if kept is None:
        raise Unreadable("Le flux est coupé avant son premier contenu complet.")
    channel = "</channel>" if "<channel" in kept[0] and "</channel" not in kept[0] else ""
    return f"{kept[0]}{channel}</{name}>", CUT


def _is_well_formed(text: str) -> bool:
    try:
        expat.ParserCreate().Parse(text.encode(), True)
    except expat.ExpatError:
        return False
    return True


def _mended(text: str) -> str:
    """`text` with the HTML entities and the lone « & » that XML does not know written otherwise."""
    mended = _AMPERSAND.sub(lambda found: _without_ampersand(found[0]), text)
    if not _is_well_formed(mended) and len(text) > LONGEST_MENDED:
        raise Unreadable("Le flux est illisible\u00a0: il est mal formé.")
    return mended


def _without_ampersand(written: str) -> str:
    character = html.unescape(written)
    return f"&amp;{written[1:]}" if character.startswith("&") else html.escape(character)


def _draft(entry: Any) -> Draft:
    contents = [text_of(content.get("value")) for content in entry.get("content", ())]
    picture, alt = _picture(entry)
    return Draft(
        guid=text_of(entry.get("id")),
        title=text_of(entry.get("title")),
        bodies=[text_of(entry.get("summary")), *contents],
        url=text_of(entry.get("link")),
        published=_published(entry),
        tags=[text_of(tag.get("term")) for tag in entry.get("tags", ())],
        picture=picture,
        picture_alt=alt,
        fields=list(flat(dict(entry))),
    )


def _published(entry: Any) -> datetime | str:
    for name in ("published", "updated"):
        parsed: Any = dict.get(entry, f"{name}_parsed")  # feedparser's own takes one for the other
        try:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        except (ValueError, TypeError, OverflowError, OSError):
            continue
    return text_of(entry.get("published"))


def _picture(entry: Any) -> tuple[str, str]:
    """The picture the entry names as its own, and its text."""
    media = [*entry.get("media_content", ()), *entry.get("enclosures", ())]
    for one in media:
        kind = text_of(one.get("type")) or text_of(one.get("medium"))
        if kind.startswith("image"):
            address = text_of(one.get("url") or one.get("href"))
            return address, text_of(entry.get("media_about_description"))
    thumbnails = [text_of(one.get("url")) for one in entry.get("media_thumbnail", ())]
    return next(iter(thumbnails), ""), ""


def _author(entry: Any) -> str:
    """Who signs, unless it is only a login."""
    name = text_of((entry.get("author_detail") or {}).get("name"))
    return "" if _LOGIN.search(name) else name
