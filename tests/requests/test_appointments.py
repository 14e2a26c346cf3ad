"""Appointments: offered, chosen once, moved, called off, and what calendars are told."""

import contextvars
import threading
from datetime import timedelta

import booked
import pytest
import sqlalchemy as sa
import vobject
from factories import awa, benoit, save

from crm.calendars import Guest, Method, Occasion, as_file
from crm.db import db, now
from crm.requests import book
from crm.requests.kinds import Outcome, State
from crm.requests.requests import SupportRequest
from crm.requests.slots import Appointment, Slot, Way


def test_a_slot_is_chosen_among_those_offered(app):
    officer, request = benoit(), booked.request()
    first, second = booked.slot(officer), booked.slot(officer, booked.in_some_days(4))
    book.offer(request, [first])
    book.offer(request, [first])
    assert book.offered(request) == [first]
    with pytest.raises(book.Taken):
        book.choose(request, second.id)
    made = book.choose(request, first.id)
    assert (made.starts_at, made.officer, made.sequence) == (first.starts_at, officer, 0)
    assert book.choose(request, first.id) is made
    assert request.state is State.ONGOING
    assert book.offered(request) == []
    assert book.coming(request) is made


def test_a_slot_that_begins_too_soon_or_is_over_is_not_shown(app):
    officer, request = benoit(), booked.request()
    late = booked.slot(officer, now() + timedelta(minutes=90))
    book.offer(request, [late, booked.slot(officer, now() - timedelta(days=1))])
    assert book.offered(request) == []
    with pytest.raises(book.Taken):
        book.choose(request, late.id)


def test_an_hour_set_by_hand_hides_the_slots_it_covers(app):
    officer, other, request = benoit(), awa(), booked.request()
    slot, theirs = booked.slot(officer), booked.slot(other)
    book.offer(request, [slot, theirs])
    caller = booked.request()
    start = slot.starts_at + timedelta(minutes=30)
    book.arrange(caller, officer, start, 60, by=officer)
    assert book.offered(request) == [theirs]
    with pytest.raises(book.Taken):
        book.arrange(booked.request(), officer, start + timedelta(minutes=15), 30, by=officer)
    assert caller.answered_at is not None


def test_many_who_choose_the_same_slot_at_once_get_it_once(app):
    officer = benoit()
    slot_id = booked.slot(officer).id
    ids = [booked.request().id for _ in range(8)]
    for one in ids:
        book.offer(db.session.get_one(SupportRequest, one), [db.session.get_one(Slot, slot_id)])
    db.session.commit()
    barrier, results = threading.Barrier(len(ids)), []

    def choose(request_id):
        with app.app_context():
            request = db.session.get_one(SupportRequest, request_id)
            db.session.commit()
            barrier.wait()
            try:
                book.choose(request, slot_id)
                db.session.commit()
                results.append("taken")
            except book.Taken:
                db.session.rollback()
                results.append("refused")

    threads = [
        threading.Thread(target=contextvars.Context().run, args=(choose, one)) for one in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused"] * 7 + ["taken"]
    assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == 1


def test_the_invitation_is_one_that_calendars_act_on(app):
    officer, request = benoit(), booked.request()
    slot = booked.slot(officer, way=Way.VIDEO, video_url="https://visio.example.org/salle?a=1&b=2")
    book.offer(request, [slot])
    made = book.choose(request, slot.id)
    [message] = booked.mails(request.email)
    body, calendar = booked.calendar(message)
    # RFC 6047 §2.4: the method of the part is that of the calendar.
    assert body.get_content_type() == "text/calendar"
    assert body.get_param("method") == "REQUEST"
    assert body.get_content_charset() == "utf-8"
    [alternative] = [p for p in message.walk() if p.get_content_type() == "multipart/alternative"]
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert [part.get_filename() for part in message.iter_attachments()] == ["invitation.ics"]
    event = calendar.vevent
    assert calendar.method.value == "REQUEST"
    assert event.uid.value == made.uid
    assert event.sequence.value == "0"
    assert "DTSTART;TZID=Europe/Paris:" in body.get_content()
    assert event.dtstart.value == slot.starts_at
    assert event.dtend.value == slot.ends_at
    assert event.attendee.value == f"mailto:{request.email}"
    assert event.location.value == slot.video_url
    assert calendar.vtimezone.tzid.value == "Europe/Paris"
    assert request.reference in message["Subject"]
    assert slot.video_url in booked.texts(message)
    _, theirs = booked.calendar(booked.mails(officer.email)[-1])
    assert theirs.vevent.uid.value == made.uid
    assert theirs.vevent.attendee.value == f"mailto:{officer.email}"
    assert request.phone in theirs.vevent.description.value
    assert request.phone not in event.description.value


def test_what_moves_keeps_its_name_and_counts_its_changes(app):
    officer, request = benoit(), booked.request()
    first, second = booked.slot(officer), booked.slot(officer, booked.in_some_days(5, 9))
    book.offer(request, [first, second])
    made = book.choose(request, first.id)
    made.reminded_at = now()
    assert book.choose(request, second.id) is made
    assert made.reminded_at is None
    assert book.free_slots(officer) == [first], "what was chosen before is free again"
    book.arrange(request, officer, booked.in_some_days(6, 10), 30, by=officer)
    told = [booked.calendar(message) for message in booked.mails(request.email)]
    assert {calendar.vevent.uid.value for _, calendar in told} == {made.uid}
    assert [calendar.vevent.sequence.value for _, calendar in told] == ["0", "1", "2"]
    assert told[-1][1].vevent.dtstart.value == booked.in_some_days(6, 10)
    assert [step.text.split(" : ")[0] for step in request.steps] == [
        "Reçue", "Rendez-vous fixé", "En cours", "Rendez-vous déplacé", "Rendez-vous déplacé",
    ]  # fmt: skip


def test_moved_to_somebody_else_it_leaves_the_first_calendar(app):
    officer, other, request = benoit(), awa(), booked.request()
    book.arrange(request, officer, booked.in_some_days(2), 45, by=officer)
    book.arrange(request, other, booked.in_some_days(2), 45, by=officer)
    body, calendar = booked.calendar(booked.mails(officer.email)[-1])
    assert body.get_param("method") == calendar.method.value == "CANCEL"
    assert calendar.vevent.status.value == "CANCELLED"
    _, theirs = booked.calendar(booked.mails(other.email)[-1])
    assert (theirs.method.value, theirs.vevent.sequence.value) == ("REQUEST", "1")


def test_called_off_it_leaves_both_calendars_and_the_slot_is_free(app):
    officer, request = benoit(), booked.request()
    slot = booked.slot(officer)
    book.offer(request, [slot])
    made = book.choose(request, slot.id)
    book.cancel(made, "Benoît est souffrant.", by=officer)
    book.cancel(made)
    for address in (request.email, officer.email):
        assert len(booked.mails(address)) == 2
        body, calendar = booked.calendar(booked.mails(address)[-1])
        assert body.get_param("method") == calendar.method.value == "CANCEL"
        event = calendar.vevent
        assert (event.uid.value, event.sequence.value) == (made.uid, "1")
        assert event.status.value == "CANCELLED"
    assert "Benoît est souffrant." in booked.texts(booked.mails(request.email)[-1])
    assert book.offered(request) == [slot]
    again = book.choose(request, slot.id)
    assert again is not made
    assert again.uid != made.uid


def test_a_reminder_leaves_once(app):
    officer, request = benoit(), booked.request()
    made = book.arrange(request, officer, now() + timedelta(hours=20), 45, by=officer)
    far = book.arrange(booked.request(), officer, now() + timedelta(hours=40), 45, by=officer)
    made.updated_at = now() - timedelta(days=2)
    db.session.commit()
    book.remind_due()
    book.remind_due()
    assert [m["Subject"].split(" le ")[0] for m in booked.mails(request.email)] == [
        "Rendez-vous", "Rappel\u00a0: rendez-vous",
    ]  # fmt: skip
    assert far.reminded_at is None


def test_an_appointment_of_a_closed_request_is_called_off_rather_than_recalled(app):
    officer, request = benoit(), booked.request()
    made = book.arrange(request, officer, now() + timedelta(hours=20), 45, by=officer)
    request.close(Outcome.WITHDRAWN)
    db.session.commit()
    book.remind_due()
    assert made.is_cancelled
    assert booked.calendar(booked.mails(request.email)[-1])[1].method.value == "CANCEL"


HOSTILE = "RDV\r\nATTENDEE:mailto:x@evil.example\r\nBEGIN:VEVENT\nEND:VCALENDAR"


def test_hostile_words_stay_words(app):
    request = booked.request(
        first_name='A"; CN=b:\r\nX-EVIL:1', last_name=HOSTILE, subject=HOSTILE, phone=HOSTILE[:40]
    )
    book.arrange(request, benoit(), booked.in_some_days(2), 45, by=save(awa()), place=HOSTILE)
    for message in booked.mails(request.email) + booked.mails("benoit@example.org"):
        assert len(message.get_all("To")) == 1
        assert message.defects == []
        _, calendar = booked.calendar(message)
        assert [part.name for part in calendar.components()] == ["VTIMEZONE", "VEVENT"]
        assert len(calendar.vevent.contents["attendee"]) == 1
        assert "x-evil" not in calendar.vevent.contents


def test_a_calendar_that_is_published_invites_nobody():
    start = booked.in_some_days(1)
    occasion = Occasion(
        "a@b", 3, start, start + timedelta(hours=1), "Titre ; long, " * 20, now(),
        host=Guest("Réseau", "a@example.org"), guests=[Guest("", "b@example.org")],
    )  # fmt: skip
    written = as_file([occasion])
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert b"\n" not in written.replace(b"\r\n", b"")
    event = vobject.readOne(written.decode()).vevent
    assert "attendee" not in event.contents
    assert event.summary.value == ("Titre ; long, " * 20).strip()
    assert vobject.readOne(as_file([occasion], Method.CANCEL).decode()).method.value == "CANCEL"


@pytest.mark.parametrize(("month", "offset"), [(1, 1), (7, 2)])
def test_an_hour_in_paris_is_that_of_its_season(month, offset):
    start = booked.in_some_days(0).replace(year=2027, month=month, day=15)
    occasion = Occasion("a@b", 0, start, start + timedelta(hours=1), "Titre", now())
    read = vobject.readOne(as_file([occasion]).decode()).vevent.dtstart.value
    assert (read.hour, read.utcoffset()) == (14, timedelta(hours=offset))
