"""Pictures kept with us: checked by decoding them, made small, without what says who took them.

Fetching them commits as it goes: each is a visit to someone else's site, and one that fails must
not undo the others.
"""

import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

import sqlalchemy as sa
from PIL import Image, ImageOps

from crm.config import Network
from crm.db import db, now
from crm.filters import today
from crm.newsletter.feeds import web
from crm.newsletter.feeds.reach import Unreachable
from crm.newsletter.items import Item, Picture

log = logging.getLogger(__name__)

MAX_BYTES = 8 * web.MEGABYTE
MAX_PIXELS = 50_000_000
MAX_WIDTH = 1200  # pixels: twice the width of a letter, for fine screens
MIN_SIDE = 32  # below, it is a tracker or an icon
MAX_PNG = 600_000  # bytes: a photograph in PNG is better in JPEG
QUALITY = 82
TOO_LARGE = "L’image est trop grande (plus de 50 millions de points)."
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SECONDS = 15.0
FRESH = timedelta(days=120)  # an older item is not going to be relayed


class BadPicture(ValueError):
    """What was given cannot be shown. The message is a sentence in French."""


def keep(content: bytes) -> Picture:
    """The picture made of this file, ready to show; the one already kept when it is the same.

    Raises BadPicture.
    """
    stored, media_type, size = prepare(content)
    digest = hashlib.sha256(stored).hexdigest()
    known = sa.select(Picture).where(Picture.digest == digest)
    picture = db.session.scalar(known)
    if picture is not None:
        return picture
    picture = Picture(
        digest=digest, media_type=media_type, width=size[0], height=size[1], content=stored
    )
    try:
        with db.session.begin_nested():
            db.session.add(picture)
    except sa.exc.IntegrityError:  # someone else kept it in between
        return db.session.scalars(known).one()
    return picture


def prepare(content: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """The same picture at most 1200 px wide, in JPEG or PNG, its media type and its size.

    Raises BadPicture.
    """
    if len(content) > MAX_BYTES:
        raise BadPicture("L’image est trop lourde (plus de 8 Mo).")
    try:
        image = _decoded(content)
    except BadPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture(TOO_LARGE) from error
    except Exception as error:  # a decoder may stumble in any way on a file made for that
        raise BadPicture("Ce fichier n’est pas une image JPEG, PNG, WebP ou GIF.") from error
    stored, media_type = _encoded(image)
    return stored, media_type, image.size


def _decoded(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=FORMATS) as file:
        width, height = file.size
        if width * height > MAX_PIXELS:
            raise BadPicture(TOO_LARGE)
        if min(width, height) < MIN_SIDE:
            raise BadPicture("L’image est trop petite (moins de 32 points).")
        is_drawing = file.format in ("PNG", "GIF")
        file.draft("RGB", (MAX_WIDTH, MAX_WIDTH))
        image = ImageOps.exif_transpose(file)
    see_through = image.has_transparency_data
    image = image.convert("RGBA" if see_through else "RGB")
    if image.width > MAX_WIDTH:
        height = max(1, round(image.height * MAX_WIDTH / image.width))
        image = image.resize((MAX_WIDTH, height), Image.Resampling.LANCZOS)
    # Position, camera, author: nothing of it leaves with the letter.
    image.info = {"is_drawing": is_drawing}
    return image


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    if image.info.pop("is_drawing") or image.mode == "RGBA":
        png = io.BytesIO()
        image.save(png, "PNG", optimize=True)
        if png.tell() <= MAX_PNG:
            return png.getvalue(), "image/png"
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return jpeg.getvalue(), "image/jpeg"


def fetch_pictures(
    *, allow: Sequence[Network] = (), feed_id: int | None = None, limit: int = 100
) -> int:
    """Fetch the pictures that items still wait for, the newest first; how many were kept.

    Each is asked for once: an item whose picture cannot be had goes without. Commits after each.
    """
    items = sa.select(Item.id, Item.picture_url).where(*_waits())
    if feed_id is not None:
        items = items.where(Item.feed_id == feed_id)
    waiting = db.session.execute(items.order_by(Item.seen_at.desc(), Item.id).limit(limit)).all()
    db.session.commit()
    return sum(_fetch(item_id, url, allow) for item_id, url in waiting)


def _waits() -> Iterator[sa.ColumnElement[bool]]:
    yield Item.picture_url != ""
    yield Item.picture_tried_at.is_(None)
    yield Item.seen_at > now() - FRESH
    yield sa.or_(Item.ends_on.is_(None), Item.ends_on >= today())


def _fetch(item_id: int, url: str, allow: Sequence[Network]) -> bool:
    """Fetch one picture for one item, no transaction being open while the site answers."""
    try:
        content = web.get(url, allow=allow, max_bytes=MAX_BYTES, seconds=SECONDS).content
        picture = keep(content)
    except (Unreachable, BadPicture) as error:
        log.warning("image de l’item %s laissée de côté\u00a0: %s", item_id, error)
        picture = None
    item = db.session.get(Item, item_id, with_for_update={"of": Item}, populate_existing=True)
    fits = item is not None and item.picture_url == url  # it may have changed meanwhile
    if item is not None and fits:
        item.picture_tried_at = now()
        if picture is not None and not {"picture", "picture_id", "picture_url"} & {*item.kept}:
            item.picture = picture
    db.session.commit()
    return fits and picture is not None
