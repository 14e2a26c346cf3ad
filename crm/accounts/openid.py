"""Signing in elsewhere: OpenID Connect, authorization code with PKCE.

OpenID Connect Core 1.0 §3.1, RFC 7636 (PKCE), RFC 9700 (what OAuth learnt), RFC 9207 (`iss`).
Only who was invited gets in: the server says who someone is, the team says who may enter.
"""

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from crm.config import Settings
from crm.db import db
from crm.text import normal_email
from crm.users import User

log = logging.getLogger(__name__)

TIMEOUT = 10  # seconds, for each answer
LASTS = 600  # seconds between leaving and coming back
LEEWAY = 60  # seconds: clocks differ
KEPT = 3600  # seconds: what the server says of itself is read again after
SIGNATURES = ("RS256", "PS256", "ES256", "ES384", "EdDSA")  # neither « none » nor a shared secret
_known: dict[str, tuple[float, dict[str, Any]]] = {}


class NotTrusted(Exception):
    """What came back proves nothing; the message says why, without anybody's data."""


@dataclass(frozen=True)
class Departure:
    """What is remembered of who has left for the server, in their session's cookie."""

    state: str
    nonce: str
    verifier: str
    left_at: int  # seconds
    confirms: bool = False  # somebody already signed in proves again who they are
    after: str = ""


def name() -> str:
    """What the server is called on the button, or an empty text when there is none."""
    settings = Settings.current()
    return settings.oidc_name if settings.oidc_issuer else ""


def leave(*, confirms: bool = False, after: str = "") -> tuple[str, Departure]:
    """The address where one signs in, and what to remember until then. Raises NotTrusted."""
    gone = Departure(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        left_at=int(time.time()),
        confirms=confirms,
        after=after,
    )
    again = {"prompt": "login", "max_age": 0} if confirms else {}
    url, _ = _client().create_authorization_url(
        _configuration()["authorization_endpoint"],
        state=gone.state,
        nonce=gone.nonce,
        code_verifier=gone.verifier,
        **again,
    )
    return url, gone


def come_back(gone: Departure, said: Mapping[str, str]) -> Mapping[str, Any]:
    """Who the server says has come: the checked claims of its token. Raises NotTrusted."""
    if not secrets.compare_digest(said.get("state", "").encode(), gone.state.encode()):
        raise NotTrusted("state")
    if time.time() > gone.left_at + LASTS:
        raise NotTrusted("too late")
    issuer = Settings.current().oidc_issuer
    if said.get("iss", issuer) != issuer:
        raise NotTrusted("iss")
    if "code" not in said:
        raise NotTrusted("refused there")
    try:
        client = _client()
        token = client.fetch_token(
            _configuration()["token_endpoint"],
            grant_type="authorization_code",
            code=said["code"],
            code_verifier=gone.verifier,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        claims = _read(token.get("id_token", ""), nonce=gone.nonce)
        # Asked with « max_age », the server must say when (OpenID Connect Core §2).
        if gone.confirms and int(claims["auth_time"]) < gone.left_at - LEEWAY:
            raise NotTrusted("auth_time")
        return {**_told_apart(client, claims), **claims}
    except (AuthlibBaseError, JoseError, OSError, KeyError, TypeError, ValueError) as error:
        raise NotTrusted(type(error).__name__) from error


def whose(claims: Mapping[str, Any]) -> User | None:
    """The account of who has come: by what the server calls them, else by their checked address.

    From then on they are known by what the server calls them: an address changes hands.
    """
    subject = f"{Settings.current().oidc_issuer} {claims['sub']}"
    known = db.session.scalar(db.select(User).where(User.openid_subject == subject))
    if known is None and _is_checked(claims):
        known = User.find(normal_email(str(claims.get("email", ""))) or "")
        if known is not None and known.openid_subject is None:
            known.openid_subject = subject
    is_theirs = known is not None and known.openid_subject == subject and known.is_active
    return known if is_theirs else None


def _is_checked(claims: Mapping[str, Any]) -> bool:
    """Whether the server answers for the address. Some never say: the settings do for them."""
    said = claims.get("email_verified")
    return said is True or (said is None and Settings.current().oidc_vouches)


def _read(token: str, **expected: str) -> dict[str, Any]:
    """The claims of a signed token. Raises JoseError when anything in it is not as it must."""
    settings = Settings.current()
    decoded = _opened(token)
    required = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        **{claim: {"essential": True, "value": value} for claim, value in expected.items()},
    }
    jwt.JWTClaimsRegistry(leeway=LEEWAY, **required).validate(decoded.claims)  # type: ignore[arg-type]
    if decoded.claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise NotTrusted("azp")
    return decoded.claims


def _opened(token: str) -> jwt.Token:
    """A token whose signature is right, the server's keys read again if they have changed."""
    try:
        return jwt.decode(token, _keys(), algorithms=list(SIGNATURES))
    except (JoseError, ValueError):
        _known.pop(_configuration()["jwks_uri"], None)
        return jwt.decode(token, _keys(), algorithms=list(SIGNATURES))


def _told_apart(client: OAuth2Session, claims: Mapping[str, Any]) -> dict[str, Any]:
    """What the server says at its own address, signed or not, when the token holds no address."""
    address = _configuration().get("userinfo_endpoint")
    if "email" in claims or not address:
        return {}
    answer = client.get(address, timeout=TIMEOUT, allow_redirects=False)
    answer.raise_for_status()
    signed = answer.headers.get("Content-Type", "").startswith("application/jwt")
    told = _opened(answer.text).claims if signed else answer.json()
    if told.get("sub") != claims["sub"]:
        raise NotTrusted("sub")
    return dict(told)


def _client() -> OAuth2Session:
    settings = Settings.current()
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope="openid email",
        redirect_uri=f"{settings.base_url}/connexion/ailleurs/retour",
        code_challenge_method="S256",
    )


def _configuration() -> dict[str, Any]:
    """What the server says of itself (OpenID Connect Discovery 1.0 §4)."""
    issuer = Settings.current().oidc_issuer
    found = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise NotTrusted("issuer")
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if urlsplit(found.get(key, "")).scheme != urlsplit(issuer).scheme:
            raise NotTrusted(key)
    return found


def _keys() -> KeySet:
    return KeySet.import_key_set(_fetch(_configuration()["jwks_uri"]))  # type: ignore[arg-type]


def _fetch(url: str) -> dict[str, Any]:
    """A JSON document of the server, kept an hour. Raises NotTrusted."""
    kept_at, kept = _known.get(url, (0.0, {}))
    if kept and time.monotonic() < kept_at + KEPT:
        return kept
    try:
        # Without our secret: this is said to everybody.
        client = OAuth2Session()
        answer = client.get(url, timeout=TIMEOUT, withhold_token=True, allow_redirects=False)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except (OSError, ValueError) as error:
        raise NotTrusted(type(error).__name__) from error
    _known[url] = time.monotonic(), found
    return found
