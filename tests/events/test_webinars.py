"""Who attended, read from the files of Zoom, Teams and BigBlueButton."""

import io
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts.files.workbooks import TableError
from crm.events.webinars import read_attendance

ZOOM = """\
Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
851 2345 6789,Rencontre,03/03/2026 02:00:12 PM,03/03/2026 03:31:12 PM,accueil@example.org,92,4

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room
Chloé Martin,chloe@example.org,03/03/2026 02:00:12 PM,03/03/2026 02:30:00 PM,30,Yes,No
Chloé Martin,chloe@example.org,03/03/2026 02:35:00 PM,03/03/2026 03:31:00 PM,56,Yes,No
iPhone (Karim Haddad),,03/03/2026 02:10:00 PM,03/03/2026 03:31:00 PM,81,Yes,No
"Petit, Marie",marie@example.org,03/03/2026 02:10:00 PM,03/03/2026 03:31:00 PM,4,Yes,No
"""
ZOOM_WEBINAR = """\
Attendee Report
Report Generated:,"03/04/2026 09:12 AM"
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered
Rencontre,851 2345 6789,03/03/2026 02:00 PM,92,3

Host Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,
Yes,Awa Diallo,awa@example.org,03/03/2026 01:50 PM,03/03/2026 03:31 PM,101,No,

Attendee Details
Attended,User Name (Original Name),First Name,Last Name,Email,Join Time,Time in Session (minutes)
Yes,Chloé Martin,Chloé,Martin,CHLOE@example.org,03/03/2026 02:00 PM,91
No,Karim Haddad,Karim,Haddad,karim@example.org,--,--
"""
TEAMS = """\
1. Résumé
Titre de la réunion\tRencontre
Participants présents\t3
Heure de début\t03/03/2026 14:00:12
Durée moyenne de participation\t1h 1m

2. Participants
Nom\tPremière participation\tDurée de la réunion\tE-mail\tID de participant (UPN)\tRôle
Awa Diallo\t03/03/2026 13:50\t1h 41m 3s\tawa@example.org\tawa@example.org\tOrganisateur
Chloé Martin\t03/03/2026 14:00\t1h 31m 2s\tchloe@example.org\t\tPrésentateur
Karim Haddad (Invité)\t03/03/2026 14:10\t45m 9s\t\t\tParticipant

3. Activités pendant la réunion
Nom\tHeure d’arrivée\tHeure de sortie\tDurée\tE-mail\tRôle
Awa Diallo\t03/03/2026 13:50\t03/03/2026 15:31\t1h 41m 3s\tawa@example.org\tOrganisateur
Chloé Martin\t03/03/2026 14:00\t03/03/2026 15:31\t1h 31m 2s\tchloe@example.org\tPrésentateur
"""
OLD_TEAMS = """\
Full Name\tUser Action\tTimestamp
Chloé Martin\tJoined\t3/3/2026, 2:00:12 PM
Chloé Martin\tLeft\t3/3/2026, 3:00:12 PM
Karim Haddad\tJoined before\t3/3/2026, 1:59:12 PM
"""
BBB = """\
Name,Moderator,Activity Score,Talk Time,Webcam Time,Messages,Raise Hands,Join,Left,Duration
Awa Diallo,TRUE,9,00:12:03,00:45:00,3,0,3/3/2026 14:00,3/3/2026 15:31,01:31:00
Chloé Martin,FALSE,4,00:00:03,00:00:00,1,2,3/3/2026 14:00,3/3/2026 15:31,00:58:10
"""
NAMES = "Liste des participants :\n\nChloé Martin\nKarim Haddad\nMarie-Anne de la Tour\n"


def people(content):
    return [
        (one.name, one.email, one.minutes, one.is_host)
        for one in read_attendance(content).attendees
    ]


def test_a_meeting_of_zoom():
    told = read_attendance(ZOOM.encode("utf-8-sig"))
    assert told.maker == "Zoom"
    assert people(ZOOM.encode()) == [
        ("Chloé Martin", "chloe@example.org", 86, False),
        ("Karim Haddad", "", 81, False),
        ("Petit, Marie", "marie@example.org", 4, False),
    ]


def test_a_webinar_of_zoom_tells_hosts_and_those_who_did_not_come():
    told = read_attendance(ZOOM_WEBINAR.encode())
    assert (told.maker, told.absent) == ("Zoom", 1)
    assert people(ZOOM_WEBINAR.encode()) == [
        ("Awa Diallo", "awa@example.org", 101, True),
        ("Chloé Martin", "chloe@example.org", 91, False),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
def test_a_meeting_of_teams_in_any_encoding(encoding):
    content = TEAMS.encode(encoding)
    assert read_attendance(content).maker == "Teams"
    assert [one[0] for one in people(content)] == ["Awa Diallo", "Chloé Martin", "Karim Haddad"]
    assert [one[3] for one in people(content)] == [True, False, False]
    assert people(content)[2] == ("Karim Haddad", "", 45, False)


def test_what_is_told_twice_by_teams_is_counted_once():
    # The third part says again, join by join, what the second has added up.
    assert [one[2] for one in people(TEAMS.encode("utf-16"))] == [101, 91, 45]


def test_the_older_list_of_teams():
    assert people(OLD_TEAMS.encode("utf-16")) == [
        ("Chloé Martin", "", None, False),
        ("Karim Haddad", "", None, False),
    ]


def test_a_dashboard_of_bigbluebutton():
    assert read_attendance(BBB.encode()).maker == "BigBlueButton"
    assert people(BBB.encode()) == [
        ("Awa Diallo", "", 91, True),
        ("Chloé Martin", "", 58, False),
    ]


def test_a_bare_list_of_names():
    assert [one[0] for one in people(NAMES.encode())] == [
        "Chloé Martin", "Karim Haddad", "Marie-Anne de la Tour",
    ]  # fmt: skip


def test_a_file_edited_in_a_french_spreadsheet():
    rows = [line.split(",") for line in BBB.splitlines()]
    semicolons = "\r\n".join(";".join(row) for row in rows).encode("cp1252")
    assert people(semicolons) == people(BBB.encode())
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    assert people(kept.getvalue()) == people(BBB.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00" * 40, b"Ville;Pays\nLyon;France\n", b"%PDF-1.7\n1 0 obj", b"\xff\xfe\x00",
        "Nom,Durée\n".encode(),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_with_a_sentence(content):
    with pytest.raises(TableError) as error:
        read_attendance(content)
    assert str(error.value).endswith((".", "»."))


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(content):
    with suppress(TableError):
        read_attendance(content)
