"""Pictures kept with us: what is taken, what is refused, what becomes of it."""

import hashlib
import io
import ipaddress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from factories import feed, in_days, item
from feed_server import picture, serving
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from crm.db import db, now
from crm.newsletter.feeds.pictures import (
    MAX_BYTES,
    MAX_WIDTH,
    TOO_LARGE,
    BadPicture,
    fetch_pictures,
    keep,
    prepare,
)
from crm.newsletter.items import Picture

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
NOT_ONE = "Ce fichier n’est pas une image JPEG, PNG, WebP ou GIF."


@pytest.fixture
def site():
    with serving() as server:
        yield server


def shown(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(prepare(content)[0]))


def saved(image: Image.Image, form: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("jpg", "image/jpeg"), ("webp", "image/jpeg"), ("png", "image/png"), ("gif", "image/png")],
)
def test_each_format_is_taken(form, media_type):
    stored, found, size = prepare(picture(form=form))
    assert (found, size) == (media_type, (640, 400))
    assert Image.open(io.BytesIO(stored)).get_format_mimetype() == media_type


def test_a_wide_picture_is_made_smaller():
    assert shown(picture(3000, 1500)).size == (MAX_WIDTH, 600)
    assert shown(picture(4000, 40)).size == (MAX_WIDTH, 12)
    assert shown(picture(600, 3000)).size == (600, 3000)


def test_a_picture_stands_upright_and_says_nothing_of_its_maker():
    image, exif = Image.new("RGB", (400, 200), "red"), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "Chloé"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (45.0, 45.0, 0.0)
    content = saved(image, "JPEG", exif=exif, comment=b"secret", dpi=(300, 300))
    stored = prepare(content)[0]
    upright = Image.open(io.BytesIO(stored))
    assert upright.size == (200, 400)
    assert dict(upright.getexif()) == {}
    assert b"Chlo" not in stored
    assert b"secret" not in stored


def test_what_shows_through_still_does():
    logo = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    logo.paste((200, 30, 30, 255), (20, 20, 80, 80))
    found = shown(saved(logo, "PNG"))
    assert (found.format, found.getpixel((0, 0))[3], found.getpixel((50, 50))[:3]) == (
        "PNG", 0, (200, 30, 30))  # fmt: skip


def test_a_heavy_drawing_becomes_a_light_photograph():
    noise = Image.effect_noise((900, 900), 90).convert("RGBA")
    noise.putalpha(Image.linear_gradient("L").resize((900, 900)))
    stored, media_type, _size = prepare(saved(noise, "PNG"))
    assert media_type == "image/jpeg"
    assert len(stored) < 1_500_000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGBA"])
def test_every_kind_of_colour_is_taken(mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert shown(saved(Image.new(mode, (64, 48)), form)).size == (64, 48)


def test_of_a_moving_picture_the_first_image_is_kept():
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    found = shown(content)
    assert (found.n_frames if hasattr(found, "n_frames") else 1) == 1
    assert found.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", NOT_ONE),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", NOT_ONE),
        (b"<html>", NOT_ONE),
        (picture()[:300], NOT_ONE),
        (saved(Image.new("RGB", (64, 64)), "BMP"), NOT_ONE),
        (picture(1, 1, form="gif"), "L’image est trop petite (moins de 32 points)."),
        (b"x" * (MAX_BYTES + 1), "L’image est trop lourde (plus de 8 Mo)."),
        (saved(Image.new("1", (8000, 8000)), "PNG"), TOO_LARGE),
        (saved(Image.new("1", (11_000, 11_000)), "PNG"), TOO_LARGE),
        (saved(Image.new("1", (20_000, 20_000)), "PNG"), TOO_LARGE),
    ],
)
def test_what_cannot_be_shown_is_refused(content, sentence):
    with pytest.raises(BadPicture) as raised:
        prepare(content)
    assert str(raised.value) == sentence


@given(st.binary(max_size=200), st.sampled_from(["jpg", "png", "gif", "webp"]), st.data())
def test_any_damaged_picture_is_taken_or_refused(damage, form, data):
    content = picture(40, 40, form=form)
    place = data.draw(st.integers(0, len(content)))
    try:
        prepare(content[:place] + damage + content[place + len(damage) :])
    except BadPicture as error:
        assert str(error).startswith(("Ce fichier", "L’image"))  # noqa: PT017


def test_the_same_picture_is_kept_once(app):
    one, same = keep(picture()), keep(picture())
    assert one is same
    assert one.digest == hashlib.sha256(one.content).hexdigest()
    assert (one.media_type, one.width, one.height) == ("image/jpeg", 640, 400)
    assert keep(picture(colour=(1, 2, 3))).digest != one.digest
    db.session.commit()
    assert Picture.named(one.filename) == one


def test_pictures_that_items_wait_for_are_fetched_once(app, site):
    good = item(picture_url=site.give("/a.jpg", picture(), "image/jpeg"))
    bad = item(picture_url=site.give("/b.jpg", "<html>", "image/jpeg"))
    gone = item(picture_url=site.at("/c.jpg"))
    private = item(picture_url="http://10.0.0.1/d.jpg")
    db.session.commit()
    assert fetch_pictures(allow=LOOPBACK) == 1
    assert good.picture.width == 640
    assert [one.picture for one in (bad, gone, private)] == [None, None, None]
    assert fetch_pictures(allow=LOOPBACK) == 0
    assert len(site.requests) == 3


def test_only_pictures_that_may_be_relayed_are_fetched(app, site):
    url = site.give("/a.jpg", picture(), "image/jpeg")
    item(picture_url=url, ends_on=in_days(-3))
    item(picture_url=url, seen_at=now() - timedelta(days=300))
    item(picture_url="")
    db.session.commit()
    assert fetch_pictures(allow=LOOPBACK) == 0
    assert site.requests == []


def test_a_picture_chosen_by_hand_is_not_replaced(app, site):
    one = item(picture_url=site.give("/a.jpg", picture(), "image/jpeg"))
    mine = keep(picture(colour=(9, 9, 9)))
    one.edit(picture=mine)
    db.session.commit()
    fetch_pictures(allow=LOOPBACK)
    assert one.picture == mine


def test_a_limit_and_a_feed_are_kept_to(app, site):
    url, mine = site.give("/a.jpg", picture(), "image/jpeg"), feed()
    for _ in range(3):
        item(picture_url=url, feed=mine)
    item(picture_url=url)
    db.session.commit()
    assert fetch_pictures(allow=LOOPBACK, feed_id=mine.id, limit=2) == 2
    assert fetch_pictures(allow=LOOPBACK, feed_id=mine.id) == 1
    assert fetch_pictures(allow=LOOPBACK) == 1
    assert db.session.scalar(sa.select(sa.func.count(Picture.id))) == 1
