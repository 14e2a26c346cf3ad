"""Certifying: certificates of attendance, as tagged PDF files, that anybody can verify."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from crm.config import Settings
from crm.db import db, now
from crm.events.afterwards import Certificate
from crm.events.events import Event
from crm.events.kinds import CAME
from crm.events.presences import Presence
from crm.events.registrations import Registration
from crm.events.tickets import as_svg
from crm.events.typed_dates import say_dates
from crm.events.wording import where
from crm.filters import day, duration
from crm.identity import Identity
from crm.pdf import render
from crm.tokens import Signer

_PURPOSE = "attestation"
_GROUP = 5  # letters of a code, as they are printed


class NotThere(ValueError):
    """Why no certificate can be made, in French."""


def issue(registration: Registration) -> Certificate:
    """The certificate of somebody who came: made once, then the same. Raises NotThere.

    Its facts are those of the day it was made; withdrawn, then deserved again, it is made afresh.
    """
    if registration.attendance not in CAME:
        raise NotThere("Une attestation demande d’avoir été pointé·e présent·e.")
    if not registration.name:
        raise NotThere("Il manque un nom\u00a0: complétez l’inscription d’abord.")
    found = of(registration)
    if found is None:
        found = Certificate(registration=registration, registration_id=registration.id)
        db.session.add(found)
    elif found.withdrawn_at is None:
        return found
    found.facts, found.issued_at, found.withdrawn_at = _facts(registration), now(), None
    db.session.flush()
    return found


def of(registration: Registration) -> Certificate | None:
    """The certificate of a registration, withdrawn or not."""
    mine = sa.select(Certificate).where(Certificate.registration_id == registration.id)
    return db.session.scalar(mine)


def withdraw(certificate: Certificate) -> None:
    """It says something wrong: whoever verifies it reads so. Safe to repeat."""
    certificate.withdrawn_at = certificate.withdrawn_at or now()


def is_valid(certificate: Certificate) -> bool:
    """Whether it still stands: not withdrawn, and the presence it says was not taken back."""
    came = certificate.registration.attendance in CAME
    return certificate.withdrawn_at is None and came


def _facts(registration: Registration) -> dict[str, Any]:
    event = registration.event
    days = _days(registration)
    minutes = sum(int((end - begin).total_seconds() // 60) for _, begin, end in days if begin)
    return {
        "name": registration.name,
        "structure": registration.organisation_name,
        "title": event.title,
        "days": [one.isoformat() for one, _, _ in days],
        "said": say_dates(one for one, _, _ in days),
        "minutes": minutes,
        "where": where(event),
        "kind": event.kind.label,
    }


def _days(registration: Registration) -> list[Any]:
    """The days they came, with their hours when they are known; all of them when no day is."""
    came = sa.select(Presence.session_id).where(
        Presence.registration_id == registration.id, Presence.attendance.in_(CAME)
    )
    known = set(db.session.scalars(came))
    held = registration.event.held
    return [(one.day, one.starts_at, one.ends_at) for one in held
            if one.id in known or not known]  # fmt: skip


def code(certificate: Certificate) -> str:
    """« K7QF2-M9D4X-… »: signed, 128 bits, made of letters and numbers that can be typed."""
    text = _signer().sign(certificate.id).upper()
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def url(certificate: Certificate) -> str:
    return f"{Settings.current().base_url}/attestations/{code(certificate)}"


def read(typed: str) -> Certificate | None:
    """The certificate that a code names, however it was typed: spaces, dashes, 0 for O, 1 for I."""
    plain = re.sub(r"[^A-Za-z0-9]", "", typed)[:64].upper().translate(_MISREAD)
    number = _signer().read(plain.lower())
    return None if number is None else db.session.get(Certificate, number)


# Base 32 (RFC 4648) has no 0, 1, 8 nor 9: what is typed instead can only be these.
_MISREAD = str.maketrans("018", "OIB")


def _signer() -> Signer:
    return _folded(Settings.current().keys)


def _folded(keys: Sequence[str]) -> Signer:
    return Signer(keys, _PURPOSE, folded=True)


def initials(name: str) -> str:
    """« C. M. »: enough for who holds the paper, nothing for who tries codes."""
    return " ".join(f"{part[0].upper()}." for part in re.split(r"[\s-]+", name) if part)


def shown(certificate: Certificate) -> dict[str, Any]:
    """What the public page says of a certificate, and nothing else."""
    facts = certificate.facts
    return {
        "who": initials(str(facts.get("name", ""))),
        "title": facts.get("title", ""),
        "days": facts.get("said", ""),
        "lasted": duration(int(facts["minutes"])) if facts.get("minutes") else "",
        "issued": day(certificate.issued_at),
        "is_valid": is_valid(certificate),
    }


def deserving(event: Event) -> list[Registration]:
    """Those who came, by name."""
    mine = Registration.of(event).where(
        Registration.attendance.in_(CAME), Registration.last_name != ""
    )
    order = (Registration.last_name, Registration.first_name, Registration.id)
    return list(db.session.scalars(mine.order_by(None).order_by(*order)))


def as_pdf(certificates: Sequence[Certificate]) -> bytes:
    """One page for each, as a tagged PDF (PDF/UA-1)."""
    identity = Identity.current()
    return render(
        "certificate",
        {
            "title": "Attestation de présence" if len(certificates) == 1
            else "Attestations de présence",
            "network": identity.name,
            "address": ", ".join(identity.postal_address.split("\n")),
            "brand": identity.brand,
            "base": Settings.current().base_url.split("://")[-1],
            "rows": [_row(one) for one in certificates],
        },
    )  # fmt: skip


def _row(certificate: Certificate) -> dict[str, Any]:
    facts = certificate.facts
    return {
        **{key: str(facts.get(key, "")) for key in ("name", "structure", "title", "said", "where")},
        "lasted": duration(int(facts["minutes"])) if facts.get("minutes") else "",
        "several": len(facts.get("days", [])) > 1,
        "issued": day(certificate.issued_at),
        "code": code(certificate),
        "url": url(certificate),
        "qr": as_svg(url(certificate)).decode(),
    }
