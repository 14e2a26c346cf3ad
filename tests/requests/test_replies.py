"""What calendar programs answer to an invitation (RFC 5546 §3.2.3), read in its conversation."""

from email.message import EmailMessage
from email.utils import make_msgid

import booked
import pytest
import sqlalchemy as sa
from factories import benoit
from hypothesis import given
from hypothesis import strategies as st

from crm.calendars import Reply, read_reply
from crm.db import db
from crm.requests import book, receive
from crm.requests.kinds import Outcome
from crm.requests.messages import Direction, Message

REPLY = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Un agenda//FR\r
METHOD:{method}\r
BEGIN:VEVENT\r
UID:{uid}\r
SEQUENCE:{sequence}\r
DTSTAMP:20260301T090000Z\r
ATTENDEE;CN=Chloé;PARTSTAT={said}:mailto:chloe@example.org\r
END:VEVENT\r
END:VCALENDAR\r
"""


@pytest.fixture
def held(app, setting):
    """An appointment that the requester chose."""
    setting(requests_mail="demandes@reseau.example.org")
    officer, request = benoit(), booked.request()
    slot = booked.slot(officer)
    book.offer(request, [slot])
    return book.choose(request, slot.id)


def answered(appointment, said="DECLINED", *, sender="", text="", **values) -> str:
    """A program answers the invitation of an appointment; what became of that mail."""
    invitation = booked.mails(appointment.request.email)[0]
    message = EmailMessage()
    message["From"] = sender or appointment.request.email
    message["To"] = str(invitation["Reply-To"])
    message["Subject"] = "Refusé : rendez-vous"
    message["Message-ID"] = make_msgid(domain="example.org")
    message.set_content(text)
    about = {"uid": appointment.uid, "sequence": appointment.sequence, "method": "REPLY"} | values
    calendar = REPLY.format(said=said, **about)
    message.add_alternative(calendar.encode(), "text", "calendar", params={"method": "REPLY"})
    try:
        return receive.take(message.as_bytes())
    finally:
        db.session.commit()


def last_step(request) -> str:
    return request.steps[-1].text.split("\u00a0:")[0]


def test_declined_by_the_requester_it_is_called_off_and_the_slot_is_free(held):
    request, officer = held.request, held.officer
    assert answered(held) == receive.JOINED
    assert (held.is_cancelled, held.slot) == (True, None)
    assert held.cancelled_why == "L’invitation a été déclinée."
    assert [one.officer for one in book.offered(request)] == [officer]
    for who in (request.email, officer.email):
        assert booked.calendar(booked.mails(who)[-1])[1].method.value == "CANCEL"
    assert db.session.scalars(sa.select(Message)).all() == [], "a program alone says no words"


def test_what_someone_adds_to_their_refusal_is_kept(held):
    answered(held, text="Je suis souffrante, jeudi plutôt ?")
    [message] = db.session.scalars(sa.select(Message))
    assert (message.direction, message.text) == (
        Direction.IN, "Je suis souffrante, jeudi plutôt ?",
    )  # fmt: skip


def test_accepted_it_is_written_down(held):
    answered(held, "ACCEPTED")
    assert (held.is_cancelled, last_step(held.request)) == (False, "Invitation acceptée")


def test_an_officer_who_declines_calls_nothing_off(held):
    answered(held, sender=held.officer.email)
    name = held.officer.display_name
    assert (held.is_cancelled, last_step(held.request)) == (
        False,
        f"Invitation déclinée par {name}",
    )


@pytest.mark.parametrize(
    "values",
    [
        {"uid": "un-autre@example.org"},
        {"sequence": -1},
        {"method": "PUBLISH"},
        {"method": "CANCEL"},
        {"said": "TENTATIVE"},
        {"said": "DELEGATED"},
    ],
)
def test_another_answer_changes_nothing(held, values):
    before = [step.text for step in held.request.steps]
    answered(held, **values)
    assert (held.is_cancelled, [step.text for step in held.request.steps]) == (False, before)


def test_an_answer_to_an_invitation_that_moved_since_changes_nothing(held):
    old = held.sequence
    book.arrange(held.request, held.officer, booked.in_some_days(9), 30, by=held.officer)
    answered(held, sequence=old)
    assert not held.is_cancelled


def test_an_appointment_of_another_conversation_is_out_of_reach(held):
    other, officer = booked.request(), held.officer
    theirs = book.arrange(other, officer, booked.in_some_days(8), 30, by=officer)
    answered(held, uid=theirs.uid)
    assert not theirs.is_cancelled


def test_a_request_that_is_closed_calls_its_appointment_off_at_once(held, signed_in):
    answer = signed_in(held.officer).post(
        f"/gestion/demandes/{held.request_id}/cloture", data={"outcome": Outcome.ANSWERED}
    )
    db.session.refresh(held)
    assert (answer.status_code, held.is_cancelled) == (302, True)
    assert held.cancelled_why == "La demande est close."


@given(st.one_of(st.binary(), st.text().map(str.encode)))
def test_whatever_claims_to_be_a_calendar_is_read_without_harm(content):
    assert read_reply(content) is None


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_words_inside_an_answer_do_no_harm(uid, said):
    found = read_reply(REPLY.format(method="REPLY", uid=uid, sequence=0, said=said).encode())
    assert found is None or isinstance(found, Reply)
