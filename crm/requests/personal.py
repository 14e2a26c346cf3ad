"""Personal: how requests find someone, tell what they keep about them, and forget them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from crm.db import change, db, now
from crm.filters import plural
from crm.personal import Enclosed, Kept, Trace, Who
from crm.requests import holdings
from crm.requests.answers import Answer
from crm.requests.erase import erase as erase_request
from crm.requests.erase import kept_about
from crm.requests.messages import Direction, Message, RequestFile
from crm.requests.requests import SupportRequest
from crm.requests.words import learn

PROCESSINGS, HOLDINGS = holdings.PROCESSINGS, holdings.HOLDINGS
ABOUT_NOBODY = holdings.ABOUT_NOBODY

KIND = "demande"
MONTH = timedelta(days=30)  # how long what a robot sent waits to be looked at
_MOST = 30


def find(words: str) -> Iterator[Trace]:
    """Requests by the address or the name of who asked, the last one first."""
    query = sa.select(SupportRequest).where(SupportRequest.erased_at.is_(None))
    for word in words.split()[:5]:
        query = query.where(
            sa.or_(*(column.icontains(word, autoescape=True) for column in _named()))
        )
    for request in db.session.scalars(query.order_by(SupportRequest.id.desc()).limit(_MOST)):
        said = f"demande {request.reference}"
        yield Trace(f"{KIND}-{request.id}", request.name, request.email, said)


def _named() -> tuple[Any, ...]:
    return SupportRequest.email, SupportRequest.first_name, SupportRequest.last_name


def resolve(kind: str, row_id: int) -> Who | None:
    request = db.session.get(SupportRequest, row_id) if kind == KIND else None
    if request is None or request.is_erased:
        return None
    return Who(
        emails=frozenset({request.email} - {""}),
        people=frozenset({request.person_id} - {None}),  # type: ignore[arg-type]
        names=((request.first_name, request.last_name),) if request.last_name else (),
        phones=frozenset({request.phone} - {""}),
        rows=frozenset({(KIND, request.id)}),
    )


def addresses(people: Iterable[int]) -> set[str]:
    mine = SupportRequest.person_id.in_(sorted(people)), SupportRequest.email != ""
    return set(db.session.scalars(sa.select(SupportRequest.email).where(*mine)))


def disclose(who: Who) -> Iterator[Kept]:
    """Each request, what was said and the files; then what was answered by telephone."""
    for request in _of(who):
        mine = sa.select(RequestFile).where(RequestFile.request_id == request.id)
        files = [one for one in db.session.scalars(mine) if not one.is_internal]
        yield Kept(
            f"Demande {request.reference}",
            kept_about(request),
            [Enclosed(f"{request.reference}/{one.id}-{one.name}", one.content) for one in files],
        )
    told = [_told(answer) for answer in db.session.scalars(_answers(who))]
    if told:
        yield Kept("Réponses données de vive voix", told)
    if wrote := list(db.session.scalars(_elsewhere(who))):
        said = [{"le": one.at, "demande": one.request.reference, "texte": one.text}
                for one in wrote]  # fmt: skip
        yield Kept("Messages écrits sur la demande de quelqu’un d’autre", said)


def _told(answer: Answer) -> dict[str, Any]:
    return {"le": answer.at, "par": answer.channel.label, "note": answer.note,
            "lieu": answer.place}  # fmt: skip


def foresee(who: Who) -> Iterator[str]:
    requests = _of(who)
    if requests:
        open_ones = sum(not one.is_closed for one in requests)
        also = f", dont {plural(open_ones, 'encore ouverte', 'encore ouvertes')}" * bool(open_ones)
        listed = ", ".join(one.reference for one in requests[:10]) + "…" * (len(requests) > 10)
        yield (
            f"{plural(len(requests), 'demande')}{also} ({listed})\u00a0: ce qui a été dit, les "
            "documents et les courriels disparaissent\u00a0; le genre, le département et les dates "
            "restent pour les bilans."
        )
    answers = len(db.session.scalars(_answers(who)).all())
    if answers:
        said = plural(answers, "réponse")
        yield f"{said} de vive voix\u00a0: la note disparaît, le compte reste."


def erase(who: Who, keys: Sequence[str], *, objects: bool) -> None:
    for request in _of(who):
        erase_request(request)
    mine = _spoken(who)
    change(sa.update(Answer).where(mine).values(note="", place="", person_id=None))
    change(sa.update(Message).where(Message.sender.in_(sorted(who.emails))).values(sender=""))
    db.session.expire_all()


def reread(table: str, ids: Iterable[int]) -> None:
    if table == "requests":
        mine = sa.select(SupportRequest).where(SupportRequest.id.in_(sorted(ids)))
        for request in db.session.scalars(mine):
            learn(request)


def row_at(email: str) -> str | None:
    found = SupportRequest.at(email)
    return f"{KIND}-{found[0].id}" if found else None


def signs() -> Iterator[Any]:
    """Requests themselves, and what their requesters wrote since."""
    known = SupportRequest.erased_at.is_(None), SupportRequest.suspected_at.is_(None)
    who = SupportRequest.person_id, SupportRequest.email
    asked, wrote = sa.literal("demande"), sa.literal("message")
    yield sa.select(*who, SupportRequest.created_at, asked).where(*known)
    heard = Message.direction == Direction.IN, Message.is_automatic.is_(False)
    yield sa.select(*who, Message.at, wrote).join(Message.request).where(*known, *heard)


def consents() -> Iterator[Any]:
    """What requesters agreed to when they asked."""
    its = SupportRequest
    yield sa.select(
        sa.literal(KIND), its.id, its.email, its.consented_at, its.consented_at,
        sa.cast(sa.null(), its.consented_at.type), sa.literal("répondre à une demande"),
        sa.literal("formulaire – ") + its.consent_version, its.consent_text,
    ).where(its.consented_at.is_not(None), its.erased_at.is_(None))  # fmt: skip


def tidy() -> None:
    """Throw away what a robot sent and nobody took out of the box within a month."""
    old = SupportRequest.suspected_at < now() - MONTH
    change(sa.delete(SupportRequest).where(old))


def _of(who: Who) -> list[SupportRequest]:
    """Their requests, the box of suspects included."""
    own = SupportRequest.id.in_(sorted(number for kind, number in who.rows if kind == KIND))
    mine = sa.or_(who.among(SupportRequest.email, SupportRequest.person_id), own)
    query = sa.select(SupportRequest).where(mine, SupportRequest.erased_at.is_(None))
    return list(db.session.scalars(query.order_by(SupportRequest.id)))


def _spoken(who: Who) -> sa.ColumnElement[bool]:
    return Answer.person_id.in_(sorted(who.people))


def _answers(who: Who) -> sa.Select[Answer]:
    return sa.select(Answer).where(_spoken(who)).order_by(Answer.id)


def _elsewhere(who: Who) -> sa.Select[Message]:
    """What they wrote by mail on a request that is not theirs."""
    other = SupportRequest.email.not_in(sorted(who.emails))
    query = sa.select(Message).join(Message.request).where(other)
    return query.where(Message.sender.in_(sorted(who.emails))).order_by(Message.id)
