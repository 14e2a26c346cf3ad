"""Calendar files, read back by a parser that is not the one that writes them."""

from datetime import UTC, date, datetime, time

import gatherings
import hypothesis
import vobject
from hypothesis import strategies as st

from crm.calendars import Method, Occasion, as_file
from crm.db import db
from crm.events import plan
from crm.events.invitations import as_own_file, as_public
from crm.events.kinds import State
from crm.events.schedule import Day
from crm.filters import PARIS
from crm.text import one_line

BOMB = "Réunion\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:autre\r\nSUMMARY:Pirate"


def read(content):
    """The events of a file, and the text it came as."""
    text = content.decode() if isinstance(content, bytes) else content
    return list(vobject.readOne(text).contents.get("vevent", [])), text


def test_an_event_is_read_back_as_it_is(app, visitor):
    event = gatherings.event(
        Day(date(2027, 3, 3), time(14), time(17)), title="Eau ; sols, et climat", text="Bonjour.",
        venue="Maison du port", commune="Lyon", department="69",
    )  # fmt: skip
    answer = visitor.get(f"/agenda/{event.slug}.ics")
    assert answer.mimetype == "text/calendar"
    (found,), _ = read(answer.data)
    assert found.summary.value == "Eau ; sols, et climat"
    assert found.location.value == "Maison du port, Lyon (69)"
    assert found.dtstart.value == datetime(2027, 3, 3, 14, tzinfo=PARIS)
    assert found.dtend.value == datetime(2027, 3, 3, 17, tzinfo=PARIS)
    assert found.uid.value == event.held[0].uid
    assert found.status.value == "CONFIRMED"
    assert f"/agenda/{event.slug}" in found.description.value


def test_days_without_hours_last_the_whole_day(app):
    event = gatherings.event(Day(date(2028, 2, 29)), Day(date(2028, 3, 2)))
    found, _ = read(as_file(as_public(event)))
    assert [(one.dtstart.value, one.dtend.value) for one in found] == [
        (date(2028, 2, 29), date(2028, 3, 1)), (date(2028, 3, 2), date(2028, 3, 3))
    ]  # fmt: skip


def test_hours_are_right_on_both_sides_of_a_change_of_clocks(app):
    days = [date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 30), date(2027, 10, 31)]
    event = gatherings.event(*(Day(one, time(9), time(10)) for one in days))
    found, _ = read(as_file(as_public(event)))
    starts = [one.dtstart.value.astimezone(UTC).hour for one in found]
    assert starts == [8, 7, 7, 8]


def test_a_title_never_becomes_another_event(app, visitor):
    event = gatherings.event(title=BOMB, text=BOMB, venue=BOMB)
    found, text = read(visitor.get(f"/agenda/{event.slug}.ics").data)
    assert [one.uid.value for one in found] == [event.held[0].uid]
    assert found[0].summary.value == one_line(BOMB)
    lines = text.split("\r\n")
    assert lines.count("BEGIN:VEVENT") == 1
    assert not any(line.startswith("UID:autre") for line in lines)


@hypothesis.given(st.text(max_size=120), st.text(max_size=200))
@hypothesis.settings(max_examples=60)
def test_any_title_makes_one_event(title, place):
    occasion = Occasion(
        uid="un@example.org", sequence=0, starts_at=datetime(2027, 3, 3, 14, tzinfo=PARIS),
        ends_at=datetime(2027, 3, 3, 15, tzinfo=PARIS), title=title, place=place,
        updated_at=datetime(2027, 1, 1, tzinfo=UTC), description=place,
    )  # fmt: skip
    found, text = read(as_file([occasion]))
    assert [one.uid.value for one in found] == ["un@example.org"]
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert one_line(found[0].summary.value) == one_line(title)


def test_a_change_has_a_higher_sequence_and_a_day_gone_is_cancelled(app):
    first, second = (Day(gatherings.in_days(one), time(9), time(12)) for one in (10, 20))
    event = gatherings.event(first, second)
    uids = [one.uid for one in event.sessions]
    plan.amend(event, {"title": "Nouveau titre"}, [first])
    found, _ = read(as_file(as_public(event)))
    told = [(one.uid.value, one.sequence.value, one.status.value) for one in found]
    assert told == [(uids[0], "1", "CONFIRMED"), (uids[1], "1", "CANCELLED")]


def test_the_programme_is_one_calendar_to_subscribe_to(app, visitor):
    soon = gatherings.event(is_online=True)
    gatherings.event(published_at=None)
    gatherings.event(Day(gatherings.in_days(-400), time(9), time(10)))
    off = gatherings.event()
    plan.cancel(off)
    found, text = read(visitor.get("/agenda.ics").data)
    status = {one.uid.value: one.status.value for one in found}
    assert status == {soon.held[0].uid: "CONFIRMED", off.held[0].uid: "CANCELLED"}
    assert "X-WR-CALNAME:Agenda – Notre réseau" in text
    found, _ = read(visitor.get("/agenda.ics?lieu=en-ligne").data)
    assert [one.uid.value for one in found] == [soon.held[0].uid]


def test_a_calendar_that_did_not_change_is_not_sent_again(app, visitor):
    event = gatherings.event()
    first = visitor.get("/agenda.ics")
    again = visitor.get("/agenda.ics", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    plan.amend(event, {"title": "Autre titre"}, gatherings.same_days(event))
    db.session.flush()
    changed = visitor.get("/agenda.ics", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert b"Autre titre" in changed.data


def test_the_link_to_join_is_in_no_public_file(app, visitor):
    link = "https://visio.example.org/secret"
    event = gatherings.event(is_online=True, online_url=link)
    one = gatherings.registration(event)
    for address in ("/agenda", f"/agenda/{event.slug}", f"/agenda/{event.slug}.ics", "/agenda.ics",
                    "/agenda/flux.xml", "/agenda/widget"):  # fmt: skip
        assert link not in visitor.get(address).text.replace("\r\n ", ""), address
    (own,), _ = read(as_own_file(one))
    assert link in own.description.value


def test_a_calendar_asks_for_an_answer_only_in_an_invitation(app):
    event = gatherings.event()
    gatherings.registration(event, State.CONFIRMED)
    text = as_file(as_public(event), Method.PUBLISH).decode()
    assert "ATTENDEE" not in text
    assert "METHOD:PUBLISH" in text


def test_a_feed_lists_what_is_to_come(app, visitor):
    event = gatherings.event(title="Eau & sols")
    answer = visitor.get("/agenda/flux.xml")
    assert answer.mimetype == "application/atom+xml"
    assert "<title>Eau &amp; sols</title>" in answer.text
    assert f"/agenda/{event.slug}" in answer.text
