"""After an event: certificates that can be verified, opinions without a name, thanks once."""

import email
import email.policy
import io
import re
from datetime import time

import pypdf
import pytest
import sqlalchemy as sa
from factories import awa, luc
from gatherings import event, in_days, registration

from crm.db import db
from crm.events import certify, links, opine, thank
from crm.events.afterwards import Certificate, FollowUp, Opinion, Thanks
from crm.events.attend import mark
from crm.events.erase import erase
from crm.events.kinds import Attendance, Known, State
from crm.events.schedule import Day
from crm.identity import Identity
from crm.mail import Mail


def over(**values):
    return event(Day(in_days(-3), time(14), time(17)), **values)


def came(to=None, **values):
    who = registration(to or over(title="Forum"), last_name="Martin", **values)
    mark(who, who.event.held[0], Attendance.CAME, Known.SHEET)
    db.session.commit()
    return who


def verified(visitor, typed):
    """The page that a code typed in the form leads to."""
    asked = visitor.get("/attestations", query_string={"code": typed})
    return visitor.get(asked.location)


def test_a_certificate_is_made_once_and_is_a_tagged_pdf(app):
    who = came(organisation_name="#panic() $x$ <b>")
    certificate = certify.issue(who)
    assert certify.issue(who) is certificate
    file = pypdf.PdfReader(io.BytesIO(certify.as_pdf([certificate])))
    assert file.metadata.title == "Attestation de présence"
    assert "/StructTreeRoot" in file.trailer["/Root"]
    assert file.trailer["/Root"]["/Lang"] == "fr"
    assert b"pdfuaid" in file.xmp_metadata.stream.get_data()
    text = file.pages[0].extract_text()
    assert "Chloé Martin" in text
    assert "#panic() $x$ <b>" in text
    assert "3\u00a0h" in text
    assert certify.code(certificate) in text
    assert len(certify.code(certificate).replace("-", "")) > 26, "128 bits and a number"


def test_no_certificate_for_who_was_not_there(app, visitor):
    who = registration(over())
    with pytest.raises(certify.NotThere):
        certify.issue(who)
    assert visitor.get(f"/inscriptions/{links.page_token(who)}/attestation.pdf").status_code == 404
    nameless = came(first_name="")
    nameless.last_name = ""
    with pytest.raises(certify.NotThere):
        certify.issue(nameless)
    assert db.session.query(Certificate).count() == 0


def test_a_certificate_says_the_days_that_were_attended(app):
    several = event(*(Day(in_days(-n), time(9), time(10, 30)) for n in (3, 2, 1)))
    who = registration(several)
    for session in several.held[:2]:
        mark(who, session, Attendance.CAME, Known.SHEET)
    facts = certify.issue(who).facts
    assert facts["days"] == [in_days(-3).isoformat(), in_days(-2).isoformat()]
    assert facts["minutes"] == 180


def test_anybody_verifies_it_and_learns_little(app, visitor):
    who = came(organisation_name="Ville de Lyon")
    certificate = certify.issue(who)
    db.session.commit()
    code = certify.code(certificate)
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("O", "0")):
        page = verified(visitor, typed)
        assert page.status_code == 200
        assert "Attestation authentique" in page.text
    main = page.text.split("<main")[1].split("</main>")[0]
    assert "C. M." in main
    assert "Forum" in main
    for kept in ("Chloé", "Martin", who.email, "Ville de Lyon"):
        assert kept not in main
    assert page.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("typed", ["A", "A" * 30, "x/../y", "é" * 40, "<script>", "%00"])
def test_a_code_that_is_none_says_so(app, visitor, typed):
    page = verified(visitor, typed)
    assert page.status_code == 404
    assert "Ce code n’est pas celui d’une attestation" in page.text or typed == "x/../y"
    assert "<script>alert" not in page.text


def test_withdrawn_or_undeserved_it_is_not_valid_any_more(app, visitor, signed_in):
    who = came()
    certificate = certify.issue(who)
    db.session.commit()
    address = f"/attestations/{certify.code(certificate)}"
    client = signed_in(awa())
    client.post(f"/gestion/evenements/{who.event_id}/attestations/{who.id}/retrait")
    assert "Attestation retirée" in visitor.get(address).text
    assert certify.issue(who) is certificate
    db.session.commit()
    assert "Attestation authentique" in visitor.get(address).text, "made afresh"
    mark(who, who.event.held[0], None, Known.SHEET)
    db.session.commit()
    assert "Attestation retirée" in visitor.get(address).text
    erase(who)
    db.session.commit()
    assert visitor.get(address).status_code == 404


def test_the_team_prints_all_of_them(app, signed_in):
    here = over()
    for _ in range(3):
        came(here)
    client = signed_in(awa())
    file = client.get(f"/gestion/evenements/{here.id}/attestations/toutes.pdf")
    assert len(pypdf.PdfReader(io.BytesIO(file.data)).pages) == 3
    assert db.session.query(Certificate).count() == 3
    empty = over()
    assert client.get(f"/gestion/evenements/{empty.id}/attestations/toutes.pdf").status_code == 404
    assert client.get(f"/gestion/evenements/{empty.id}/attestations/").status_code == 200


def test_somebody_takes_their_own(app, visitor):
    who = came()
    page = f"/inscriptions/{links.page_token(who)}"
    assert "Mon attestation de présence" in visitor.get(page).text
    file = visitor.get(f"{page}/attestation.pdf")
    assert file.data.startswith(b"%PDF")
    assert visitor.get(f"/inscriptions/{'A' * 30}/attestation.pdf").status_code == 404


SAID = {"overall": "4", "content": "3", "liked": "Les échanges", "better": ""}


def test_an_opinion_is_given_once_and_can_be_changed(app, visitor):
    who = came()
    address = f"/inscriptions/{links.page_token(who)}/avis"
    assert "Donner mon avis" in visitor.get(address).text
    assert visitor.post(address, data=SAID).status_code == 303
    assert "elles remplaceront" in visitor.get(address).text
    visitor.post(address, data=SAID | {"overall": "1", "liked": "Rien"})
    opinion = db.session.scalars(sa.select(Opinion)).one()
    assert (opinion.marks, opinion.liked) == ({"overall": 1, "content": 3}, "Rien")
    assert visitor.post(address, data={"content": "4"}).status_code == 422
    assert visitor.post(address, data=SAID | {"overall": "9"}).status_code == 422


def test_an_opinion_says_nobody_s_name(app, visitor):
    who = came()
    opine.answer(who, SAID)
    db.session.commit()
    row = db.session.execute(sa.select(Opinion.__table__)).one()._mapping
    said = " ".join(str(value) for key, value in row.items() if key != "at")
    assert who.email not in said
    assert "Martin" not in said
    assert (row["at"].hour, row["at"].minute) == (12, 0)


def test_who_did_not_come_is_not_asked(app, visitor):
    here = over()
    came(here)
    away = registration(here)
    db.session.commit()
    assert not opine.may_answer(away)
    assert visitor.get(f"/inscriptions/{links.page_token(away)}/avis").status_code == 404
    coming = registration(event())
    assert not opine.may_answer(coming)
    unmarked = registration(over())
    assert opine.may_answer(unmarked), "nobody was marked: those who had a place are asked"
    FollowUp.of(here).asks_opinion = False
    db.session.flush()
    assert not opine.may_answer(registration(here))


def test_results_are_a_picture_a_table_and_a_file(app, signed_in):
    here = over()
    for mark_ in ("4", "3", "1"):
        opine.answer(came(here), SAID | {"overall": mark_, "liked": "=1+1 <b>"})
    db.session.commit()
    results, opinions = opine.results(here)
    assert (results[0].numbers, results[0].satisfied) == ({4: 1, 3: 1, 2: 0, 1: 1}, 67)
    assert len(opinions) == 3
    client = signed_in(luc())
    page = client.get(f"/gestion/evenements/{here.id}/satisfaction/")
    assert "67\u00a0%" in page.text.replace("&nbsp;", "\u00a0")
    assert "=1+1 &lt;b&gt;" in page.text
    assert "Tout à fait : 1, Plutôt oui : 1" in page.text.replace("&nbsp;", " ")
    file = client.get(f"/gestion/evenements/{here.id}/satisfaction/avis.csv")
    assert "'=1+1 <b>" in file.data.decode("utf-8-sig")
    assert client.get(f"/gestion/evenements/{here.id}/satisfaction/avis.pdf").status_code == 404


def mails():
    return db.session.scalars(sa.select(Mail).order_by(Mail.id)).all()


def test_thanks_leave_once_to_those_who_came(app, signed_in):
    here = over(title="Forum", replay_url="https://video.example.org/1")
    first = came(here)
    registration(here)
    came(here, email="")
    client = signed_in(awa())
    address = f"/gestion/evenements/{here.id}/remerciements/"
    assert "1\u00a0personne sera remerciée" in client.get(address).text
    words = {"subject": "Merci\r\nBcc: x@example.org", "text": "Un **grand** merci <b>",
             "asks_opinion": "y", "envoyer": "1"}  # fmt: skip
    assert client.post(address, data=words).status_code == 303
    thank.send_thanks()
    thank.send_thanks()
    mail = mails()[0]
    assert len(mails()) == 1
    assert mail.recipient == first.email
    assert mail.subject == "Merci Bcc: x@example.org"
    text = mail.message.decode()
    assert re.search(r"(?m)^Bcc", text) is None
    assert thank.count(here) == 0
    client.post(address, data=words)
    thank.send_thanks()
    assert len(mails()) == 1, "nobody is thanked twice"
    late = came(here)
    client.post(address, data=words)
    thank.send_thanks()
    assert [one.recipient for one in mails()] == [first.email, late.email]
    assert db.session.query(Thanks).count() == 2


def test_thanks_lead_to_documents_certificate_and_opinion(app):
    who = came()
    thank.write(who.event, "Merci", "Un **grand** merci", asks_opinion=True)
    thank.start(who.event)
    db.session.commit()
    thank.send_thanks()

    message = email.message_from_bytes(mails()[0].message, policy=email.policy.default)
    text = message.get_body(("plain",)).get_content()
    page = links.page_url(who)
    assert f"Mon attestation de présence\u00a0: {page}/attestation.pdf" in text
    assert f"{page}/avis" in text
    html = message.get_body(("html",)).get_content()
    assert "<strong>grand</strong>" in html


def test_nothing_leaves_before_the_end_or_for_what_was_called_off(app, signed_in):
    coming = event()
    registration(coming)
    client = signed_in(awa())
    address = f"/gestion/evenements/{coming.id}/remerciements/"
    words = {"subject": "Merci", "text": "Merci"}
    client.post(address, data=words | {"envoyer": "1"})
    with pytest.raises(thank.NotYet):
        thank.start(coming)
    client.post(address, data=words)
    assert FollowUp.read(coming).subject == "Merci"
    thank.send_thanks()
    assert mails() == []
    assert client.post(address, data={"subject": ""}).status_code == 422
    assert signed_in(luc()).post(address, data=words).status_code == 403


def test_the_own_page_shows_a_code_for_the_door(app, visitor):
    who = registration(event(department="69"), State.CONFIRMED)
    page = f"/inscriptions/{links.page_token(who)}"
    assert f"{page}/code.svg" in visitor.get(page).text
    picture = visitor.get(f"{page}/code.svg")
    assert (picture.mimetype, picture.data[:4]) == ("image/svg+xml", b"<svg")


def test_initials_are_all_that_is_shown(app):
    assert certify.initials("Marie-Anne de la Tour") == "M. A. D. L. T."
    assert Identity.current().name
