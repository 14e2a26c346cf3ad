"""Pictures for the items: abstract compositions, drawn here, each said in words."""

import hashlib
import io
import math
import random
from itertools import product

from PIL import Image, ImageDraw

from crm.db import db
from crm.newsletter.items import Picture
from crm.seed.french import typeset
from crm.seed.network import Network

WIDTH, HEIGHT = 1200, 675
# What it looks like, then the sky and the four layers in front of it.
PALETTES = (
    ("tons de terre et d’ocre", "#f3e3c8 #e0b479 #c98347 #9c5530 #5f3423"),
    ("verts et bleus du matin", "#e6f0ea #a9cfc0 #5f9f97 #2f6f73 #1d4750"),
    ("roses et violets du soir", "#f8e4df #e5a99a #bd6f7c #7c4a72 #43304f"),
)
Layers = tuple[str, ...]


def fill(network: Network) -> list[tuple[Picture, str]]:
    """Draw them and keep them: each with its alternative text."""
    rng = network.chance("pictures")
    pictures = []
    for (motif, words), (tone, colours) in list(product(MOTIFS, PALETTES))[: network.size.pictures]:
        image = Image.new("RGB", (WIDTH, HEIGHT), colours.split()[0])
        motif(ImageDraw.Draw(image), tuple(colours.split()), rng)
        said = typeset(f"Composition abstraite : {words}, {tone}.")
        pictures.append((_kept(image), said))
    db.session.add_all(picture for picture, _ in pictures)
    return pictures


def _kept(image: Image.Image) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    content = out.getvalue()
    return Picture(
        digest=hashlib.sha256(content).hexdigest(), media_type="image/jpeg", width=WIDTH,
        height=HEIGHT, content=content,
    )  # fmt: skip


def _hills(draw: ImageDraw.ImageDraw, colours: Layers, rng: random.Random) -> None:
    x, y, radius = rng.randint(250, 950), rng.randint(130, 230), rng.randint(60, 110)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colours[1])
    for rank, colour in enumerate(colours[1:]):
        base, phase = 300 + rank * 90, rng.uniform(0, 6)
        crest = [
            (x, base + 60 * math.sin(x / (170 + 40 * rank) + phase) + 22 * math.sin(x / 71 + phase))
            for x in range(0, WIDTH + 1, 12)
        ]
        draw.polygon([(0, HEIGHT), *crest, (WIDTH, HEIGHT)], fill=colour)


def _weaving(draw: ImageDraw.ImageDraw, colours: Layers, rng: random.Random) -> None:
    step = 75
    for row, column in product(range(HEIGHT // step), range(WIDTH // step)):
        x, y, colour = column * step, row * step, rng.choice(colours[1:])
        if (row + column) % 2:
            draw.rectangle((x, y + 12, x + step, y + step - 12), fill=colour)
        else:
            draw.rectangle((x + 12, y, x + step - 12, y + step), fill=colour)


def _circles(draw: ImageDraw.ImageDraw, colours: Layers, rng: random.Random) -> None:
    for _ in range(9):
        x, y, radius = rng.randint(0, WIDTH), rng.randint(0, HEIGHT), rng.randint(70, 240)
        for ring, colour in enumerate(rng.sample(colours, 4)):
            size = radius * (4 - ring) / 4
            draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)


def _leaves(draw: ImageDraw.ImageDraw, colours: Layers, rng: random.Random) -> None:
    for _ in range(46):
        x, y = rng.randint(-40, WIDTH), rng.randint(-40, HEIGHT)
        length, turn = rng.randint(120, 260), rng.uniform(0, math.pi)
        right = [_leaf_point(x, y, length, turn, t / 10, 1) for t in range(11)]
        left = [_leaf_point(x, y, length, turn, t / 10, -1) for t in range(10, -1, -1)]
        draw.polygon(right + left, fill=rng.choice(colours[1:]))


def _leaf_point(
    x: float, y: float, length: float, turn: float, t: float, side: int
) -> tuple[float, float]:
    along, across = length * t, side * length * 0.2 * math.sin(math.pi * t)
    cos, sin = math.cos(turn), math.sin(turn)
    return (x + along * cos - across * sin, y + along * sin + across * cos)


MOTIFS = (
    (_hills, "des collines superposées sous un soleil rond"),
    (_weaving, "un tissage de bandes croisées"),
    (_circles, "des cercles concentriques qui se recouvrent"),
    (_leaves, "un semis de grandes feuilles"),
)
