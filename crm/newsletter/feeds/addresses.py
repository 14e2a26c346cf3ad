"""Addresses of pages: what two writings of one page have in common."""

import hashlib
import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

LONGEST = 2000  # characters, as in the columns

# What mailers, networks and measuring tools hang on a link: it never names a page.
_TRACKING = frozenset({
    "_", "_bta_tid", "amp", "cachebuster", "campaign", "campaignid", "chash", "cmp", "cmpid",
    "dclid", "fbclid", "from", "gbraid", "gclid", "gclsrc", "igsh", "igshid", "jsessionid",
    "li_fat_id", "mkt_tok", "msclkid", "no_cache", "nocache", "origin", "origine", "phpsessid",
    "preview", "print", "ref", "ref_src", "ref_url", "referer", "referrer", "replytocom", "s_cid",
    "share", "source", "spm", "src", "srsltid", "trk", "ttclid", "twclid", "var_hasard",
    "var_mode", "via", "wbraid", "xtmc", "xtnp", "xtor", "xtref", "xts", "yclid",
})  # fmt: skip
_TRACKING_STARTS = (
    "_ga", "_gl", "_hs", "_ke", "_kx", "_openstat", "at_", "fb_", "ga_", "hsa_", "matomo_", "mc_",
    "mtm_", "ns_", "oly_", "piwik_", "pk_", "stm_", "tracking_", "utm_", "vero_", "wt.", "wt_",
)  # fmt: skip
# What does name a page, even behind a path that reads well.
_IDENTITY = frozenset({
    "clef", "code", "lang", "langue", "n", "nid", "no", "num", "numero", "occurrence", "p",
    "reference", "slug", "uid",
})  # fmt: skip
_IDENTITY_PART = re.compile(
    r"""^id(?:[_\[-]|$) | id\]?$ | article | page | post | offre | job | emploi | annonce | event
      | evenement | agenda | news | actu | fiche | projet | appel | formation | session | stage
      | ressource | document | node | item""",
    re.VERBOSE,
)
_FLAG = re.compile(r"[a-z]+\d+", re.IGNORECASE)  # SPIP's « ?article12 »
_INDEX = re.compile(r"/(?:index|default)\.(?:php\d?|html?|aspx?|jsp)$", re.IGNORECASE)
_PROGRAM = re.compile(r"\.(?:php\d?|aspx?|jsp|cgi|do|pl|cfm)$", re.IGNORECASE)
# A word is looked at from its beginning only: a page of one very long word is read as fast.
_SLUG = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}[-_].*?[^\W\d_]{2,}")
_HOME = re.compile(r"[^/?]*(?:/[a-z]{2}(?:[-_][a-z]{2})?)?", re.IGNORECASE)


def canonical_url(url: str) -> str:
    """The address without what changes from one day to the next; empty when it names no page.

    Two writings of one page agree: scheme, « www. », default port, case of the host, index page,
    last slash, fragment, tracking parameters and the order of the others do not count.
    """
    parts = _split(url)
    if parts is None:
        return ""
    path = _path(parts.path)
    canonical = _host(parts) + path + _query(parts.query, path)
    if len(canonical) <= LONGEST:
        return canonical
    return canonical[: LONGEST - 64] + hashlib.sha256(canonical.encode()).hexdigest()


def is_home(canonical: str) -> bool:
    """Whether this canonical address is that of a whole site, or of one of its languages."""
    return _HOME.fullmatch(canonical) is not None


def web_address(link: object, base: str = "") -> str:
    """`link` as a whole http(s) address, seen from the page `base`; empty when it is none."""
    if not isinstance(link, str):
        return ""
    written = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "", link).strip()
    try:
        address = urljoin(base, written)
    except ValueError:
        return ""
    address = re.sub(r'[\s<>"`\\^{|}]', lambda found: quote(found[0]), address)
    return address if len(address) <= LONGEST and _split(address) else ""


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # « http://[::1 », « http://site:port/ »
        return None
    return parts if known else None


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        host = quote(host, safe=":.-_")
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, 80, 443) else f"{host}:{parts.port}"


def _path(path: str) -> str:
    """One way of writing the accents, no index page, no session, no slash at the end."""
    path = re.sub(r";[^/]*", "", path)
    path = quote(unquote(path, errors="replace"), safe="/:@!$&'()*+,=~-._")
    return _INDEX.sub("", re.sub(r"/{2,}", "/", path).rstrip("/")).rstrip("/")


def _query(query: str, path: str) -> str:
    last = unquote(path.rpartition("/")[2])
    readable = _SLUG.search(last) is not None and _PROGRAM.search(last) is None
    named = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None)
        if not _tracks(name.lower()) and (not readable or _identifies(name, value))
    ]
    written = "&".join(
        urlencode([(name, value)]) if value else quote(name, safe="")
        for name, value in sorted(named)
    )
    return f"?{written}" if written else ""


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_STARTS)


def _identifies(name: str, value: str) -> bool:
    lowered = name.lower()
    if not value:
        return _FLAG.fullmatch(name) is not None
    return lowered in _IDENTITY or _IDENTITY_PART.search(lowered) is not None
