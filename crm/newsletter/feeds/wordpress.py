"""Posts as WordPress's REST interface gives them (`/wp-json/wp/v2/posts`)."""

from typing import Any

from crm.newsletter.feeds.entries import Document, Draft, document, flat, text_of


def read(posts: list[Any], url: str) -> Document:
    """The entries of a list of posts found at `url`."""
    return document("", (_draft(post) for post in posts if isinstance(post, dict)), url)


def _draft(post: dict[str, Any]) -> Draft:
    media = _media(post)
    return Draft(
        # The same identifier as in the site's RSS: « https://site/?p=12 ».
        guid=_rendered(post, "guid") or text_of(post.get("id")),
        title=_rendered(post, "title"),
        bodies=[_rendered(post, "excerpt"), _rendered(post, "content")],
        url=text_of(post.get("link")),
        published=_published(post),
        tags=_terms(post),
        picture=_best(media) or text_of(post.get("jetpack_featured_media_url")),
        picture_alt=text_of(media.get("alt_text")),
        fields=[*flat(post.get("acf"), "acf"), *flat(post.get("meta"), "meta")],
    )


def _rendered(post: dict[str, Any], name: str) -> str:
    value = post.get(name)
    return text_of(value.get("rendered")) if isinstance(value, dict) else text_of(value)


def _published(post: dict[str, Any]) -> str:
    in_utc = text_of(post.get("date_gmt"))
    return f"{in_utc}Z" if in_utc else text_of(post.get("date"))


def _embedded(post: dict[str, Any], name: str) -> list[Any]:
    embedded = post.get("_embedded")
    found = embedded.get(name) if isinstance(embedded, dict) else None
    return found if isinstance(found, list) else []


def _terms(post: dict[str, Any]) -> list[str]:
    groups = [group for group in _embedded(post, "wp:term") if isinstance(group, list)]
    return [
        text_of(term.get("name")) for group in groups for term in group if isinstance(term, dict)
    ]


def _media(post: dict[str, Any]) -> dict[str, Any]:
    return next((m for m in _embedded(post, "wp:featuredmedia") if isinstance(m, dict)), {})


def _best(media: dict[str, Any]) -> str:
    """The large size rather than the original, which may weigh ten times more."""
    details = media.get("media_details")
    sizes = details.get("sizes") if isinstance(details, dict) else None
    large = sizes.get("large") if isinstance(sizes, dict) else None
    address = text_of(large.get("source_url")) if isinstance(large, dict) else ""
    return address or text_of(media.get("source_url"))
