"""Meeting: what is to be shared out this week, what is decided, and what leaves when it is over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm.db import db, in_turn, now
from crm.requests import announce, book, matching, minutes
from crm.requests.end import end
from crm.requests.kinds import Outcome, State
from crm.requests.meetings import Absence, Decision, Meeting, Verdict
from crm.requests.queue import loads, officers
from crm.requests.requests import SupportRequest
from crm.requests.rules import Rules
from crm.requests.slots import Slot
from crm.requests.welcome import journal
from crm.users import User

MOST = 60  # requests shown of each sort: more would not be a meeting


class NotNow(Exception):
    """This cannot be done any more; the message, in French, says why."""


@dataclass(frozen=True)
class Topic:
    """One part of the agenda; `total` is how many there are, even when fewer are shown."""

    key: str
    title: str
    hint: str
    requests: Sequence[SupportRequest]
    total: int


@dataclass(frozen=True)
class Load:
    """What an officer has in hand, and what this meeting adds."""

    officer: User
    open: int
    more: int
    absences: Sequence[Absence]


def begin(by: User) -> Meeting:
    """The meeting being held; a new one when there is none. Two who begin share the same."""
    in_turn("meeting")
    held = Meeting.current()
    if held is None:
        held = Meeting(opened_by=by, present=[by.display_name])
        db.session.add(held)
        db.session.flush()
    return held


def topics() -> list[Topic]:
    """What the meeting looks at: each open request is in one part at most."""
    it, patience = SupportRequest, Rules.current().silence
    silent = it.news_at < now() - Rules.current().patience
    return [
        _topic("nouvelles", "Nouvelles", "À qui les confier, avec quels créneaux.",
               it.state == State.NEW),
        _topic("sans-nouvelles", "Sans nouvelles",
               f"Confiées, et rien depuis {patience} jours de notre côté.",
               it.state.in_((State.ASSIGNED, State.ONGOING)), silent),
        _topic("a-clore", "À clore",
               f"Nous attendons le demandeur depuis plus de {patience} jours.",
               it.state == State.WAITING, silent),
    ]  # fmt: skip


def _topic(key: str, title: str, hint: str, *where: sa.ColumnElement[bool]) -> Topic:
    it = SupportRequest
    wanted = sa.select(it).where(it.suspected_at.is_(None), *where)
    order = (it.priority, it.created_at, it.id)
    shown = wanted.order_by(*order).limit(MOST).options(
        joinedload(it.assignee), joinedload(it.country), joinedload(it.organisation)
    )  # fmt: skip
    found = db.session.scalars(shown).all()
    total = len(found)
    if total == MOST:
        total = db.session.scalar(sa.select(sa.func.count()).select_from(wanted.subquery())) or 0
    return Topic(key, title, hint, found, total)


def burden(meeting: Meeting | None) -> list[Load]:
    """What each officer has in hand, what the meeting adds, and when they are away."""
    now_open, away = loads(), db.session.scalars(Absence.coming()).all()
    given = [
        decision.assignee_id
        for decision in (meeting.decisions if meeting else ())
        if decision.verdict is Verdict.ASSIGN
        and decision.request.assignee_id != decision.assignee_id
    ]
    return [
        Load(one, now_open.get(one.id, 0), given.count(one.id),
             [absence for absence in away if absence.user_id == one.id])
        for one in officers()
    ]  # fmt: skip


def decide(
    meeting: Meeting,
    request: SupportRequest,
    verdict: Verdict,
    *,
    by: User,
    assignee: User | None = None,
    outcome: Outcome | None = None,
) -> Decision:
    """Write down what is decided of a request; decided again, it is changed. Nothing leaves yet.

    Raises NotNow when the meeting, or the request, is closed.
    """
    in_turn("meeting")
    _check(meeting, request)
    decision = _decision(meeting, request)
    if verdict is not Verdict.ASSIGN:
        assignee = None
    is_new_hand = decision is None or decision.assignee is not assignee
    slots = [str(slot.id) for slot in proposed(meeting, request, assignee)] if is_new_hand else None
    if decision is None:
        decision = Decision(request_id=request.id, verdict=verdict)
        meeting.decisions.append(decision)
    if slots is not None:
        decision.second, decision.slots = None, slots
    decision.verdict, decision.assignee, decision.by, decision.at = verdict, assignee, by, now()
    decision.outcome = outcome if verdict is Verdict.CLOSE else None
    db.session.flush()
    return decision


def refine(
    decision: Decision, *, second: User | None, slots: Iterable[int], note: str = ""
) -> None:
    """With whom, with which slots, and a word for the minutes."""
    _check(decision.meeting, decision.request)
    known = sa.select(Slot.id).where(
        Slot.id.in_(list(slots)), Slot.officer_id == decision.assignee_id
    )
    decision.slots = [str(one) for one in db.session.scalars(known.order_by(Slot.starts_at))]
    decision.second = second if second is not decision.assignee else None
    decision.note = note


def undo(meeting: Meeting, request: SupportRequest) -> None:
    """Decide nothing of it after all. Safe to repeat."""
    _check(meeting, request)
    decision = _decision(meeting, request)
    if decision is not None:
        meeting.decisions.remove(decision)


def _check(meeting: Meeting, request: SupportRequest) -> None:
    if meeting.is_closed:
        raise NotNow("La réunion est close : ses décisions ne changent plus.")
    if request.is_closed:
        raise NotNow(f"{request.reference} est déjà close.")


def _decision(meeting: Meeting, request: SupportRequest) -> Decision | None:
    return next((one for one in meeting.decisions if one.request_id == request.id), None)


def proposed(meeting: Meeting, request: SupportRequest, officer: User | None) -> list[Slot]:
    """The next free slots of this officer, those that nobody was offered today first."""
    if officer is None:
        return []
    said = {one for other in meeting.decisions if other.request_id != request.id
            for one in other.slots}  # fmt: skip
    free = book.free_slots(officer)
    chosen = sorted(free, key=lambda slot: (str(slot.id) in said, slot.starts_at))
    return sorted(chosen[: Rules.current().offered], key=lambda slot: slot.starts_at)


def abandon(meeting: Meeting) -> None:
    """It does not take place: nothing was decided, nothing leaves."""
    if meeting.is_closed:
        raise NotNow("La réunion est close.")
    db.session.delete(meeting)


def close(meeting: Meeting, by: User) -> None:
    """End it: decisions hold from now on, what they announce leaves, the minutes are written.

    Safe to repeat, and when two people close it at once: each requester is told once.
    """
    in_turn("meeting")
    db.session.flush()  # what was just written would be read again as it was before
    db.session.refresh(meeting, with_for_update=True)
    if meeting.is_closed:
        return
    before = burden(None)
    for decision in meeting.decisions:
        if not decision.request.is_closed and decision.told_at is None:
            _APPLY[decision.verdict](decision, by)
            decision.told_at = now()
    meeting.closed_at, meeting.closed_by = now(), by
    db.session.flush()
    meeting.minutes = minutes.write(meeting, before)


def _assign(decision: Decision, by: User) -> None:
    request, officer = decision.request, decision.assignee
    if officer is None:
        return
    request.assign(officer, decision.second, by=by)
    slots = [slot for slot in book.free_slots(officer, 200) if str(slot.id) in decision.slots]
    decision.slots = [str(slot.id) for slot in slots]
    book.offer(request, slots)
    if request.person is None and request.email and request.name:
        person = matching.make_person(request, by=by)
        journal(request, person, f"{request.reference} : {request.title}", by)
    request.news_at = now()
    announce.assigned(request, slots)


def _remind(decision: Decision, by: User) -> None:
    """The requester, when they are awaited; the officer was there, and reads it in the minutes."""
    if decision.request.is_waiting:
        decision.request.news_at = now()
        decision.request.tell("Relancée : nous attendons de vos nouvelles", by)
        announce.nudge(decision.request)


def _close(decision: Decision, by: User) -> None:
    request = decision.request
    outcome = decision.outcome or request.likely_outcome
    end(request, outcome, decision.note, by)
    announce.closed(request)
    for contact in (request.person, request.organisation):
        if contact is not None:
            journal(request, contact, f"{request.reference} close : {outcome.label}", by)


def _keep(decision: Decision, by: User) -> None:
    """It goes on as it is: only the minutes say so."""


_APPLY = {Verdict.ASSIGN: _assign, Verdict.REMIND: _remind, Verdict.CLOSE: _close,
          Verdict.KEEP: _keep}  # fmt: skip
