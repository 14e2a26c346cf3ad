"""Photograph: reading the codes that a photo shows, for telephones whose browser reads none."""

import io

import zxingcpp
from PIL import Image

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_SIDE = 1600  # pixels: enough for a code held at arm's length, and quick
_MOST = 8  # codes in one photo


class BadPhoto(ValueError):
    """What was sent cannot be looked at. The message is a sentence in French."""


def codes(content: bytes) -> list[str]:
    """What the QR codes of a photo say (ISO/IEC 18004), those that can be read. Raises BadPhoto."""
    if len(content) > MAX_BYTES:
        raise BadPhoto("Cette photo est trop lourde (plus de 20 Mo).")
    try:
        image = _grey(content)
    except BadPhoto:
        raise
    except Exception as error:  # a decoder may stumble in any way on a file made for that
        raise BadPhoto("Ce fichier n’est pas une photo JPEG, PNG ou WebP.") from error
    qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    found = zxingcpp.read_barcodes(image, formats=qr)
    return [one.text for one in found[:_MOST]]


def _grey(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as file:
        if file.width * file.height > MAX_PIXELS:
            raise BadPhoto("Cette photo est trop grande (plus de 60 millions de points).")
        file.draft("L", (_SIDE, _SIDE))
        image = file.convert("L")
    image.thumbnail((_SIDE, _SIDE))
    return image
