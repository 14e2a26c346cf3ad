"""Tickets: the code is in the mail, and a telephone reads it whatever its browser."""

import io
import re
from email import message_from_bytes, policy

import pytest
from factories import benoit, luc
from gatherings import event, in_days, registration
from PIL import Image, ImageFilter

from crm.events import emails, tickets
from crm.events.kinds import State
from crm.events.photograph import BadPhoto, codes
from crm.events.schedule import Day

GREY = 128


def photo(who, *, turned=23, blur=2.0, form="JPEG", side=300):
    """A code as a telephone takes it: turned, blurred, in the middle of other things."""
    code = Image.open(io.BytesIO(tickets.as_picture(tickets.url(who)))).convert("L")
    code = code.resize((side, side)).rotate(turned, expand=True, fillcolor=GREY)
    scene = Image.linear_gradient("L").resize((1200, 900)).point(lambda grey: 90 + grey // 3)
    scene.paste(code, (500, 200))
    out = io.BytesIO()
    scene.filter(ImageFilter.GaussianBlur(blur)).save(out, form)
    return out.getvalue()


def message_of(mail):
    return message_from_bytes(mail.message, policy=policy.default)


@pytest.mark.parametrize("told", [emails.confirmed, emails.reminder])
def test_the_mail_shows_the_code_and_says_what_to_do_without_pictures(app, told):
    who = registration(event(venue="Maison des associations", department="69"))
    message = message_of(told(who))
    html = message.get_body(("html",)).get_content()
    shown = re.search(r'<img[^>]*src="cid:([^"]+)"[^>]*>', html)
    assert 'alt="Code QR de votre inscription"' in shown[0]
    picture = next(one for one in message.walk() if one["Content-ID"] == f"<{shown[1]}>")
    assert (picture.get_content_type(), picture.get_content_disposition()) == (
        "image/png", "inline",
    )  # fmt: skip
    assert codes(picture.get_content()) == [tickets.url(who)]
    related = next(one for one in message.walk() if one.get_content_subtype() == "related")
    assert [one.get_content_type() for one in related.iter_parts()] == ["text/html", "image/png"]
    for words in (html, message.get_body(("plain",)).get_content()):
        assert "donnez votre nom" in words
        assert "/inscriptions/" in words


def test_the_invitation_is_still_one_form_of_the_mail(app):
    message = message_of(emails.confirmed(registration(event(department="69"))))
    forms = next(one for one in message.walk() if one.get_content_subtype() == "alternative")
    assert [one.get_content_type() for one in forms.iter_parts()] == [
        "text/plain", "multipart/related", "text/calendar",
    ]  # fmt: skip


def test_no_code_where_there_is_no_door(app):
    online = registration(event(is_online=True, online_url="https://visio.example.org/x"))
    elsewhere = registration(event(department="69", takes_registrations=False))
    past = registration(event(Day(in_days(-3)), department="69"))
    waiting = registration(event(department="69"), State.WAITING)
    assert [tickets.is_shown(one) for one in (online, elsewhere, past, waiting)] == [False] * 4
    message = message_of(emails.confirmed(online))
    assert not any(part.get_content_maintype() == "image" for part in message.walk())
    assert "cid:" not in message.get_body(("html",)).get_content()


@pytest.mark.parametrize(("turned", "blur", "form", "side"), [
    (0, 0, "PNG", 300), (23, 2, "JPEG", 300), (-75, 2.5, "JPEG", 400), (180, 3, "WEBP", 500),
    (45, 1, "JPEG", 160),
])  # fmt: skip
def test_a_code_is_read_turned_blurred_and_small(app, turned, blur, form, side):
    who = registration(event())
    assert codes(photo(who, turned=turned, blur=blur, form=form, side=side)) == [tickets.url(who)]


def test_a_large_photo_is_read(app):
    who = registration(event())
    large = Image.open(io.BytesIO(photo(who))).resize((4000, 3000))
    out = io.BytesIO()
    large.save(out, "JPEG")
    assert codes(out.getvalue()) == [tickets.url(who)]


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"GIF89a"]
)
def test_what_is_no_photo_says_so(content):
    with pytest.raises(BadPhoto, match="n’est pas une photo"):
        codes(content)


def test_a_photo_made_to_fill_the_memory_is_refused():
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(BadPhoto, match="trop grande"):
        codes(out.getvalue())


def test_a_photo_of_a_code_leads_to_the_person(app, signed_in):
    who = registration(event(), last_name="Photographiée")
    other = registration(event(title="Ailleurs"))
    client = signed_in(benoit())
    address = f"/gestion/evenements/{who.event_id}/pointage/codes"

    def sent(content, **headers):
        data = {"photo": (io.BytesIO(content), "photo.jpg"), "session": who.event.held[0].id}
        return client.post(address, data=data, headers=headers)

    answer = sent(photo(who))
    page = client.get(answer.location).text
    assert (answer.status_code, "Code présenté" in page) == (303, True)
    assert "Photographiée" in page.split("Code présenté")[1].split("</section>")[0]
    said = client.get(sent(photo(other)).location).text
    assert "Ce code est celui d’un autre événement\u00a0: Ailleurs." in said
    assert "Code présenté" not in said
    assert "Aucun code d’inscription n’a été lu" in client.get(sent(_plain()).location).text
    assert "n’est pas une photo" in client.get(sent(b"<svg/>").location).text
    answer = sent(photo(who), Accept="application/json")
    assert answer.json == {"codes": [tickets.url(who)]}
    assert sent(b"", Accept="application/json").json == {"codes": []}
    assert signed_in(luc()).post(address).status_code == 403


def _plain():
    out = io.BytesIO()
    Image.new("L", (800, 600), GREY).save(out, "JPEG")
    return out.getvalue()
