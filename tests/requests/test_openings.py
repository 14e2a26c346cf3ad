"""Slots that officers give: one by one, every week, outside holidays and absences; their pages."""

from datetime import date, time, timedelta

import booked
import pytest
import sqlalchemy as sa
from factories import awa, benoit, save

from crm.db import db
from crm.filters import local, today
from crm.requests import book, openings
from crm.requests.meetings import Absence
from crm.requests.slots import Appointment, Hours, Slot, Way

PLACE = "/gestion/demandes/rendez-vous/"


def slots():
    db.session.expire_all()
    return db.session.scalars(sa.select(Slot).order_by(Slot.starts_at)).all()


def weekly(officer, **values):
    on = today() + timedelta(days=1)
    values = {"weekday": on.weekday(), "starts": time(9), "ends": time(10, 40)} | values
    return save(Hours(officer=officer, minutes=45, way=Way.PHONE, **values))


def working_days(weekday):
    days = (today() + timedelta(days=count) for count in range(1, 43))
    return [on for on in days if on.weekday() == weekday and not openings.is_holiday(on)]


def test_a_week_is_cut_into_slots_and_goes_on_by_itself(app):
    hours = weekly(benoit())
    made = openings.give_weekly(hours)
    days = working_days(hours.weekday)
    assert made == 2 * len(days)
    assert [local(one.starts_at).strftime("%H:%M") for one in slots()[:2]] == ["09:00", "09:45"]
    assert openings.give_weekly(hours) == 0
    assert openings.take_back(slots()[0])
    db.session.commit()
    openings.give_ahead()
    assert len(slots()) == made - 1, "what was taken away is not made again"
    hours = db.session.get_one(Hours, hours.id)
    hours.made_until = today() + timedelta(days=20)
    db.session.execute(sa.delete(Slot))
    db.session.commit()
    openings.give_ahead()
    assert len(slots()) == 2 * len([on for on in days if on > today() + timedelta(days=20)])


def test_absences_take_free_slots_away_and_keep_appointments(app):
    officer, request = benoit(), booked.request()
    taken, _, later = (booked.slot(officer, booked.in_some_days(3, one)) for one in (9, 11, 14))
    later.starts_at += timedelta(days=5)
    later.ends_at += timedelta(days=5)
    book.offer(request, [taken])
    book.choose(request, taken.id)
    on = local(taken.starts_at).date()
    absence = save(Absence(user=officer, starts_on=on, ends_on=on + timedelta(days=1)))
    assert openings.leave(absence) == 1
    assert slots() == [taken, later]
    assert not openings.take_back(taken)
    hours = weekly(officer, weekday=on.weekday())
    openings.give_weekly(hours)
    assert on not in {local(one.starts_at).date() for one in slots() if one is not taken}


def test_no_more_of_a_week_leaves_what_was_taken(app):
    officer, request = benoit(), booked.request()
    hours = weekly(officer)
    made = openings.give_weekly(hours)
    chosen = book.free_slots(officer)[0]
    book.offer(request, [chosen])
    book.choose(request, chosen.id)
    assert openings.stop(hours) == made - 1
    assert slots() == [chosen]


def test_two_slots_of_an_officer_never_overlap(app):
    officer = benoit()
    openings.give(officer, booked.in_some_days(2, 9), 60)
    with pytest.raises(openings.Overlap):
        openings.give(officer, booked.in_some_days(2, 9, 30), 60)
    openings.give(officer, booked.in_some_days(2, 10), 60)
    openings.give(awa(), booked.in_some_days(2, 9, 30), 60)
    assert len(slots()) == 3


@pytest.mark.parametrize(
    ("on", "is_one"),
    [(date(2026, 4, 6), True), (date(2026, 5, 14), True), (date(2026, 5, 25), True),
     (date(2026, 7, 14), True), (date(2026, 4, 3), False), (date(2027, 3, 29), True)],
)  # fmt: skip
def test_public_holidays_of_france_are_known(on, is_one):
    assert openings.is_holiday(on) is is_one


@pytest.mark.parametrize(
    ("page", "values", "words"),
    [
        ("creneau", {"starts_at": "2020-01-01T10:00"}, "Cette heure est passée."),
        ("creneau", {"starts_at": "n'importe quoi"}, "n’existe pas"),
        ("creneau", {"minutes": "0"}, "Entre 5 et 480 minutes."),
        ("creneau", {"way": "video", "video_url": "javascript:alert(1)"}, "commence par https"),
        ("creneau", {"way": "video"}, "Collez ici le lien"),
        ("creneau", {"way": "office"}, "Dites où."),
        ("creneau", {"officer": "999999"}, "Choisissez dans la liste."),
        ("creneau", {"way": "office", "place": "x" * 100_000}, "200 caractères au plus."),
        ("semaine/", {"starts": "10:00", "ends": "10:10", "weekday": "1"}, "pas la place"),
        ("semaine/", {"starts": "x", "ends": "10:10", "weekday": "9"}, "Choisissez dans la liste."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(app, signed_in, page, values, words):
    client = signed_in(benoit())
    values = {"starts_at": "2099-01-01T10:00", "minutes": "45", "way": "phone"} | values
    if values["starts_at"].startswith("2099"):
        values["starts_at"] = booked.in_some_days(3).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"{PLACE}{page}", data=values)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert slots() == []


def test_the_team_sets_moves_and_calls_off_from_the_card(app, signed_in):
    user, request = benoit(), booked.request()
    client, card = signed_in(user), f"/gestion/demandes/{request.id}"
    values = {"officer": user.id, "minutes": 30, "way": "office", "place": "<b>ici</b>\r\nBcc: x",
              "starts_at": booked.in_some_days(3).strftime("%Y-%m-%dT%H:%M")}  # fmt: skip
    assert client.post(f"{card}/rendez-vous", data=values).status_code == 302
    page = client.get(card).get_data(as_text=True)
    assert "&lt;b&gt;ici&lt;/b&gt; Bcc: x" in page
    [held] = db.session.scalars(sa.select(Appointment)).all()
    assert held.starts_at == booked.in_some_days(3)
    other = booked.request()
    db.session.commit()
    busy = client.post(f"/gestion/demandes/{other.id}/rendez-vous", data=values)
    assert busy.status_code == 422
    cancel = f"/gestion/demandes/rendez-vous/{held.id}/annulation"
    assert client.post(cancel, data={"why": "Souffrant\nBcc: x"}).status_code == 302
    assert db.session.get_one(Appointment, held.id).cancelled_why == "Souffrant Bcc: x"


def test_a_requester_chooses_on_their_page_only_what_was_offered(app, visitor):
    from crm.requests import links

    officer, request = benoit(), booked.request()
    offered, hidden = booked.slot(officer), booked.slot(officer, booked.in_some_days(4))
    book.offer(request, [offered])
    address = f"/demandes/{links.page_token(request)}/rendez-vous"
    db.session.commit()
    for wrong in (str(hidden.id), "0", "x", "9" * 40, ""):
        answer = visitor.post(address, data={"slot": wrong})
        assert (answer.status_code, "creneau=" in answer.location) == (303, True)
    assert visitor.get(f"{address}.ics").status_code == 404
    assert visitor.post(address, data={"slot": offered.id}).status_code == 303
    file = visitor.get(f"{address}.ics")
    assert file.mimetype == "text/calendar"
    assert b"METHOD:PUBLISH" in file.data
    cut = address.replace("/rendez-vous", "x/rendez-vous")
    assert visitor.post(cut, data={"slot": offered.id}).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == 1
