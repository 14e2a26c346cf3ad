"""The journal: written by hand, filtered, paged; and files that never run here."""

from datetime import timedelta

import cards
import pytest
import sqlalchemy as sa
from factories import awa, benoit, luc, nadia

from crm.contacts.journal import Attachment, Entry, EntryKind, file_name
from crm.db import db, now

URL = "/gestion/contacts"
MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def _empty_search(app):
    cards.begin()


@pytest.fixture
def officer(signed_in):
    """Benoît's browser."""
    return signed_in(benoit())


def write(client, card, file=None, **typed):
    """Post a line, with a file or not, as a browser does."""
    url = f"{URL}/journal/nouveau?organisation={card.id}"
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in
             ({"kind": "note"} | typed).items()]  # fmt: skip
    if file is not None:
        name, content = file
        parts.append(f'name="file"; filename="{name}"\r\n\r\n'.encode() + content)
    start = b"--x\r\nContent-Disposition: form-data; "
    body = b"".join(start + part + b"\r\n" for part in parts) + b"--x--\r\n"
    return client.post(url, data=body, content_type="multipart/form-data; boundary=x")


def sent(name, content):
    return name, content


def newest():
    return db.session.scalars(sa.select(Entry).order_by(Entry.id.desc())).first()


def test_a_call_may_be_of_another_day_but_not_to_come(officer):
    sia = cards.organisation()
    write(officer, sia, kind="call", text="Rappelée hier.", at="2026-03-02T17:30")
    assert newest().at.isoformat() == "2026-03-02T16:30:00+00:00"
    refused = write(officer, sia, kind="call", text="Demain.", at="2199-03-02T17:30")
    assert refused.status_code == 422
    assert "cette date est à venir" in refused.text
    assert "Demain." in refused.text
    assert newest().text == "Rappelée hier."
    unreadable = write(officer, sia, kind="call", text="Quand ?", at="hier")
    assert unreadable.status_code == 422


def test_a_call_is_noted_in_both_journals(officer):
    sia, who = cards.organisation(), cards.person()
    cards.works(who, sia)
    answer = write(officer, sia, kind="call", text="Rappeler\r\nmardi.", other=who.id)
    assert answer.location == f"{URL}/organisations/{sia.id}#journal"
    entry = newest()
    assert (entry.kind, entry.text, entry.user.name) == (
        EntryKind.CALL, "Rappeler\nmardi.", "Benoît Faure",
    )  # fmt: skip
    assert cards.journal(sia)[0] == cards.journal(who)[0] == "Rappeler\nmardi."
    assert (
        f'href="{URL}/personnes/{who.id}">Fatoumata Traoré</a>'
        in officer.get(f"{URL}/organisations/{sia.id}").text
    )


def test_a_note_on_a_person_may_be_for_their_organisation(officer):
    sia, who = cards.organisation(), cards.person()
    cards.works(who, sia)
    url = f"{URL}/journal/nouveau?personne={who.id}"
    officer.post(url, data={"kind": "note", "text": "Bonjour", "other": sia.id})
    assert cards.journal(sia)[0] == cards.journal(who)[0] == "Bonjour"


def test_someone_from_elsewhere_is_not_chosen(officer):
    sia, stranger = cards.organisation(), cards.person()
    assert write(officer, sia, text="Bonjour", other=stranger.id).status_code == 422
    assert cards.journal(stranger) == ["Fiche créée"]


def test_nothing_written_is_refused(officer):
    sia = cards.organisation()
    answer = write(officer, sia, text="  ")
    assert answer.status_code == 422
    assert "Écrivez une phrase, ou joignez un document." in answer.text
    assert write(officer, sia, text="a" * 100_000).status_code == 422
    assert write(officer, sia, text="a", kind="event").status_code == 422
    assert cards.journal(sia) == ["Fiche créée"]


def test_a_file_is_kept_and_only_ever_saved(officer):
    sia = cards.organisation()
    page = b"<script>alert(1)</script>"
    write(officer, sia, file=sent("../../Éloge\u202e <b>.html", page))
    entry = newest()
    assert (entry.kind, entry.text, entry.attachment.size) == (
        EntryKind.FILE, "Éloge b.html", len(page),
    )  # fmt: skip
    answer = officer.get(f"{URL}/journal/{entry.id}/document")
    assert answer.data == page
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


def test_ten_megabytes_are_kept_one_byte_more_is_not(officer):
    sia = cards.organisation()
    assert write(officer, sia, file=sent("a.pdf", b"x" * 10 * MEGABYTE)).status_code == 302
    answer = write(officer, sia, text="Voici", file=sent("b.pdf", b"x" * (10 * MEGABYTE + 1)))
    assert answer.status_code == 422
    assert "Ce fichier est trop lourd\u00a0: 10 Mo au plus." in answer.text
    assert "\nVoici</textarea>" in answer.text
    assert "Ce fichier est vide." in write(officer, sia, file=sent("c.pdf", b"")).text
    assert write(officer, sia, file=sent("d.pdf", b"x" * 21 * MEGABYTE)).status_code == 413
    assert db.session.scalars(sa.select(Attachment.name)).all() == ["a.pdf"]


@pytest.mark.parametrize(
    ("sent_as", "kept"),
    [
        ("statuts.pdf", "statuts.pdf"),
        (r"C:\Users\Awa\statuts.pdf", "statuts.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "document"),
        (".htaccess", "htaccess"),
        ("a\r\nb: c.pdf", "a b c.pdf"),
        ("é" * 300 + ".tar.gz", "é" * 150 + ".gz"),
        ("x." + "y" * 300, "x." + "y" * 20),
        ("\x00", "document"),
    ],
)
def test_a_file_keeps_its_last_name_only(sent_as, kept):
    assert file_name(sent_as) == kept


def test_the_newest_come_first_twenty_a_page(officer):
    sia = cards.organisation()
    for number in range(25):
        sia.log(f"Note {number}", EntryKind.NOTE, at=now() - timedelta(days=number + 1))
    url = f"{URL}/organisations/{sia.id}"
    first, second = officer.get(url).text, officer.get(f"{url}?page=2").text
    assert first.index("Fiche créée") < first.index("Note 0<") < first.index("Note 18<")
    assert ("Note 19<" in first, "Note 19<" in second) == (False, True)
    assert "Page 2 sur 2" in second
    for page in ("0", "-1", "9" * 30, "x"):
        assert officer.get(f"{url}?page={page}").status_code == 200


def test_one_kind_alone_is_shown(officer):
    sia = cards.organisation()
    sia.log("Un appel", EntryKind.CALL)
    sia.log("Une note", EntryKind.NOTE)
    page = officer.get(f"{URL}/organisations/{sia.id}?genre=call").text
    assert ("Un appel" in page, "Une note" in page, "Fiche créée" in page) == (True, False, False)
    assert "Appel 1</a>" in page
    everything = officer.get(f"{URL}/organisations/{sia.id}?genre=rien").text
    assert "Une note" in everything


def test_only_who_wrote_a_line_changes_it(signed_in):
    sia = cards.organisation()
    write(signed_in(benoit()), sia, text="Une note")
    entry = newest()
    url = f"{URL}/journal/{entry.id}"
    stranger = signed_in(awa())
    assert stranger.post(url, data={"text": "Autre"}).status_code == 403
    assert stranger.post(f"{url}/suppression").status_code == 403
    assert (entry.text, cards.journal(sia)[0]) == ("Une note", "Une note")
    administrator = signed_in(nadia())
    assert administrator.post(url, data={"text": "Corrigée"}).status_code == 302
    assert entry.text == "Corrigée"
    assert administrator.post(f"{url}/suppression").status_code == 302
    assert cards.journal(sia) == ["Fiche créée"]


def test_a_line_taken_away_takes_its_file_along(officer):
    sia = cards.organisation()
    write(officer, sia, file=sent("a.pdf", b"x"))
    url = f"{URL}/journal/{newest().id}"
    page = officer.get(f"{url}/suppression").text
    assert "Le document «&nbsp;a.pdf&nbsp;» sera supprimé aussi." in page
    assert officer.post(f"{url}/suppression").status_code == 302
    assert db.session.scalars(sa.select(Attachment)).all() == []
    assert officer.get(f"{url}/document").status_code == 404


def test_what_happened_is_not_rewritten(signed_in):
    sia = cards.organisation()
    entry = newest()
    url = f"{URL}/journal/{entry.id}"
    administrator = signed_in(nadia())
    assert administrator.post(url, data={"text": "Autre"}).status_code == 403
    assert administrator.post(f"{url}/suppression").status_code == 403
    assert cards.journal(sia) == ["Fiche créée"]


def test_a_line_without_a_file_has_no_document(officer):
    cards.organisation()
    assert officer.get(f"{URL}/journal/{newest().id}/document").status_code == 404


def test_markup_in_the_journal_is_text(officer):
    sia = cards.organisation()
    write(officer, sia, text="<img src=x onerror=alert(1)>")
    sia.log("Ailleurs", link="https://example.org/")
    page = officer.get(f"{URL}/organisations/{sia.id}").text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert 'href="https://example.org/"' not in page


def test_who_only_reads_opens_files_and_writes_nothing(signed_in):
    sia = cards.organisation()
    write(signed_in(benoit()), sia, file=sent("a.pdf", b"x"))
    reader = signed_in(luc())
    assert reader.get(f"{URL}/journal/{newest().id}/document").data == b"x"
    assert write(reader, sia, text="Bonjour").status_code == 403


def test_a_long_journal_costs_as_many_queries_as_a_short_one(officer):
    sia, who = cards.organisation(), cards.person()
    url = f"{URL}/organisations/{sia.id}"

    def add(times):
        for _ in range(times):
            entry = sia.log("Note", EntryKind.NOTE, by=awa_user)
            entry.person, entry.attachment = who, Attachment.make("a.pdf", b"x")

    awa_user = awa()
    add(1)
    few = cards.queries_of(officer, url)
    add(18)
    assert cards.queries_of(officer, url) == few
