"""What is readable in someone else's HTML: its words, its first picture."""

import html
import re

import nh3

from crm.newsletter.feeds.addresses import web_address
from crm.text import one_line

LONGEST = 60_000  # characters of HTML looked at in one text
_BLOCK = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|table|section|article|header|footer|blockquote"
    r"|figure|figcaption|hr|dd|dt|pre)\b)",
    re.IGNORECASE,
)
_SILENT = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "form"}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]{2,31});")
# What blogs add at the end of an extract, and that says nothing.
_TAIL = re.compile(
    r"(?:\s*(?:\[\s*(?:…|\.\.\.)\s*\]|(?:lire la suite|en savoir plus|read more)\W*"
    r"|(?:l’article|l'article|cet article|the post)\s.{1,300}?"
    r"(?:est apparu en premier sur|appeared first on)\s.{1,200}))+$",
    re.IGNORECASE,
)


def plain(markup: str) -> str:
    """The words of `markup`, on one line; scripts, forms and comments leave nothing."""
    text = markup[:LONGEST]
    if "<" in text:
        spaced = _BLOCK.sub(" <", text)
        text = nh3.clean(spaced, tags=set(), clean_content_tags=_SILENT)
    text = html.unescape(text)
    # Some sites escape twice: « &amp;#8217; ».
    return one_line(html.unescape(text) if _ENTITY.search(text) else text)


def summary(markup: str) -> str:
    """`plain`, without the « lire la suite » that blogs add."""
    text = plain(markup)
    if text[-250:].rstrip()[-1:] in ("]", ".", "…") or len(text) < 1000:
        return _TAIL.sub("", text).rstrip()
    return text


def picture(markup: str, base: str) -> tuple[str, str]:
    """The address and the alternative text of the first picture that is one to look at."""
    if "<img" not in markup[:LONGEST].lower():
        return "", ""
    images = nh3.clean(
        markup[:LONGEST],
        tags={"img"},
        attributes={"img": {"src", "alt", "width", "height"}},
        clean_content_tags=_SILENT,
    )
    for tag in re.findall(r"<img ([^>]*)>", images):
        values = {name: html.unescape(text) for name, text in re.findall(r'(\w+)="([^"]*)"', tag)}
        address = web_address(values.get("src"), base)
        if address and not any(_is_tiny(values.get(side, "")) for side in ("width", "height")):
            return address, one_line(values.get("alt", ""))
    return "", ""


def _is_tiny(size: str) -> bool:
    """Whether this side is that of a tracker or of an icon."""
    return size.isascii() and size.isdigit() and len(size) < 3 and int(size) < 33
