"""Short ways to have requests, and to post the public form as a browser or as a robot does."""

import base64
import hashlib
import io
import itertools
import json
import re
import zipfile
from datetime import timedelta

import sqlalchemy as sa

from crm import proof, spam
from crm.contacts.terms import Term, Vocabulary
from crm.db import db, now
from crm.mail import Mail
from crm.requests.kinds import RequestKind
from crm.requests.requests import SupportRequest
from crm.requests.submit import submit
from crm.requests.welcome import welcome

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_numbers = itertools.count(1)


def asked(**values) -> SupportRequest:
    """A request that came by the form, from Chloé unless said otherwise."""
    number = next(_numbers)
    values = {
        "kind": RequestKind.PROJECT, "need": f"Un puits pour le village numéro {number}.",
        "first_name": "Chloé", "last_name": "Martin", "email": "chloe@example.org",
    } | values  # fmt: skip
    request = submit(values)
    welcome(request)
    db.session.flush()
    return request


def term(vocabulary: Vocabulary, code: str) -> Term:
    return Term.find(vocabulary, code)


def solved(challenge: dict | None = None) -> str:
    """The proof of work done, as a browser sends it."""
    challenge = challenge or proof.challenge(max_number=50)
    number = next(
        number for number in range(challenge["maxnumber"] + 1)
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest()
        == challenge["challenge"]
    )  # fmt: skip
    names = ("algorithm", "challenge", "salt", "signature")
    answer = {**{name: challenge[name] for name in names}, "number": number}
    return base64.b64encode(json.dumps(answer).encode()).decode()


def filled(**values) -> dict:
    """The public form as a person fills it in, who took a minute."""
    number = next(_numbers)
    return {
        "kind": "project", "need": f"Un puits pour l’école numéro {number}.", "last_name": "Martin",
        "first_name": "Chloé", "email": "chloe@example.org", "consent": "y",
        "drawn": spam.stamp(now() - timedelta(minutes=1)), "altcha": solved(),
        "key": f"page-{number}",
    } | values  # fmt: skip


def post(client, address="/demandes/nouvelle", **values):
    """Post the form; what is None is not posted at all."""
    data = {name: value for name, value in filled(**values).items() if value is not None}
    return client.post(address, data=data, content_type="multipart/form-data")


def all_requests() -> list[SupportRequest]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(SupportRequest).order_by(SupportRequest.id)))


def mails(to: str = "") -> list[Mail]:
    db.session.expire_all()
    query = sa.select(Mail).order_by(Mail.id)
    return list(db.session.scalars(query.where(Mail.recipient == to) if to else query))


def link_in(mail: Mail) -> str:
    """The address of the requester's page, without its host, as the mail gives it."""
    text = mail.message.decode().split("<!doctype")[0]
    return re.search(r"/demandes/[\w-]{20,}", text)[0]


def upload(name: str, content: bytes):
    return (io.BytesIO(content), name)


def office(*members: str, **contents: bytes) -> bytes:
    """An office file holding these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, contents.get(member, b"<x/>"))
    return out.getvalue()
