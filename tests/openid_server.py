"""An identity server of the tests: real HTTP and real signatures, on 127.0.0.1.

It says of whoever comes what the test told it to say; `claims` spoils one token at will.
"""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "maillage", "un-secret-partage"
CONFIGURATION = "/.well-known/openid-configuration"


class IdentityServer:
    """What it knows, and what it was asked."""

    def __init__(self) -> None:
        self.keys = KeySet([own_key()])
        self.person = {"sub": "awa-42", "email": "awa@example.org", "email_verified": True}
        self.claims, self.changes = {}, {}
        self.header, self.key = {"alg": "RS256"}, None
        self.asked, self.tokens, self.userinfo_type = {}, [], "application/json"
        self.in_userinfo = self.sends_on = False
        self.url = ""

    @property
    def configuration(self) -> dict:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token",
                "jwks_uri": "/jwks", "userinfo_endpoint": "/userinfo"}  # fmt: skip
        return {"issuer": self.url, **{key: self.url + end for key, end in ends.items()}} | (
            self.changes
        )

    def authorize(self, query: dict) -> str:
        """Where the browser is sent back, once the person has signed in here."""
        self.asked = query
        back = {"code": "le-code", "state": query["state"], "iss": self.url}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict, authorization: str) -> dict | None:
        """The token, when the client, its code and its verifier are right (RFC 7636 §4.6)."""
        self.tokens.append(form)
        basic = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = challenge == self.asked["code_challenge"] and form["code"] == "le-code"
        if not right or basic != f"{CLIENT}:{SECRET}":
            return None
        return {"access_token": "acces", "token_type": "Bearer", "id_token": self.id_token()}

    def id_token(self) -> str:
        said = {
            "iss": self.url, "aud": CLIENT, "iat": int(time.time()), "exp": int(time.time()) + 60,
            "auth_time": int(time.time()), "nonce": self.asked.get("nonce"),
            **({"sub": self.person["sub"]} if self.in_userinfo else self.person), **self.claims,
        }  # fmt: skip
        claims = {key: value for key, value in said.items() if value is not None}
        key = self.key or self.keys.keys[0]
        header = {**self.header, "kid": self.keys.keys[0].kid}
        return jwt.encode(header, claims, key, algorithms=[self.header["alg"]])

    def told(self) -> tuple[str, bytes]:
        if self.userinfo_type == "application/jwt":
            key = self.keys.keys[0]
            return self.userinfo_type, jwt.encode(
                {"alg": "RS256", "kid": key.kid}, self.person, key
            ).encode()
        return self.userinfo_type, json.dumps(self.person).encode()


@cache
def own_key() -> RSAKey:
    """Making one takes a while: one is enough for all tests."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})


@cache
def stranger() -> RSAKey:
    return RSAKey.generate_key(2048)


def shared_secret() -> OctKey:
    return OctKey.import_key(SECRET)


@contextmanager
def identity_server():
    """The server, listening on a free port."""
    server = IdentityServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            if server.sends_on and parts.path in ("/jwks", CONFIGURATION):
                self.send_response(302)
                self.send_header("Location", f"/suite{parts.path}")
                self.end_headers()
            elif parts.path == "/authorize":
                query = {key: one[0] for key, one in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", server.authorize(query))
                self.end_headers()
            elif parts.path == "/userinfo":
                self.answer(200, *server.told())
            elif parts.path.endswith("/jwks"):
                self.json(200, server.keys.as_dict(private=False))
            else:
                self.json(200, server.configuration)

        def do_POST(self):
            size = int(self.headers["Content-Length"])
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(size).decode()).items()}
            token = server.token(form, self.headers.get("Authorization", ""))
            self.json(200 if token else 400, token or {"error": "invalid_grant"})

        def json(self, code, said):
            self.answer(code, "application/json", json.dumps(said).encode())

        def answer(self, code, kind, content):
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
