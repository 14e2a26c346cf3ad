"""Robots: what tells them from people, without asking people anything, nor anybody else.

No sign is proof by itself, except the trap: what looks like a robot's is kept apart for someone to
look at, and only a flood is refused. Addresses are kept for two days, and only as keyed digests.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import HiddenField, StringField

from crm import proof
from crm.config import Settings
from crm.db import Model, change, db, in_turn, now
from crm.filters import plural
from crm.forms import Form
from crm.jobs import every
from crm.tokens import Signer

MIN_SECONDS = 4  # nobody reads a form, fills it in and sends it faster
MAX_LINKS = 2
HOUR = timedelta(hours=1)
MEMORY = timedelta(days=2)

_NEVER = 10**9
# Posts of one form in an hour after which the next ones are looked at: from one address, from its
# network (a school is one), from everywhere. With the proof of work, then without.
_LOOKED_AT = {"address": (12, 3), "network": (40, 6), "everywhere": (300, 8)}
# After which they are refused, so that the box itself is not flooded.
_REFUSED = {"address": (60, 60), "network": (240, 240), "everywhere": (_NEVER, 2000)}
_SAME_TEXT = 3  # times in two days

_LINK = re.compile(r"https?://|\bwww\.|\[url|<a\s|\bhref=", re.IGNORECASE)


class Posting(Model):
    """Somebody posted a form: kept two days, to count."""

    __tablename__ = "postings"
    __table_args__ = (
        sa.Index("ix_postings_form_proven_at", "form", "proven", "at"),
        sa.Index("ix_postings_address_at", "address", "at"),
        sa.Index("ix_postings_network_at", "network", "at"),
        sa.Index("ix_postings_text_at", "text", "at"),
    )

    form: Mapped[str] = mapped_column(sa.String(40))
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    proven: Mapped[bool]
    address: Mapped[str] = mapped_column(sa.String(32))
    network: Mapped[str] = mapped_column(sa.String(32))
    text: Mapped[str] = mapped_column(sa.String(32), default="")


def stamp(at: datetime | None = None) -> str:
    """When a form was drawn, signed: a robot cannot say it waited."""
    return _signer().sign(int((at or now()).timestamp()))


def read_stamp(token: str) -> datetime | None:
    """The moment of a stamp, or None when it is not one of ours."""
    seconds = _signer().read(token)
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=now().tzinfo)


class Honeypot(Form):
    """A form with a trap: what fills the hidden field is a robot."""

    nickname = StringField(
        "Laissez ce champ vide", render_kw={"tabindex": "-1", "autocomplete": "off"}
    )

    @property
    def is_robot(self) -> bool:
        return bool(self.nickname.data)


class Guarded(Honeypot):
    """A form that anybody may post: the trap, when it was drawn, and the proof of work."""

    drawn = HiddenField(default=stamp)
    altcha = HiddenField()

    def seen(self, name: str, texts: Iterable[str], *, is_of_a_crowd: bool = False) -> "Seen":
        """What this post shows of who sends it. `texts` are those where links are counted."""
        payload = self.altcha.data or ""
        # Not `data`: a post that does not say when its form was drawn would have the default, now.
        said = (self.drawn.raw_data or [""])[0]
        drawn = read_stamp(said) or proof.issued_at(payload)
        return Seen(name, request.remote_addr or "", list(texts), payload, drawn, self.is_robot,
                    is_of_a_crowd)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One post of a public form, as far as robots are concerned."""

    form: str
    address: str
    texts: list[str] = field(default_factory=list)
    payload: str = ""
    drawn_at: datetime | None = None
    is_trapped: bool = False
    # Many people are expected at once: that there are says nothing, if each did the work.
    is_of_a_crowd: bool = False


@dataclass(frozen=True)
class Verdict:
    """Why a post looks like a robot's, in French; `is_refused` when there are far too many."""

    reasons: list[str]
    is_refused: bool = False

    @property
    def is_suspect(self) -> bool:
        return bool(self.reasons)


def judge(seen: Seen) -> Verdict:
    """What to do of this post. It is counted, and its proof of work is used up."""
    proven = bool(seen.payload) and proof.accept(seen.payload)
    if not proven:
        in_turn(f"envois {seen.form}")  # so that they are counted one after the other
    posting = {
        "form": seen.form, "proven": proven, "address": _key(_host(seen.address)),
        "network": _key(_network(seen.address)), "text": _key(" ".join(seen.texts).casefold()),
    }  # fmt: skip
    lately = _counted(posting)
    if any(lately[place] >= limits[not proven] for place, limits in _REFUSED.items()):
        return Verdict(["trop d’envois en une heure"], is_refused=True)
    db.session.execute(_KEEP, posting)
    if seen.is_of_a_crowd and proven:
        lately["everywhere"] = 0
    return Verdict([*_alone(seen), *_among_others(lately, proven)])


def count_links(texts: Iterable[str]) -> int:
    return sum(len(_LINK.findall(text)) for text in texts)


@every(hours=1)
def forget_postings() -> None:
    """Forget who posted what: it only serves to count."""
    change(sa.delete(Posting).where(Posting.at < now() - MEMORY))


def _alone(seen: Seen) -> Iterator[str]:
    """What one post shows by itself."""
    if seen.is_trapped:
        yield "le champ caché est rempli"
    if seen.drawn_at is None:
        yield "le formulaire n’a pas été ouvert"
    elif (now() - seen.drawn_at).total_seconds() < MIN_SECONDS:
        yield f"rempli en moins de {MIN_SECONDS} secondes"
    links = count_links(seen.texts)
    if links > MAX_LINKS:
        yield plural(links, "lien")


def _among_others(lately: dict[str, int], proven: bool) -> Iterator[str]:
    """What a post shows beside those of the last hour."""
    words = {
        "address": "beaucoup d’envois de la même adresse",
        "network": "beaucoup d’envois du même réseau",
        "everywhere": "beaucoup d’envois à la fois",
    }
    for place, limits in _LOOKED_AT.items():
        if lately[place] >= limits[not proven]:
            yield words[place] + ("" if proven else ", sans preuve de calcul")
            break
    if lately["text"] >= _SAME_TEXT:
        yield "le même texte a déjà été envoyé plusieurs fois"


def _counted(posting: dict[str, Any]) -> dict[str, int]:
    """How many like this one there were lately; no more rows than matter are read."""
    proven = posting["proven"]
    at = now()
    bounds = {"hour_ago": at - HOUR, "days_ago": at - MEMORY, "most_text": _SAME_TEXT}
    for place in _LOOKED_AT:
        limits = (_LOOKED_AT[place][not proven], _REFUSED[place][not proven])
        bounds[f"most_{place}"] = max(limit for limit in limits if limit < _NEVER)
    return dict(db.session.execute(_LATELY, {**posting, **bounds}).one()._mapping)


def _lately() -> sa.Select[Any]:
    """Counts what `_counted` asks; made once, since it is asked while others wait to write."""
    hour_ago = Posting.at > sa.bindparam("hour_ago")
    where = {
        "address": (hour_ago, Posting.address == sa.bindparam("address")),
        "network": (hour_ago, Posting.network == sa.bindparam("network")),
        "everywhere": (hour_ago, Posting.proven == sa.bindparam("proven")),
        "text": (Posting.at > sa.bindparam("days_ago"), Posting.text == sa.bindparam("text")),
    }
    mine, counts = Posting.form == sa.bindparam("form"), []
    for place, said in where.items():
        some = sa.select(Posting.id).where(mine, *said).limit(sa.bindparam(f"most_{place}"))
        count = sa.select(sa.func.count()).select_from(some.subquery())
        counts.append(count.scalar_subquery().label(place))
    return sa.select(*counts)


_LATELY, _KEEP = _lately(), sa.insert(Model.metadata.tables["postings"])


def _host(address: str) -> str:
    """Who posts: an IPv4 address, or the /64 that one subscriber has in IPv6."""
    return _prefix(address, 32, 64)


def _network(address: str) -> str:
    """The neighbourhood: /24 in IPv4, /48 in IPv6."""
    return _prefix(address, 24, 48)


def _prefix(address: str, four: int, six: int) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    bits = four if parsed.version == 4 else six
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))


def _key(text: str) -> str:
    """A digest that says nothing to who does not have our key."""
    secret = f"envois\0{Settings.current().keys[0]}".encode()
    return hmac.new(secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def _signer() -> Signer:
    return Signer(Settings.current().keys, "formulaire")
