"""Reading what comes back: each place, nothing lost, nothing marked before it is safe."""

import io
import mailbox as files
import sys

import pytest

from crm import mailbox
from crm.mailbox import Unavailable

MESSAGES = [f"Subject: numéro {number}\r\n\r\nfin\r\n".encode() for number in (1, 2, 3)]
ON_DISK = [message.replace(b"\r\n", b"\n") for message in MESSAGES]


def read(place, keep=lambda raw: True) -> list[bytes]:
    """What a reader that puts away what it keeps finds."""
    found = []
    with mailbox.opened(str(place)) as box:
        for received in box.unread():
            found.append(received.raw)
            if keep(received.raw):
                box.put_away(received)
    return found


@pytest.fixture
def maildir(tmp_path):
    box = files.Maildir(tmp_path / "Maildir", create=True)
    for message in ON_DISK:
        box.add(message)
    return tmp_path / "Maildir"


@pytest.mark.parametrize(
    ("scheme", "more"), [("imap", ""), ("imaps", ""), ("imap", "?starttls=1"), ("imaps", "INBOX")]
)
def test_an_imap_mailbox_is_read_once(imap, scheme, more):
    imap.deliver(*MESSAGES)
    assert read(imap.url(scheme, more)) == MESSAGES
    assert (imap.count("SEEN"), read(imap.url(scheme, more))) == (3, [])


def test_a_message_that_was_not_put_away_comes_again(imap):
    imap.deliver(*MESSAGES)
    assert read(imap.url(), keep=lambda raw: raw != MESSAGES[1]) == MESSAGES
    assert read(imap.url()) == [MESSAGES[1]]


def test_a_reader_that_dies_has_marked_nothing(imap):
    imap.deliver(*MESSAGES)
    with mailbox.opened(imap.url()) as box:
        assert next(box.unread()).raw == MESSAGES[0]
    assert imap.count("UNSEEN") == 3


def test_messages_that_are_moved_are_read_whoever_looked_at_them(imap):
    imap.deliver(*MESSAGES)
    imap.look_at()
    assert read(imap.url(more="?move=Trait%C3%A9s")) == MESSAGES
    assert imap.count() == 0
    with mailbox.opened(imap.url(more="Trait%C3%A9s")) as done:
        assert [received.raw for received in done.unread()] == []  # moved, and still as looked at


def test_another_folder_of_the_mailbox_can_be_read(imap):
    with mailbox.opened(imap.url(more="?move=Erreurs")):
        imap.deliver(MESSAGES[0], folder="Erreurs")
    assert read(imap.url(more="Erreurs")) == MESSAGES[:1]
    assert read(imap.url()) == []


def test_a_huge_message_is_cut(imap, monkeypatch):
    monkeypatch.setattr(mailbox, "LIMIT", 20)
    imap.deliver(MESSAGES[0])
    assert read(imap.url()) == [MESSAGES[0][:20]]


def test_a_wrong_password_is_said_without_showing_it(imap):
    url = imap.url().replace("mot", "secret")
    with pytest.raises(Unavailable, match="refuse le nom ou le mot de passe") as told:
        read(url)
    assert "secret" not in str(told.value)


def test_a_folder_that_is_not_there_is_said(imap):
    with pytest.raises(Unavailable, match="la boîte aux lettres refuse"):
        read(imap.url(more="Nulle-part"))


def test_a_certificate_that_nobody_vouches_for_is_refused(imap, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="ne répond pas"):
        read(imap.url("imaps"))


def test_a_server_that_is_away_is_said():
    with pytest.raises(Unavailable, match="la boîte aux lettres ne répond pas"):
        read("imap://awa:secret@127.0.0.1:1/")


def test_a_maildir_is_read_once(maildir):
    assert sorted(read(maildir)) == ON_DISK
    assert read(maildir) == []
    assert len(list((maildir / "cur").iterdir())) == 3


def test_a_maildir_message_seen_keeps_its_other_flags(maildir):
    for file in sorted((maildir / "new").iterdir()):
        file.rename(maildir / "cur" / f"{file.name}:2,RT")
    assert sorted(read(maildir)) == ON_DISK
    assert {file.name[-4:] for file in (maildir / "cur").iterdir()} == {",RST"}


def test_a_maildir_message_moved_meanwhile_is_put_away_where_it_went(maildir):
    with mailbox.opened(str(maildir)) as box:
        for received in box.unread():
            name = maildir / "new" / received.key
            name.rename(maildir / "cur" / f"{received.key}:2,F")
            box.put_away(received)
    assert {file.name[-3:] for file in (maildir / "cur").iterdir()} == {",FS"}


def test_an_mbox_is_read_and_left_as_it_is(tmp_path):
    box = files.mbox(tmp_path / "mbox")
    for message in ON_DISK:
        box.add(message)
    box.close()
    before = (tmp_path / "mbox").read_bytes()
    assert [raw.rstrip() for raw in read(tmp_path / "mbox")] == [raw.rstrip() for raw in ON_DISK]
    assert (tmp_path / "mbox").read_bytes() == before


@pytest.mark.parametrize("names", [("a.eml", "b.eml", "c.eml"), ("2", "10", "11")])
def test_a_folder_of_files_is_read_in_order(tmp_path, names):
    (tmp_path / ".mh_sequences").write_text("unseen: 2")
    (tmp_path / "plus tard").mkdir()
    for name, message in zip(names, MESSAGES, strict=True):
        (tmp_path / name).write_bytes(message)
    assert read(tmp_path) == MESSAGES


def test_one_file_is_one_message(tmp_path):
    (tmp_path / "retour.eml").write_bytes(MESSAGES[0])
    assert read(tmp_path / "retour.eml") == MESSAGES[:1]


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(Unavailable, match="il n’y a rien à cet endroit"):
        read(tmp_path / "absent")


def test_standard_input_holds_one_message_or_an_mbox(monkeypatch):
    def typed(raw):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return [message.strip() for message in read("-")]

    assert typed(MESSAGES[0]) == [MESSAGES[0].strip()]
    both = b"".join(b"From awa Tue Mar  3 09:00:00 2026\n" + raw + b"\n" for raw in ON_DISK)
    assert typed(both) == [raw.strip() for raw in ON_DISK]
    assert typed(b"") == [b""]
