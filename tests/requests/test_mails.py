"""Mail both ways, through a real SMTP server and a real IMAP server, each in its conversation."""

import re
from email.message import EmailMessage
from email.utils import make_msgid

import asking
import factories
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from asking import all_requests, mails
from live import Mailbox
from services import free_port

from crm.db import db
from crm.mail import send_mails
from crm.requests import emails, links, receive
from crm.requests.converse import answer
from crm.requests.decipher import decipher, fold_quotes
from crm.requests.kinds import Channel, State
from crm.requests.messages import Direction, Message
from crm.requests.welcome import receive_new

ADDRESS = "demandes@reseau.example.org"


@pytest.fixture
def smtp(setting):
    """A real server that keeps what it receives; the application sends through it."""
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    setting(smtp_url=f"smtp://127.0.0.1:{server.port}", requests_mail=ADDRESS)
    yield mailbox
    server.stop()


def mail(text="Bonjour.", **headers) -> EmailMessage:
    message = EmailMessage()
    headers = {
        "From": "Chloé Martin <chloe@example.org>", "To": ADDRESS, "Subject": "Une question",
        "Message-ID": make_msgid(domain="example.org"),
    } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    for name, value in headers.items():
        if value is not None:
            message[name] = value
    message.set_content(text)
    return message


def reply_to(message: EmailMessage, text: str) -> EmailMessage:
    """What a mail program sends when one presses « Répondre »."""
    return mail(
        text, To=str(message["Reply-To"]), Subject=str(message["Subject"]),
        In_Reply_To=str(message["Message-ID"]),
        References=f"{message['References'] or ''} {message['Message-ID']}".strip(),
    )  # fmt: skip


def said() -> list[tuple[Direction, str]]:
    db.session.expire_all()
    rows = db.session.scalars(sa.select(Message).order_by(Message.id))
    return [(row.direction, row.text) for row in rows]


def take(message: EmailMessage | bytes) -> str:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    try:
        return receive.take(raw)
    finally:
        db.session.commit()


def test_a_conversation_goes_round_through_real_servers(app, smtp, imap):
    made = asking.asked()
    db.session.commit()
    receive_new()
    send_mails()
    [first] = smtp.to("chloe@example.org")
    assert links.reply_token(made) in str(first["Reply-To"])
    imap.deliver(reply_to(first, "Je précise : le puits a 30 m.").as_bytes())
    assert receive.read(imap.url()) == {receive.JOINED: 1}
    answer(made, "Merci, voici un guide.", by=factories.benoit(), expects_reply=True)
    db.session.commit()
    send_mails()
    second = smtp.to("chloe@example.org")[-1]
    assert str(first["Message-ID"]) in str(second["References"])
    assert second["Auto-Submitted"] == "no"
    imap.deliver(
        reply_to(second, "Parfait.\n\nLe 3 mars 2026 à 10:00, Réseau a écrit :\n> Merci").as_bytes()
    )
    receive.read(imap.url())
    assert said() == [
        (Direction.IN, "Je précise\u00a0: le puits a 30 m.".replace("\u00a0", " ")),
        (Direction.OUT, "Merci, voici un guide."),
        (Direction.IN, "Parfait."),
    ]
    db.session.expire_all()
    assert (made.state, imap.count("SEEN")) == (State.ONGOING, 2)
    [last] = db.session.scalars(sa.select(Message).where(Message.text == "Parfait."))
    assert last.quoted == "Le 3 mars 2026 à 10:00, Réseau a écrit :\n> Merci"


def test_the_same_mail_read_twice_is_kept_once(app, tmp_path):
    message = mail("Où trouver un annuaire ?")
    (tmp_path / "1.eml").write_bytes(message.as_bytes())
    assert receive.read(str(tmp_path)) == {receive.NEW: 1}
    assert receive.read(str(tmp_path)) == {receive.KNOWN: 1}
    assert len(all_requests()) == 1


def test_a_new_mail_becomes_a_request_that_is_acknowledged(app):
    assert take(mail("Où trouver un annuaire ?", Subject="Annuaire")) == receive.NEW
    [made] = all_requests()
    assert (made.channel, made.subject, made.need, made.name, made.email) == (
        Channel.MAIL, "Annuaire", "Où trouver un annuaire ?", "Chloé Martin", "chloe@example.org",
    )  # fmt: skip
    receive_new()
    assert [one.recipient for one in mails()] == ["chloe@example.org"]


@pytest.mark.parametrize("header", [
    {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated; x=y"},
    {"Precedence": "bulk"}, {"X_Autoreply": "yes"}, {"List_Id": "<lettre.example.org>"},
    {"Return_Path": "<>"}, {"From": "MAILER-DAEMON@example.org"},
    {"From": "noreply@example.org"}, {"X_Auto_Response_Suppress": "All"},
])  # fmt: skip
def test_a_machine_is_never_answered(app, header):
    assert take(mail("Je suis absente.", **header)) == receive.IGNORED
    made = asking.asked()
    made.acknowledged_at = made.created_at
    made.assign(factories.benoit())
    made.wait()
    to = f"demandes+{links.reply_token(made)}@reseau.example.org"
    assert take(mail("Je suis absente.", To=to, **header)) == receive.JOINED
    db.session.expire_all()
    [kept] = db.session.scalars(sa.select(Message))
    assert (kept.is_automatic, made.state, made.unread_at) == (True, State.WAITING, None)
    receive_new()
    assert mails() == []


def test_our_own_mail_that_comes_back_goes_no_further(app, setting):
    setting(requests_mail=ADDRESS)
    made = asking.asked()
    to = f"demandes+{links.reply_token(made)}@reseau.example.org"
    assert take(mail(From=ADDRESS, To=to)) == receive.IGNORED
    assert said() == []


def test_an_address_in_capitals_or_in_another_header_still_finds_its_conversation(app):
    made = asking.asked()
    token = links.reply_token(made)
    assert take(mail("Un.", To=f"DEMANDES+{token.upper()}@RESEAU.EXAMPLE.ORG")) == receive.JOINED
    assert (
        take(mail("Deux.", Delivered_To=f"demandes+{token}@reseau.example.org")) == receive.JOINED
    )
    assert take(mail("Trois.", In_Reply_To=emails.first_id(made))) == receive.JOINED
    assert len(said()) == 3


def test_a_reference_in_a_subject_is_believed_from_its_own_address_only(app):
    made = asking.asked()
    subject = f"Re: Votre demande {made.reference}"
    assert take(mail("Moi.", Subject=subject)) == receive.JOINED
    assert take(mail("Un autre.", Subject=subject, From="autre@example.org")) == receive.NEW
    assert said() == [(Direction.IN, "Moi.")]


@pytest.mark.parametrize("spoil", [
    lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
    lambda token: token[:-6], lambda token: token.replace("d-", "e-"),
])  # fmt: skip
def test_a_forged_address_opens_no_conversation(app, spoil):
    made = asking.asked()
    to = f"demandes+{spoil(links.reply_token(made))}@reseau.example.org"
    assert take(mail(To=to, From="autre@example.org")) == receive.NEW
    assert said() == []


def test_a_colleague_who_answers_from_elsewhere_is_shown_as_such(app):
    made = asking.asked()
    to = f"demandes+{links.reply_token(made)}@reseau.example.org"
    take(mail("Je réponds pour Chloé.", To=to, From="paul@example.org"))
    [kept] = db.session.scalars(sa.select(Message))
    assert kept.sender == "paul@example.org"


def test_attachments_are_kept_or_refused_one_by_one(app):
    message = mail("Voir ci-joint.")
    message.add_attachment(asking.PDF, "application", "pdf", filename="../../projet.pdf")
    message.add_attachment(b"MZ\x90", "application", "pdf", filename="facture.pdf.exe")
    take(message)
    [made] = all_requests()
    from crm.requests.messages import RequestFile

    assert [file.name for file in db.session.scalars(sa.select(RequestFile))] == ["projet.pdf"]
    assert "[Pièce jointe laissée\u00a0: «\u00a0facture.pdf.exe\u00a0»" in made.need


def test_a_returned_answer_is_told_in_its_conversation(app):
    made = asking.asked()
    sent = answer(made, "Voici.", by=factories.benoit())
    db.session.commit()
    headers = sent.mail.message.split(b"\r\n\r\n")[0]
    report = (
        b"From: MAILER-DAEMON@mx.example.net\r\nTo: demandes@reseau.example.org\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        b"--x\r\n\r\nUser unknown\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        + headers
        + b"\r\n--x--\r\n"
    )
    assert take(report) == receive.JOINED
    [_, kept] = db.session.scalars(sa.select(Message).order_by(Message.id))
    assert kept.is_automatic


def test_many_mails_from_one_address_are_looked_at(app):
    for number in range(7):
        take(mail(f"Offre {number}", From="vendeur@example.org"))
    assert [made.is_suspect for made in all_requests()] == [False] * 5 + [True] * 2


@pytest.mark.parametrize("raw", [
    b"", b"\x00\xff\xfe", b"From: \r\n\r\n", b"From: a@example.org\r\nContent-Type: text/html; "
    b"charset=inconnu\r\n\r\n<p>\xe9t\xe9", b"From: a@example.org\r\nContent-Type: multipart/mixed"
    b"\r\n\r\n--", b"From: =?x?b?!!!?= <a@example.org>\r\nSubject: =?utf-8?q?=FF=FE?=\r\n\r\nx",
    b"From: a@example.org\r\nMessage-ID: <" + b"a" * 5000 + b">\r\n\r\nx",
    b"From: a@example.org\r\nReferences: " + b"<a@b> " * 20_000 + b"\r\n\r\nx",
    b"From: a@example.org\r\nContent-Transfer-Encoding: base64\r\n\r\n%%",
])  # fmt: skip
def test_an_odd_mail_stops_nothing(app, raw, tmp_path):
    (tmp_path / "1.eml").write_bytes(raw)
    (tmp_path / "2.eml").write_bytes(mail("Après.").as_bytes())
    account = receive.read(str(tmp_path))
    assert sum(account.values()) == 2
    assert "Après." in [made.need for made in all_requests()]


def test_an_html_mail_is_read_as_text():
    html = (
        "<html><head><style>p{color:red}</style></head><body><p>Bonjour,<br>voici\n ma question."
        "</p><script>alert(1)</script><p>&lt;b&gt; merci</p>"
        "<blockquote><p>Votre message</p></blockquote></body></html>"
    )
    message = EmailMessage()
    message["From"] = "chloe@example.org"
    message.set_content(html, subtype="html")
    letter = decipher(message.as_bytes())
    assert letter.text == "Bonjour,\nvoici ma question.\n\n<b> merci".replace("\n\n", "\n")
    assert "Votre message" in letter.quoted


@pytest.mark.parametrize(("text", "fresh"), [
    ("Oui.\n\n> Non ?\n> Si.", "Oui."),
    ("Oui.\n\nLe mar. 3 mars 2026 à 10:00, Réseau <a@b.org>\na écrit :\n> Non ?", "Oui."),
    ("Oui.\n\nOn Tue, Mar 3, 2026, Réseau wrote:\n> Non", "Oui."),
    ("Oui.\n-----Message d'origine-----\nDe : a@b.org", "Oui."),
    ("Oui.\n________________________________\nDe : a@b.org", "Oui."),
    ("> Non ?\nSi, je réponds entre les lignes.\n> Et là ?\nAussi.",
     "> Non ?\nSi, je réponds entre les lignes.\n> Et là ?\nAussi."),
    ("Le puits a coûté cher.\nOn verra.", "Le puits a coûté cher.\nOn verra."),
    ("> tout est cité", "> tout est cité"),
])  # fmt: skip
def test_what_is_quoted_is_folded(text, fresh):
    assert fold_quotes(text)[0] == fresh


def test_a_header_is_never_forged_by_what_people_write(app, smtp):
    asking.asked(
        first_name="Chloé\r\nBcc: victime@example.org", last_name="Martin",
        subject="Sujet\r\nBcc: victime@example.org", organisation_name="X\nTo: y@example.org",
    )  # fmt: skip
    made = all_requests()[0]
    db.session.commit()
    receive_new()
    answer(made, "Bonjour\r\n.\r\nBcc: victime@example.org", by=factories.benoit())
    db.session.commit()
    send_mails()
    assert {str(one["To"]) for one in smtp.messages} == {"chloe@example.org"}
    for one in smtp.messages:
        assert one["Bcc"] is None
        assert len(one.get_all("To")) == 1


def test_the_acknowledgement_waits_for_a_mail_server_that_is_down(app, visitor, setting, smtp):
    from crm.config import Settings

    up = Settings.current().smtp_url
    setting(smtp_url=f"smtp://127.0.0.1:{free_port()}", retry_delays=(0, 0, 0))
    assert asking.post(visitor).status_code == 303
    receive_new()
    send_mails()
    assert (len(all_requests()), smtp.messages) == (1, [])
    setting(smtp_url=up)
    send_mails()
    assert [str(one["To"]) for one in smtp.messages] == ["chloe@example.org"]


def test_an_answer_without_address_is_kept_all_the_same(app):
    made = asking.asked(email="")
    answer(made, "Dit par téléphone.", by=factories.benoit())
    assert (len(said()), mails()) == (1, [])


def test_no_personal_data_in_the_logs(app, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(receive, "_begin", lambda letter: 1 / 0)
    (tmp_path / "1.eml").write_bytes(mail("Un secret.", Subject="Confidentiel").as_bytes())
    receive.read(str(tmp_path))
    assert not re.search("chloe|secret|Confidentiel", caplog.text)
