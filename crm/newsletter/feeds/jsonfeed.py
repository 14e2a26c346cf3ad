"""JSON Feed, versions 1 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from collections.abc import Iterator
from html import escape
from typing import Any

from crm.newsletter.feeds.entries import Document, Draft, document, flat, text_of


def read(data: dict[str, Any], url: str) -> Document:
    """The entries of a JSON Feed found at `url`."""
    items = data.get("items")
    drafts = (_draft(item) for item in items if isinstance(item, dict)) if items else ()
    return document(text_of(data.get("title")), drafts, url)


def _draft(item: dict[str, Any]) -> Draft:
    return Draft(
        guid=text_of(item.get("id")),
        title=text_of(item.get("title")),
        bodies=[*_texts(item)],
        url=text_of(item.get("url")) or text_of(item.get("external_url")),
        published=text_of(item.get("date_published")) or text_of(item.get("date_modified")),
        tags=[text_of(tag) for tag in _list(item.get("tags"))],
        picture=text_of(item.get("image")) or text_of(item.get("banner_image")) or _attached(item),
        organisation=_author(item),
        fields=[pair for key, inner in item.items() if key[:1] == "_" for pair in flat(inner, key)],
    )


def _texts(item: dict[str, Any]) -> Iterator[str]:
    for name in ("summary", "content_text"):
        yield escape(text_of(item.get(name)), quote=False)
    yield text_of(item.get("content_html"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _author(item: dict[str, Any]) -> str:
    authors = [*_list(item.get("authors")), item.get("author")]
    names = (text_of(author.get("name")) for author in authors if isinstance(author, dict))
    return next((name for name in names if name), "")


def _attached(item: dict[str, Any]) -> str:
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict) and text_of(attachment.get("mime_type"))[:6] == "image/":
            return text_of(attachment.get("url"))
    return ""
