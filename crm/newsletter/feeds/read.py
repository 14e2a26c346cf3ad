"""Reading a feed: bytes in, entries out, whatever the format and however it is written."""

import codecs
import json
import re

from crm.newsletter.feeds import jsonfeed, syndication, wordpress
from crm.newsletter.feeds.addresses import web_address
from crm.newsletter.feeds.entries import Document, Unreadable, text_of
from crm.newsletter.feeds.markup import plain
from crm.text import cut

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
)
_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([\w.:-]{2,40})""", re.IGNORECASE)
_ALTERNATE = re.compile(
    r"<link\b(?=[^>]{0,500}\balternate\b)(?=[^>]{0,500}(?:rss|atom|feed)\+(?:xml|json))"
    r"""[^>]{0,500}\bhref\s*=\s*["']([^"']{1,500})["']""",
    re.IGNORECASE,
)


def read(content: bytes, content_type: str = "", url: str = "") -> Document:
    """The feed found at `url`: RSS, RDF, Atom, JSON Feed or WordPress posts.

    Raises Unreadable, and nothing else, when it is none of these.
    """
    text = decode(content, content_type).lstrip("\ufeff \t\r\n\x00")
    if not text:
        raise Unreadable("La page est vide.")
    if text[0] in "{[":
        return _read_json(text, url)
    if _is_page(text):
        raise Unreadable(_not_a_feed(text, url))
    if not syndication.is_feed(text):
        raise Unreadable("Cette adresse ne mène pas à un flux\u00a0: le format n’est pas reconnu.")
    return syndication.read(text, url)


def decode(content: bytes, content_type: str = "") -> str:
    """The text of `content`. What it says of its own encoding comes after what it is."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace")
    try:
        return content.decode()  # accents that are right in UTF-8 are never there by chance
    except UnicodeDecodeError:
        pass
    for place in (content[:500], content_type.encode("ascii", "ignore")):
        declared = _CHARSET.search(place)
        if declared:
            name = declared[1].decode().lower()
            # A text that lies about UTF-8 is most often in the encoding of Windows.
            if name.replace("_", "-") not in ("utf-8", "utf8", "us-ascii", "iso-8859-1", "latin1"):
                try:
                    return content.decode(name)
                except (LookupError, ValueError):
                    continue
    # One bad byte in a page in UTF-8, or another encoding altogether?
    tolerant = content.decode("utf-8", "replace")
    lost = tolerant.count("\ufffd")
    if lost * 2 < sum(not character.isascii() for character in tolerant):
        return tolerant
    return content.decode("cp1252", "replace")


def _read_json(text: str, url: str) -> Document:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("Le flux est illisible\u00a0: son JSON est coupé ou mal formé.") from error
    if isinstance(data, list) and all(isinstance(post, dict) and "title" in post for post in data):
        return wordpress.read(data, url)
    if isinstance(data, dict) and isinstance(data.get("items"), list):
        return jsonfeed.read(data, url)
    message = plain(text_of(data.get("message"))) if isinstance(data, dict) else ""
    if message:
        raise Unreadable(cut(f"Le site a répondu par une erreur\u00a0: {message}", 300))
    raise Unreadable("Cette adresse ne mène pas à un flux\u00a0: ce JSON n’en est pas un.")


def _is_page(text: str) -> bool:
    start = re.sub(r"<!--.*?-->|<\?.*?\?>", "", text[:5000], flags=re.DOTALL).lstrip()[:200].lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<body"))


def _not_a_feed(text: str, url: str) -> str:
    """What to say of a web page: where its feed is, when it says so."""
    found = _ALTERNATE.search(text[:200_000])
    address = web_address(plain(found[1]), url) if found else ""
    if address and len(address) < 300:
        return f"Cette adresse mène à une page web. Son flux est peut-être à {address}"
    return "Cette adresse mène à une page web, pas à un flux."
