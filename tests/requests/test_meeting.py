"""The weekly meeting: what it shows, what it decides, what leaves and when, what it writes."""

import contextvars
import io
import threading
from datetime import timedelta

import booked
import pypdf
import pytest
from factories import awa, benoit, luc, save
from pages import squeezed

from crm.db import db, now
from crm.requests import book, meet, minutes
from crm.requests.erase import erase
from crm.requests.kinds import Outcome, State
from crm.requests.meetings import Absence, Meeting, Verdict
from crm.requests.requests import SupportRequest
from crm.requests.rules import Rules
from crm.users import User

LONG_AGO = timedelta(days=20)


@pytest.fixture
def team(app):
    """Awa and Benoît, who both answer; Luc only reads."""
    return awa(), benoit(), luc()


def quiet(state: State, **values):
    """A request without news for twenty days."""
    made = booked.request(**values)
    made.state, made.news_at = state, now() - LONG_AGO
    return made


def listed() -> dict[str, list[str]]:
    return {topic.key: [one.reference for one in topic.requests] for topic in meet.topics()}


def test_each_request_is_in_one_part_of_the_agenda(team):
    new, stuck, silent = booked.request(), quiet(State.ONGOING), quiet(State.WAITING)
    booked.request().start()
    robot = booked.request()
    robot.suspected_at = now()
    quiet(State.ONGOING).close(Outcome.ANSWERED)
    assert listed() == {
        "nouvelles": [new.reference],
        "sans-nouvelles": [stuck.reference],
        "a-clore": [silent.reference],
    }
    save(Rules(silence=30, offered=3, reminded=24))
    assert listed()["sans-nouvelles"] == listed()["a-clore"] == []


def test_nothing_leaves_before_the_end(team):
    awa, benoit, _ = team
    slots = [booked.slot(benoit, booked.in_some_days(days)) for days in (2, 3, 4, 5)]
    request, mailed = booked.request(), len(booked.mails("benoit@example.org"))
    meeting = meet.begin(awa)
    decision = meet.decide(meeting, request, Verdict.ASSIGN, by=awa, assignee=benoit)
    assert decision.slots == [str(slot.id) for slot in slots[:3]], "three slots, by default"
    assert (request.state, request.assignee) == (State.NEW, None)
    assert booked.mails(request.email) == []
    meet.refine(decision, second=awa, slots=[slots[3].id, 999_999], note="Urgent")
    meet.close(meeting, by=awa)
    assert (request.state, request.assignee, request.second) == (State.ASSIGNED, benoit, awa)
    assert book.offered(request) == [slots[3]]
    [message] = booked.mails(request.email)
    text = booked.texts(message)
    assert "Benoît Faure, avec Awa Diallo," in text.replace("\r\n", " ")
    assert slots[3].when in text
    assert slots[0].when not in text
    assert len(booked.mails("benoit@example.org")) == mailed
    meet.close(meeting, by=benoit)
    assert len(booked.mails(request.email)) == 1


def test_two_who_begin_or_close_at_once_hold_the_same_meeting(team, app):
    awa, benoit, _ = team
    request = booked.request()
    email, request_id, ids = request.email, request.id, (awa.id, benoit.id)
    db.session.commit()
    barrier, seen = threading.Barrier(2, timeout=30), []

    def hold(user_id):
        with app.app_context():
            barrier.wait()
            meeting = meet.begin(db.session.get_one(User, user_id))
            seen.append(meeting.id)
            db.session.commit()
            barrier.wait()
            user = db.session.get_one(User, user_id)
            if user_id == ids[0]:
                asked = db.session.get_one(SupportRequest, request_id)
                meet.decide(meeting, asked, Verdict.ASSIGN, by=user, assignee=user)
            db.session.commit()
            barrier.wait()
            meet.close(db.session.get_one(Meeting, seen[0]), by=db.session.get_one(User, user_id))
            db.session.commit()

    threads = [threading.Thread(target=contextvars.Context().run, args=(hold, i)) for i in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 2
    assert len(set(seen)) == 1
    assert len(booked.mails(email)) == 1


def test_what_is_decided_can_be_decided_again_or_not_at_all(team):
    awa, benoit, _ = team
    booked.slot(benoit)
    request, other = booked.request(), booked.request()
    meeting = meet.begin(awa)
    first = meet.decide(meeting, request, Verdict.ASSIGN, by=awa, assignee=benoit)
    again = meet.decide(meeting, request, Verdict.CLOSE, by=awa, outcome=Outcome.OUT_OF_SCOPE)
    assert again is first
    assert (again.assignee, again.slots, again.outcome) == (None, [], Outcome.OUT_OF_SCOPE)
    meet.decide(meeting, other, Verdict.KEEP, by=awa)
    meet.undo(meeting, other)
    meet.undo(meeting, other)
    meet.close(meeting, by=awa)
    assert request.outcome is Outcome.OUT_OF_SCOPE
    assert other.state is State.NEW
    with pytest.raises(meet.NotNow):
        meet.decide(meeting, other, Verdict.KEEP, by=awa)
    assert "est close" in booked.mails(request.email)[0]["Subject"]


def test_those_awaited_are_asked_and_those_who_wait_are_not(team):
    awa, *_ = team
    ours, theirs = quiet(State.ONGOING), quiet(State.WAITING)
    meeting = meet.begin(awa)
    for one in (ours, theirs):
        meet.decide(meeting, one, Verdict.REMIND, by=awa)
    meet.close(meeting, by=awa)
    assert booked.mails(ours.email) == []
    assert "encore besoin de nous" in booked.texts(booked.mails(theirs.email)[0])
    assert listed() == {
        "nouvelles": [], "sans-nouvelles": [ours.reference], "a-clore": [],
    }  # fmt: skip


def test_a_request_closed_meanwhile_is_left_alone(team):
    awa, benoit, _ = team
    request = booked.request()
    meeting = meet.begin(awa)
    meet.decide(meeting, request, Verdict.ASSIGN, by=awa, assignee=benoit)
    request.close(Outcome.WITHDRAWN)
    meet.close(meeting, by=awa)
    assert request.assignee is None
    assert booked.mails(request.email) == []
    assert minutes.told(meeting)[0]["rows"][0]["said"] == "close entre-temps\u00a0: rien n’a changé"


def test_slots_already_said_today_come_last(team):
    awa, benoit, _ = team
    slots = [booked.slot(benoit, booked.in_some_days(days)) for days in (2, 3, 4, 5)]
    meeting = meet.begin(awa)
    meet.decide(meeting, booked.request(), Verdict.ASSIGN, by=awa, assignee=benoit)
    second = meet.decide(meeting, booked.request(), Verdict.ASSIGN, by=awa, assignee=benoit)
    assert second.slots == [str(slots[place].id) for place in (0, 1, 3)]


def test_burdens_count_what_is_open_and_what_is_given(team):
    awa, benoit, luc = team
    booked.request().assign(benoit)
    today = now().date()
    save(Absence(user=awa, starts_on=today, ends_on=today + timedelta(days=3)))
    meeting = meet.begin(awa)
    meet.decide(meeting, booked.request(), Verdict.ASSIGN, by=awa, assignee=benoit)
    found = {one.officer: (one.open, one.more, len(one.absences)) for one in meet.burden(meeting)}
    assert found == {awa: (0, 0, 1), benoit: (1, 1, 0)}
    assert luc not in found


def test_the_minutes_write_themselves_and_forget_who_was_erased(team):
    awa, benoit, _ = team
    booked.slot(benoit)
    kept, erased = booked.request(subject="Un puits"), booked.request(last_name="Secrète")
    meeting = meet.begin(awa)
    for one in (kept, erased):
        meet.decide(meeting, one, Verdict.ASSIGN, by=awa, assignee=benoit)
    meeting.notes, meeting.present = "Penser à *tout* #let x = 1", ["Awa Diallo", "Benoît Faure"]
    meet.close(meeting, by=awa)
    kept.assign(awa)
    [part] = minutes.told(meeting)
    assert part["title"] == "Attribuées"
    assert part["rows"][0]["title"] == "Un puits"
    assert part["rows"][0]["officer"] == "Benoît Faure", "later changes do not touch them"
    erase(erased)
    db.session.flush()
    [part] = minutes.told(meeting)
    assert [row["title"] for row in part["rows"]] == ["Un puits", "demande effacée"]
    assert "Secrète" not in str(meeting.minutes)
    assert minutes.summary(meeting) == "2\u00a0attribuées"


def test_the_minutes_are_a_tagged_pdf(team):
    awa, benoit, _ = team
    booked.slot(benoit)
    request = booked.request(subject='#include "/etc/passwd" *gras*', last_name="<b>Martin</b>")
    meeting = meet.begin(awa)
    meet.decide(meeting, request, Verdict.ASSIGN, by=awa, assignee=benoit)
    meeting.notes = "$x$ @label <a> // fin"
    meet.close(meeting, by=awa)
    file = pypdf.PdfReader(io.BytesIO(minutes.as_pdf(meeting)))
    text = squeezed(" ".join(page.extract_text() for page in file.pages))
    for words in (request.reference, '#include "/etc/passwd" *gras*', "<b>Martin</b>",
                  "$x$ @label <a> // fin", "Benoît Faure", meeting.title):  # fmt: skip
        assert squeezed(words) in text
    root = file.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("fr")
    assert file.metadata.title == meeting.title
    assert b"pdfuaid" in file.xmp_metadata.stream.get_data()
