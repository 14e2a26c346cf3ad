"""Who the network is, and the four people of its team."""

import io
import math

import sqlalchemy as sa
from PIL import Image, ImageDraw

from crm.db import db
from crm.identity import ATTENTION, BRAND, Identity
from crm.seed.network import Network
from crm.users import User, UserRole

PASSWORD = "bonjour-arvalia"  # noqa: S105 — written on the screen of whoever tries the software
TEAM = (
    ("awa", "Awa Diallo", UserRole.COMMUNICATION),
    ("benoit", "Benoît Faure", UserRole.OFFICER),
    ("nadia", "Nadia Roche", UserRole.ADMIN),
    ("luc", "Luc Martin", UserRole.READER),
)


def fill(network: Network) -> None:
    """The identity, and the accounts. One that was there already is left as it is."""
    known = User(email="", role=UserRole.READER)
    known.set_password(PASSWORD)  # slow on purpose: once for the four of them
    for key, name, role in TEAM:
        email = f"{key}@example.org"
        user = User.find(email)
        if user is None:
            user = User(email=email, name=name, role=role, password_hash=known.password_hash)
            db.session.add(user)
        network.users[key] = user
    db.session.add(_identity())
    db.session.flush()


def logins() -> list[str]:
    """How to sign in to the demonstration; nothing where its accounts are not, or no longer."""
    emails = [f"{key}@example.org" for key, _, _ in TEAM]
    users = db.session.scalars(sa.select(User).where(User.email.in_(emails)).order_by(User.id))
    known = [user for user in users if user.is_active and user.has_password(PASSWORD)]
    if not known:
        return []
    width = max(len(user.email) for user in known)
    first = f"Connexion de démonstration : mot de passe « {PASSWORD} », avec l’une de ces adresses"
    return [first, *(f"  {user.email:{width}}  {user.name}, {user.role.label}" for user in known)]


def _identity() -> Identity:
    identity = Identity.current()
    identity.name = "Arvalia, réseau régional de coopération internationale"
    identity.short_name = "Arvalia"
    identity.tagline = "Informer, accompagner et relier celles et ceux qui coopèrent"
    identity.postal_address = "27 quai des Arpenteurs\n69007 Lyon"
    identity.email = "contact@arvalia.example.org"
    identity.phone = "04 65 71 00 10"
    identity.website = "https://arvalia.example.org"
    identity.brand, identity.attention = BRAND, ATTENTION
    identity.logo, identity.logo_type = logo(), "image/png"
    identity.logo_width = identity.logo_height = LOGO
    return identity


LOGO = 192  # pixels, each side


def logo() -> bytes:
    """Seven points tied into a mesh: the network, in its own colour."""
    scale = 4  # drawn large, then reduced: smooth edges
    side = LOGO * scale
    image = Image.new("RGB", (side, side), "#ffffff")
    draw = ImageDraw.Draw(image)
    middle, reach = side / 2, side * 0.36
    around = [
        (middle + reach * math.cos(turn), middle + reach * math.sin(turn))
        for turn in (math.pi * (2 * step + 1) / 6 for step in range(6))
    ]
    for start, end in zip(around, [*around[1:], around[0]], strict=True):
        draw.line([start, end], fill=BRAND, width=side // 36)
        draw.line([start, (middle, middle)], fill=BRAND, width=side // 36)
    for x, y in around:
        _dot(draw, x, y, side * 0.075, BRAND)
    _dot(draw, middle, middle, side * 0.115, ATTENTION)
    out = io.BytesIO()
    image.resize((LOGO, LOGO), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
