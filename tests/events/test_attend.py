"""Who came: marked once, taken back, late, without registration; devices, lists, head-counts."""

import io
from datetime import time, timedelta

import pypdf
import pytest
import sqlalchemy as sa
from factories import awa, benoit, luc, save
from gatherings import event, happening, in_days, registration

from crm.contacts.details import DetailKind
from crm.contacts.journal import Entry
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.index import index
from crm.db import db, now
from crm.events import head_counts, recognise, sheet, tickets
from crm.events.afterwards import FollowUp
from crm.events.attend import mark, present_session, take, walk_in
from crm.events.event_files import EventFile, Purpose
from crm.events.kinds import Attendance, Channel, CountKind, Known, State
from crm.events.presences import Gesture, Presence
from crm.events.registrations import Registration
from crm.events.schedule import Day
from crm.mail import Mail


def today_s(**values):
    """An event that began a moment ago."""
    return happening(now() - timedelta(minutes=5), **values)


def came(who, known=Known.NAME, **options):
    return mark(who, who.event.held[0], Attendance.CAME, known, **options)


def address(of, rest=""):
    return f"/gestion/evenements/{of.id}/pointage/{rest}"


def gesture(key, who, what="present", **values):
    return {"key": key, "registration": str(who.id), "session": str(who.event.held[0].id),
            "what": what, "at": now().isoformat()} | values  # fmt: skip


def test_coming_is_counted_once_and_taken_back(app):
    who = registration(today_s(), seats=3)
    assert came(who)
    assert came(who)
    assert (who.attendance, who.attendance_known, who.event.came) == (
        Attendance.CAME, Known.NAME, 3,
    )  # fmt: skip
    mark(who, who.event.held[0], None, Known.NAME)
    assert (who.attendance, who.arrived_at, who.event.came) == (None, None, 0)


def test_who_arrives_late_is_late_at_the_door_only(app):
    late = happening(now() - timedelta(minutes=40))
    first, second = registration(late), registration(late)
    came(first)
    came(second, Known.TEAM)
    assert [first.attendance, second.attendance] == [Attendance.LATE, Attendance.CAME]


def test_the_last_gesture_made_is_believed_whatever_the_order_they_come_in(app):
    who, moment = registration(today_s()), now()
    session = who.event.held[0]
    mark(who, session, None, Known.NAME, at=moment)
    assert not mark(who, session, Attendance.CAME, Known.NAME, at=moment - timedelta(minutes=1))
    assert (who.attendance, who.event.came) == (None, 0)


def test_several_days_are_one_participant(app):
    several = event(Day(in_days(-2), time(9), time(12)), Day(in_days(-1), time(9), time(12)))
    who = registration(several)
    for session in several.held:
        mark(who, session, Attendance.CAME, Known.SHEET)
    assert several.came == 1
    assert db.session.scalar(sa.select(sa.func.count(Presence.id))) == 2
    mark(who, several.held[0], None, Known.SHEET)
    assert (several.came, who.attendance) == (1, Attendance.CAME)


def test_journals_say_it_and_forget_it_with_the_mistake(app):
    town = save(Organisation(name="Ville de Lyon"))
    chloe = save(Person(first_name="Chloé", last_name="Martin"))
    chloe.use_details(DetailKind.EMAIL, ["chloe@example.org"])
    index(chloe)
    index(town)
    who = registration(today_s(title="Forum"), email="chloe@example.org",
                       organisation_name="Ville de Lyon", last_name="Martin")  # fmt: skip
    came(who)
    db.session.commit()
    said = [one.text for one in db.session.scalars(sa.select(Entry).order_by(Entry.id))
            if one.text.startswith("A participé")]  # fmt: skip
    assert len(said) == 2
    assert said[0].startswith("A participé\u00a0: Forum (")
    assert said[1].endswith("– Chloé Martin")
    mark(who, who.event.held[0], None, Known.NAME)
    assert db.session.scalars(sa.select(Entry).where(Entry.text.startswith("A part"))).all() == []


@pytest.mark.parametrize("state", [State.WAITING, State.CANCELLED, State.OFFERED, State.SUSPECT])
def test_whoever_comes_has_a_place_and_gets_no_mail_for_it(app, state):
    full = today_s(capacity=1)
    registration(full)
    who = registration(full, state)
    came(who)
    db.session.commit()
    assert (who.state, who.owed, full.taken, full.came) == (State.CONFIRMED, None, 2, 1)
    assert full.waiting == 0


def test_a_walk_in_has_a_place_even_when_none_is_left(app):
    full = today_s(capacity=1)
    known = registration(full, email="chloe@example.org")
    made = walk_in(full, {"last_name": "Haddad", "email": "Karim@Example.org"})
    assert (made.channel, made.state, made.email) == (
        Channel.DOOR, State.CONFIRMED, "karim@example.org",
    )  # fmt: skip
    assert full.taken == 2
    assert walk_in(full, {"last_name": "Martin", "email": "chloe@example.org"}) is known


def test_a_device_sends_many_and_the_same_again(app, signed_in):
    here = today_s()
    first, second = registration(here), registration(here)
    client = signed_in(benoit())
    some = [gesture("a", first), gesture("b", second), gesture("c", second, "undo"),
            {"key": "d", "last_name": "Haddad", "session": "", "what": "present"}]  # fmt: skip
    assert client.post(address(here), json=some).json == {"kept": ["a", "b", "c", "d"]}
    again = client.post(address(here), json=[*some, "x", None, {"key": ""}, gesture("e", second)])
    assert again.json == {"kept": ["a", "b", "c", "d", "e"]}
    assert [one.attendance for one in (first, second)] == [Attendance.CAME, Attendance.CAME]
    assert here.came == 3
    assert db.session.query(Registration).count() == 3, "the walk-in is there once"
    assert client.post(address(here), json={"key": "f"}).status_code == 400
    assert client.post(address(here), json=some * 60).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"registration": "99999"}, {"registration": "-1"}, {"registration": ["x"]},
        {"session": "99999"}, {"what": "\x00"}, {"at": "hier"}, {"at": "2999-01-01T00:00:00Z"},
        {"registration": "", "last_name": "=cmd()" * 900}, {"known": {"x": 1}},
    ],
)  # fmt: skip
def test_what_means_nothing_does_no_harm_and_stays_on_no_device(app, wrong):
    who = registration(today_s())
    assert take(who.event, [gesture("a", who, **wrong)], by=benoit()) == ["a"]
    db.session.commit()
    assert who.event.came in (0, 1)


def test_a_gesture_of_another_event_marks_nobody(app):
    here, who = today_s(), registration(today_s())
    take(here, [gesture("a", who, session=str(here.held[0].id))], by=benoit())
    assert (who.attendance, here.came, db.session.query(Gesture).count()) == (None, 0, 0)


def test_the_door_works_without_javascript(app, signed_in):
    who = registration(today_s(), last_name="Martin")
    client = signed_in(benoit())
    page = client.get(address(who.event))
    assert page.text.count(f'name="registration" value="{who.id}"') == 1
    done = client.post(address(who.event), data={"key": "k1", "registration": who.id,
                                                 "session": who.event.held[0].id,
                                                 "what": "present"})  # fmt: skip
    assert done.status_code == 303
    assert who.attendance is Attendance.CAME
    assert "Annuler" in client.get(done.location).text
    assert signed_in(luc()).get(address(who.event)).status_code == 403


def test_the_page_of_the_door_holds_no_address(app, signed_in):
    who = registration(today_s(), email="secret@example.org", phone="0611223344")
    client = signed_in(benoit())
    for rest in ("", "etat"):
        text = client.get(address(who.event, rest)).text
        assert "secret@example.org" not in text
        assert "0611223344" not in text
    assert client.get(address(who.event, "hors-ligne.js")).mimetype == "text/javascript"


def test_a_code_leads_to_the_person_and_to_no_other(app, signed_in):
    who = registration(today_s())
    client = signed_in(benoit())
    scanned = client.get(f"/gestion/evenements/billets/{tickets.code(who)}")
    assert "Code présenté" in client.get(scanned.location).text
    assert client.get("/gestion/evenements/billets/AAAA").status_code == 404
    assert tickets.read(tickets.code(who)[:-1] + "A") in (None, who)
    assert b"<svg" in tickets.as_svg(tickets.url(who))


def test_the_session_of_the_moment_is_chosen(app):
    several = event(Day(in_days(-1), time(9), time(12)), Day(in_days(1), time(9), time(12)))
    assert present_session(several) is several.held[1]
    assert present_session(event(Day(in_days(-9)))) is not None


def test_the_sheet_to_sign_is_a_tagged_pdf(app, signed_in):
    several = event(*(Day(in_days(n), time(9), time(12)) for n in (1, 2, 3)), title="#x $y$ <b>")
    registration(several, first_name="Chloé", last_name="Martin", organisation_name="Ville")
    registration(several, State.CANCELLED, last_name="Parti")
    registration(several, group_name="Lycée", first_name="", last_name="", seats=2)
    for session, columns in ((None, 3), (several.held[0], 1)):
        file = pypdf.PdfReader(io.BytesIO(sheet.as_pdf(several, session)))
        assert "/StructTreeRoot" in file.trailer["/Root"]
        assert b"pdfuaid" in file.xmp_metadata.stream.get_data()
        text = "".join(page.extract_text() for page in file.pages)
        assert "#x $y$ <b>" in text
        assert "Martin Chloé" in text
        assert "Parti" not in text
        assert text.count("Lycée") == 2
        assert ("Signature" in text) is (columns == 1)
    answer = signed_in(luc()).get(f"/gestion/evenements/{several.id}/emargement.pdf")
    assert answer.data.startswith(b"%PDF")


def test_those_who_did_not_come_are_noted_in_one_gesture(app, signed_in):
    here = today_s()
    first, second = registration(here), registration(here)
    registration(here, State.WAITING)
    came(first)
    answer = signed_in(benoit()).post(address(here, "absences"))
    assert answer.status_code == 303
    assert [first.attendance, second.attendance] == [Attendance.CAME, Attendance.ABSENT]
    came(second)
    assert (second.attendance, here.came) == (Attendance.CAME, 2), "they came after all"


LIST = """\
Name,User Email,Join Time,Leave Time,Duration (Minutes),Guest
Chloé Martin,chloe@example.org,x,y,60,Yes
HADDAD Karim,,x,y,50,Yes
Léa Bonard,,x,y,40,Yes
Inconnue Dupont,inconnue@example.org,x,y,30,Yes
Curieux,,x,y,2,Yes
"""


def listed(here):
    return [
        registration(here, first_name="Chloé", last_name="Martin", email="chloe@example.org"),
        registration(here, first_name="Karim", last_name="Haddad"),
        registration(here, first_name="Léa", last_name="Bonnard"),
    ]


def test_a_list_is_rehearsed_then_applied_once(app, signed_in):
    here = today_s(is_online=True)
    chloe, karim, lea = listed(here)
    client = signed_in(benoit())
    page = f"/gestion/evenements/{here.id}/presences/"
    sent = {"file": (io.BytesIO(LIST.encode("utf-16")), "liste.csv"),
            "session": str(here.held[0].id), "least": "5"}  # fmt: skip
    put = client.post(page, data=sent)
    assert put.status_code == 303
    told = recognise.rehearse(here, LIST.encode(), 5)
    assert [(one.sure.value, one.choice) for one in told.matches] == [
        ("email", str(chloe.id)), ("name", str(karim.id)), ("likely", str(lea.id)),
        ("unknown", recognise.NEW), ("unknown", recognise.NOBODY),
    ]  # fmt: skip
    assert told.sentence == (
        "5\u00a0personnes dans la liste\u00a0: 3\u00a0inscrites reconnues, "
        "1\u00a0sans inscription, 1\u00a0laissée de côté."
    )
    assert told.sentence in client.get(put.location).get_data(as_text=True).replace("&nbsp;", " ")
    assert here.came == 0
    assert client.post(put.location, data={"choix-2": recognise.NOBODY}).status_code == 303
    assert [one.attendance for one in (chloe, karim, lea)] == [
        Attendance.CAME, Attendance.CAME, None,
    ]  # fmt: skip
    new = db.session.scalars(
        sa.select(Registration).where(Registration.email == "inconnue@example.org")
    ).one()
    assert (new.channel, new.name, here.came) == (Channel.FILE, "Inconnue Dupont", 3)
    assert client.post(put.location).status_code == 410
    kept = db.session.scalars(sa.select(EventFile)).one()
    assert (kept.content, kept.said) == (b"", "3\u00a0présences notées sur 5")
    assert db.session.scalars(EventFile.applied(Purpose.ATTENDANCE)).one() is kept


def test_a_list_that_is_none_stores_nothing(app, signed_in):
    here = today_s()
    page = f"/gestion/evenements/{here.id}/presences/"
    wrong = {"file": (io.BytesIO(b"Ville;Pays\nLyon;France\n"), "x.csv"),
             "session": str(here.held[0].id)}  # fmt: skip
    answer = signed_in(benoit()).post(page, data=wrong)
    assert answer.status_code == 422
    assert "Aucune liste de personnes" in answer.text
    assert db.session.query(EventFile).count() == 0


def over(**values):
    return event(Day(in_days(-3), time(14), time(17)), **values)


def test_a_head_count_has_a_kind_and_comes_before_those_marked(app, signed_in):
    past, client = over(), signed_in(benoit())
    address_ = f"/gestion/evenements/{past.id}/presences/effectif"
    assert head_counts.is_missing(past)
    client.post(address_, data={"number": "30", "kind": "estimated"})
    assert (past.head_count, past.head_count_kind) == (30, CountKind.ESTIMATED)
    assert not head_counts.is_missing(past)
    for wrong in ({"number": "-1"}, {"number": "beaucoup"}, {"number": "1", "kind": "x"}):
        assert client.post(address_, data=wrong).status_code == 422
    client.post(address_, data={"number": "", "kind": "counted"})
    assert head_counts.is_missing(past)


def test_missing_head_counts_are_listed_and_asked_for_until_they_are_given(app, signed_in):
    user = benoit()
    past = over(title="Atelier", officer=user)
    over(cancelled_at=now())
    event()
    assert db.session.scalars(head_counts.missing()).all() == [past]
    assert (head_counts.count_missing(), head_counts.count_missing(user)) == (1, 1)
    head_counts.ask_missing()
    head_counts.ask_missing()
    mail = db.session.scalars(sa.select(Mail)).one()
    assert (mail.recipient, "Atelier" in mail.message.decode()) == (user.email, True)
    FollowUp.of(past).asked_at = now() - timedelta(days=8)
    db.session.commit()
    head_counts.ask_missing()
    assert db.session.query(Mail).count() == 2, "asked again a week later"
    client = signed_in(user)
    assert "Atelier" in client.get("/gestion/evenements/effectifs").text
    client.post(f"/gestion/evenements/{past.id}/presences/effectif",
                data={"number": "12", "kind": "counted", "retour": "liste"})  # fmt: skip
    FollowUp.of(past).asked_at = None
    db.session.commit()
    head_counts.ask_missing()
    assert db.session.query(Mail).count() == 2, "given: never asked again"
    assert "Aucun effectif ne manque" in client.get("/gestion/evenements/effectifs").text


def test_what_nobody_will_ever_know_is_asked_for_no_more(app, signed_in):
    past = over(officer=awa())
    client = signed_in(benoit())
    client.post(f"/gestion/evenements/{past.id}/presences/effectif", data={"inconnu": "1"})
    assert db.session.scalars(head_counts.missing()).all() == []
    head_counts.ask_missing()
    assert db.session.query(Mail).count() == 0
    assert head_counts.is_missing(past), "figures still say that it is missing"
