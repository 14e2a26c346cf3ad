"""Reading a page of someone else's site, without trusting what it answers or where it leads.

A name is resolved once, what it gives is checked, and that very address is connected to: a name
that changes its mind in between leads nowhere. A redirection is checked like a first address.
"""

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from crm.config import Network
from crm.newsletter.feeds.addresses import web_address
from crm.newsletter.feeds.reach import CONNECT_SECONDS, Unreachable, Visit, visiting

MEGABYTE = 1024 * 1024
MAX_BYTES = 5 * MEGABYTE
MAX_REDIRECTS = 5
READ_SECONDS = 15.0
TOTAL_SECONDS = 30.0
HEADERS = {
    "User-Agent": "Maillage/0.1 (lecteur de flux)",
    "Accept": "application/rss+xml, application/atom+xml, application/feed+json, "
    "application/json, application/xml;q=0.9, image/*;q=0.9, */*;q=0.5",
}


_GONE = (404, 410)


class Gone(Unreachable):
    """The site answers that this page does not exist, or does no more."""


@dataclass(frozen=True)
class Page:
    """What a site answered. `url` is where it was found in the end; nothing inside if unchanged."""

    url: str
    content: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    is_unchanged: bool = False


def get(
    url: str,
    *,
    allow: Sequence[Network] = (),
    etag: str = "",
    last_modified: str = "",
    max_bytes: int = MAX_BYTES,
    seconds: float = TOTAL_SECONDS,
) -> Page:
    """The page at this http(s) address, at most `max_bytes` once unpacked, within `seconds`.

    Private addresses are refused unless they are in `allow`. With `etag` or `last_modified`, the
    page may come back unchanged (RFC 9110 §13). Raises Unreachable, and nothing else.
    """
    headers = HEADERS | {"If-None-Match": etag, "If-Modified-Since": last_modified}
    kept = {name: value for name, value in headers.items() if value and _is_header(value)}
    with visiting(allow, seconds) as visit:
        try:
            page = _follow(visit, url, kept, max_bytes)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise Unreachable(_sentence(error, visit)) from error
        if visit.is_over:  # a connection cut by the clock can look like the end of the page
            raise Unreachable(_too_slow(visit))
    if page.is_unchanged and not (etag or last_modified):
        raise Unreachable(_refusal(304))
    return page


def follow(url: str, *, allow: Sequence[Network] = (), seconds: float = TOTAL_SECONDS) -> str:
    """Where this http(s) address leads in the end, nothing of the page being read.

    Raises Unreachable, and Gone when the site says that there is no such page.
    """
    with visiting(allow, seconds) as visit:
        try:
            return _follow(visit, url, HEADERS, max_bytes=None).url
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise Unreachable(_sentence(error, visit)) from error


def _follow(visit: Visit, url: str, headers: dict[str, str], max_bytes: int | None) -> Page:
    with requests.Session() as session:
        session.trust_env = False  # a proxy would resolve the name again, unchecked
        session.mount("http://", visit)
        session.mount("https://", visit)
        for _ in range(MAX_REDIRECTS + 1):
            url = check_address(url)
            visit.resolve(url)
            response = session.get(
                url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, min(READ_SECONDS, visit.seconds)),
            )
            with closing(response):
                target = session.get_redirect_target(response)
                if target is None:
                    return _page(response, url, max_bytes)
            url = web_address(target, url)
    raise Unreachable("Trop de redirections : le site renvoie sans fin d’une adresse à l’autre.")


def check_address(url: str) -> str:
    """`url` as it can be asked for. Raises Unreachable when it is no http(s) address."""
    address = web_address(url)
    if not address:
        raise Unreachable("L’adresse n’est pas complète : elle commence par https:// ou http://.")
    if "@" in urlsplit(address).netloc:
        raise Unreachable("L’adresse contient un nom ou un mot de passe : elle n’est pas suivie.")
    return address


def _page(response: requests.Response, url: str, max_bytes: int | None) -> Page:
    etag = response.headers.get("ETag", "")
    last_modified = response.headers.get("Last-Modified", "")
    if response.status_code == 304:
        return Page(url, etag=etag, last_modified=last_modified, is_unchanged=True)
    if response.status_code in _GONE:
        raise Gone(_refusal(response.status_code))
    if response.status_code != 200:
        raise Unreachable(_refusal(response.status_code))
    if max_bytes is None:
        return Page(url)
    content_type = response.headers.get("Content-Type", "")
    return Page(url, _body(response, max_bytes), content_type, etag, last_modified)


def _body(response: requests.Response, max_bytes: int) -> bytes:
    """The content unpacked, read no further than the limit."""
    announced = response.headers.get("Content-Length", "")
    content = bytearray()
    too_heavy = re.fullmatch(r"\d{1,18}", announced) is not None and int(announced) > max_bytes
    if not too_heavy:
        for piece in response.iter_content(65536):
            content += piece
            if len(content) > max_bytes:
                too_heavy = True
                break
    if too_heavy:
        raise Unreachable(f"La page est trop lourde (plus de {max_bytes // MEGABYTE} Mo).")
    return bytes(content)


def _is_header(value: str) -> bool:
    return value.isprintable() and value.isascii()


def _refusal(status: int) -> str:
    if status in _GONE:
        return f"La page n’existe pas ou n’existe plus (erreur {status})."
    if status in (401, 402, 403, 407, 451):
        return f"Le site refuse de donner cette page (erreur {status})."
    if status == 429:
        return "Le site demande d’attendre avant de revenir (erreur 429)."
    if status >= 500:
        return f"Le site est en panne (erreur {status})."
    return f"Le site ne donne pas la page (réponse {status})."


def _too_slow(visit: Visit) -> str:
    return f"Le site ne répond pas assez vite : la lecture a été arrêtée ({visit.seconds:.0f} s)."


def _sentence(error: Exception, visit: Visit) -> str:
    if visit.is_over:
        return _too_slow(visit)
    if isinstance(error, requests.exceptions.SSLError):
        return "Le certificat du site n’est pas valable."
    if isinstance(error, requests.exceptions.Timeout | TimeoutError):
        return "Le site ne répond pas."
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "La page est illisible\u00a0: elle est mal compressée."
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "La connexion a été coupée avant la fin de la page."
    if isinstance(error, requests.exceptions.ConnectionError | OSError):
        return "Le site ne répond pas."
    return "L’adresse ne peut pas être lue\u00a0: vérifiez qu’elle est juste."
