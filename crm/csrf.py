"""Cross-site writes, refused by header: no token, so visitors need no cookie.

Every browser since 2023 sends `Sec-Fetch-Site`, and before that `Origin` with each write. What
sends neither is not a browser, has no cookie of ours, and cannot be abused (Fetch Metadata, W3C).
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, request

from crm.config import Settings

SAFE = {"GET", "HEAD", "OPTIONS"}

View = TypeVar("View", bound=Callable[..., object])


def open_to_all_sites(view: View) -> View:
    """Let any origin post here: the address itself is the authorisation (RFC 8058 one-click)."""
    view.open_to_all_sites = True  # type: ignore[attr-defined]
    return view


def embeddable(view: View) -> View:
    """Let the sites of CRM_EMBED_ORIGINS frame this page and post to it."""
    view.embeddable = True  # type: ignore[attr-defined]
    return view


def is_embeddable() -> bool:
    """Whether the page being asked for may be framed by the sites listed in the settings."""
    return bool(getattr(_view(), "embeddable", False))


def init_app(app: Flask) -> None:
    app.before_request(_refuse_cross_site_writes)


def _refuse_cross_site_writes() -> None:
    if request.method in SAFE or getattr(_view(), "open_to_all_sites", False):
        return
    if not _comes_from_us() and not (is_embeddable() and _comes_from_a_listed_site()):
        abort(
            403, "Ce formulaire a été envoyé depuis un autre site. Ouvrez la page et recommencez."
        )


def is_cross_site() -> bool:
    """Whether the browser says that another site sent it here: a link or a form of theirs."""
    return request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")


def _comes_from_us() -> bool:
    # Whoever holds the network may show our name over http, but not have the browser lie: where
    # both headers are sent, both must say so.
    if is_cross_site():
        return False
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null":
        return _host(origin) in {request.host, urlsplit(Settings.current().base_url).netloc}
    return origin is None or "Sec-Fetch-Site" in request.headers


def _comes_from_a_listed_site() -> bool:
    return request.headers.get("Origin") in Settings.current().embed_origins


def _host(origin: str) -> str:
    return urlsplit(origin).netloc


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")
