"""Free blocks: said in the mail, the text and the page, whatever is typed in them."""

from itertools import pairwise

import pytest
import sqlalchemy as sa
from drafts import FEATURE, draft, section
from factories import awa
from feed_server import picture
from letters import BASE, HOSTILE, identity, one
from pages import Page, outlook, squeezed
from requests import Request

from crm.db import db, now
from crm.newsletter import arrange
from crm.newsletter.content import Content, Image, freeze
from crm.newsletter.feeds.pictures import keep
from crm.newsletter.items import Picture
from crm.newsletter.placements import Form, Placement
from crm.newsletter.render import render, web
from crm.newsletter.staff.words import write

LETTERS = "/gestion/lettres"
SAID = {
    Form.EDITORIAL: {"title": "Chers lecteurs", "summary": "Un **mot**.", "source": "Nadia R."},
    Form.TEXT: {"title": "À savoir", "summary": "# Titre\n\nDeux *lignes*"},
    Form.QUOTE: {"summary": "On apprend en marchant", "source": "Aïssata, Koubri"},
    Form.BUTTON: {"title": "Je m’inscris", "url": "https://forum.example.org/?a=1&b=2"},
    Form.FIGURE: {"title": "3\u202f812", "summary": "lectrices et lecteurs", "source": "Envois"},
    Form.PICTURE: {"alt": "Une place de marché", "summary": "Koubri, en mai"},
    Form.SEPARATOR: {},
}  # fmt: skip


@pytest.fixture
def client(signed_in):
    return signed_in(awa())


@pytest.fixture
def issue(app):
    return draft(news=3)


def block(issue, form, values=None, index=0):
    placed = arrange.add(form, section(issue, FEATURE), index)
    write(placed, SAID[form] if values is None else values)
    if form is Form.PICTURE:
        placed.own_picture = keep(picture())
    db.session.flush()
    return placed


def send(client, placed, content, **data):
    """Post the form of a block as a browser does, with its file."""
    files = {"picture": ("photo.jpg", content)}
    body = Request("POST", "http://x", data=data, files=files).prepare()
    url = f"{LETTERS}/places/{placed.id}"
    return client.post(url, data=body.body, content_type=body.headers["Content-Type"])


def parts(issue):
    content = Content.draw(issue)
    letter = render(content, identity(), BASE)
    return Page(letter.html), letter.text, Page(str(web(content, BASE)))


@pytest.mark.parametrize("form", [form for form in Form.free() if form is not Form.SEPARATOR])
def test_every_block_is_said_in_the_mail_the_text_and_the_page(issue, form):
    placed = block(issue, form)
    mail, text, page = parts(issue)
    assert mail.errors == page.errors == []
    for name, said in SAID[form].items():
        bare = said.replace("*", "").replace("# ", "")
        for shown in (mail, page):
            if name == "url":
                assert said in shown.links
            elif name == "alt":
                assert said in [image.get("alt") for image in shown.all("img")]
            else:
                assert squeezed(bare) in shown.text
        assert squeezed(said if name == "url" else bare) in squeezed(text), name
    assert placed.name in (SAID[form].get("title"), placed.name)


def test_a_separator_separates(issue):
    block(issue, Form.SEPARATOR, index=1)
    _, text, page = parts(issue)
    assert len(page.all("hr")) == 1
    assert "\n* * *\n" in text


def test_blocks_leave_the_headings_in_order(issue):
    for form in Form.free():
        block(issue, form, index=9)
    for shown in parts(issue)[::2]:
        levels = shown.levels
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_outlook_reads_every_block(issue):
    for form in Form.free():
        block(issue, form)
    html = render(Content.draw(issue), identity(), BASE).html
    assert Page(outlook(html)).errors == []


@pytest.mark.parametrize("form", [form for form in Form.free() if form is not Form.SEPARATOR])
@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_text(form, typed):
    image = Image("0123456789abcdef0123456789abcdef.jpeg", 800, 600, typed)
    said = one(kind=None, form=form, title=typed, summary=typed, source=typed, image=image)
    letter = render(said, identity(), BASE)
    mail, page = Page(letter.html), Page(str(web(said, BASE)))
    assert mail.errors == page.errors == []
    for shown in (mail, page):
        assert shown.all("script") == []
        assert all(one["src"].startswith(BASE) for one in shown.all("img"))
        assert "49" not in shown.text.replace("&#49", "")
    if form not in (Form.EDITORIAL, Form.TEXT):  # there, Markdown reads some of it
        everywhere = mail.text + squeezed("".join(i.get("alt", "") for i in mail.all("img")))
        assert squeezed(typed) in everywhere
        assert squeezed(typed) in squeezed(letter.text)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("typed", [*HOSTILE, "<p class=MsoNormal><o:p>\xa0</o:p>Mot</p>" * 40])
def test_whatever_is_typed_in_a_form_is_kept_or_refused(client, form, typed):
    issue = draft(news=1)
    placed = issue.placements[0] if form is Form.ITEM else block(issue, form)
    db.session.commit()
    fields = ("title", "summary", "source", "alt", "vu")
    data = dict.fromkeys(fields, typed.encode("utf-8", "replace").decode())
    answer = client.post(f"{LETTERS}/places/{placed.id}", data=data)
    assert answer.status_code in (302, 422)
    page = client.get(f"{LETTERS}/numeros/{issue.id}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert client.get(f"{LETTERS}/numeros/{issue.id}/apercu.html").status_code == 200


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//x", "https://a b", "ftp://x/y", "x" * 2100],
)
def test_a_button_leads_to_a_web_page_only(client, url):
    issue = draft(news=1)
    placed = block(issue, Form.BUTTON)
    db.session.commit()
    typed = {"title": "Entrer", "url": url}
    answer = client.post(f"{LETTERS}/places/{placed.id}", data=typed)
    assert answer.status_code == 422
    assert placed.own_url == SAID[Form.BUTTON]["url"]
    placed.own_url = url[:2000]
    mail, text, page = parts(issue)
    for shown in (mail, page):
        assert not [link for link in shown.links if link.startswith(("javascript", "data", "ftp"))]
    assert "javascript" not in text


def test_a_block_that_says_nothing_is_not_shown(client):
    issue = draft(news=1)
    for form in Form.free():
        client.post(
            f"{LETTERS}/numeros/{issue.id}/blocs",
            data={"form": form.value, "section": section(issue, "Agenda").id},
        )
    placed = section(issue, "Agenda").placements
    assert [one.form for one in placed] == Form.free()
    page = client.get(f"{LETTERS}/numeros/{issue.id}").text
    assert page.count("À compléter") == 6
    # A separator alone is nothing to say: the section does not appear.
    assert [part.title for part in Content.draw(issue).parts] == [FEATURE]


def test_a_block_is_written_moved_and_removed_like_an_item(client):
    issue = draft(news=1)
    front = section(issue, FEATURE)
    data = {"form": "quote", "section": front.id, "index": "0"}
    answer = client.post(f"{LETTERS}/numeros/{issue.id}/blocs", data=data)
    placed = front.placements[0]
    assert answer.location.endswith(f"#place-{placed.id}")
    client.post(f"{LETTERS}/places/{placed.id}", data=SAID[Form.QUOTE])
    assert (placed.own_summary, placed.own_source) == ("On apprend en marchant", "Aïssata, Koubri")
    client.post(f"{LETTERS}/places/{placed.id}/place", data={"sens": "bas"})
    assert [one.form for one in front.placements] == [Form.ITEM, Form.QUOTE]
    client.post(f"{LETTERS}/places/{placed.id}/retrait")
    assert [one.form for one in front.placements] == [Form.ITEM]


@pytest.mark.parametrize("form", ["", "item", "script", "x" * 500])
def test_an_unknown_block_is_refused(client, form):
    issue = draft(news=1)
    data = {"form": form, "section": section(issue, FEATURE).id}
    assert client.post(f"{LETTERS}/numeros/{issue.id}/blocs", data=data).status_code == 400
    assert db.session.scalar(sa.select(sa.func.count(Placement.id))) == 1


def test_a_picture_is_kept_with_us(client):
    issue = draft(news=1)
    placed = block(issue, Form.TEXT, {})
    placed.form = Form.PICTURE
    db.session.commit()
    send(client, placed, picture(form="png"), alt="Une vue")
    assert placed.own_picture.media_type == "image/png"
    mail, _, _ = parts(issue)
    assert "Une vue" in [image.get("alt") for image in mail.all("img")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a" + b"x" * 200, "n’est pas une image"),
        (b"\xff\xd8" + b"0" * (12 * 1024 * 1024), "trop lourde"),
        (picture(16, 16), "trop petite"),
    ],
)
def test_a_bad_picture_is_refused_beside_its_field(client, content, said):
    issue = draft(news=1)
    placed = block(issue, Form.PICTURE)
    before = placed.own_picture_id
    db.session.commit()
    answer = send(client, placed, content, alt="Une vue")
    assert answer.status_code == 422
    assert said in answer.text
    assert (placed.own_picture_id, placed.own_alt) == (before, SAID[Form.PICTURE]["alt"])


def test_the_picture_of_an_item_is_hidden_or_said_otherwise_in_this_issue_alone(client):
    issue = draft(news=1)
    [placed] = issue.placements
    placed.item.picture, placed.item.picture_alt = keep(picture()), "Comme sur le site"
    db.session.commit()
    said = {"title": placed.title, "summary": placed.summary, "alt": "Pour ce numéro"}
    client.post(f"{LETTERS}/places/{placed.id}", data={**said, "shows_picture": "y"})
    assert (placed.alt, placed.item.picture_alt) == ("Pour ce numéro", "Comme sur le site")
    assert Content.draw(issue).blocks[0].image.alt == "Pour ce numéro"
    client.post(f"{LETTERS}/places/{placed.id}", data=said)
    assert Content.draw(issue).blocks[0].image is None
    assert db.session.scalar(sa.select(sa.func.count(Picture.id))) == 1


def test_blocks_are_frozen_with_the_rest(issue):
    for form in Form.free():
        block(issue, form)
    said = Content.draw(issue)
    freeze(issue, now())
    for placed in list(issue.placements):
        placed.own_title = placed.own_summary = "changé"
    assert Content.of(issue) == said
    old = issue.content
    for part in old["parts"]:
        for kept in part["blocks"]:
            del kept["form"], kept["source"]
    assert {found.form for found in Content.load(old).blocks} == {Form.ITEM}, "before blocks"
