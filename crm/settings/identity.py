"""« Identité du réseau »: who writes, and in which colours."""

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from PIL import Image
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, validators

from crm.auth import PUBLISH, allow
from crm.colours import is_colour, is_readable, nearest_readable
from crm.db import db, now
from crm.forms import Form, WebAddress, email, line, text
from crm.identity import Identity

bp = Blueprint("identity", __name__, url_prefix="/identite")

LOGO_BYTES = 1024 * 1024
LOGO_PIXELS = 4_000_000
LOGO_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


class BadLogo(ValueError):
    """A file that cannot be the logo. The message is a sentence in French."""


class ReadableColour:
    """Refuses a colour that cannot be read on our paper, and puts the nearest that can instead."""

    def __call__(self, _form: Form, field: FileField) -> None:
        if not is_colour(field.data or ""):
            raise validators.ValidationError("Une couleur s’écrit #0b6e69.")
        if not is_readable(field.data):
            refused, field.data = field.data, nearest_readable(field.data)
            field.raw_data = [field.data]  # what the page shows again
            raise validators.ValidationError(
                f"{refused} ne se lit pas assez bien sur fond clair. Voici la couleur lisible la "
                f"plus proche, {field.data} : enregistrez pour la garder."
            )


class IdentityForm(Form):
    name = line("Nom du réseau", 200, required=True)
    short_name = line("Nom court", 60, required=True, hint="Celui que l’on dit au téléphone.")
    tagline = line("Ce que fait le réseau, en une phrase", 300)
    postal_address = text("Adresse postale", 500, hint="Obligatoire au bas de chaque lettre.")
    email = email("Courriel de contact")
    phone = line("Téléphone", 40)
    website = line("Site du réseau", 500, validators=[WebAddress()])
    brand = line("Couleur principale", 7, required=True, validators=[ReadableColour()],
                 hint="Titres, liens et boutons.", render_kw={"type": "color"})  # fmt: skip
    attention = line("Couleur d’attention", 7, required=True, validators=[ReadableColour()],
                     hint="Échéances et alertes.", render_kw={"type": "color"})  # fmt: skip
    logo = FileField("Logo", description="PNG, JPEG, GIF ou WebP, 1 Mo au plus.",
                     render_kw={"accept": ",".join(LOGO_TYPES.values())})  # fmt: skip
    remove_logo = BooleanField("Retirer le logo")


@bp.route("/", methods=["GET", "POST"])
@allow(PUBLISH)
def edit() -> ResponseReturnValue:
    identity = Identity.current()
    form = IdentityForm(obj=identity)
    if form.is_valid_post() and _take_logo(form, identity):
        for name in ("name", "short_name", "tagline", "postal_address", "email", "phone",
                     "website", "brand", "attention"):  # fmt: skip
            setattr(identity, name, form[name].data or "")
        identity.updated_at = now()
        db.session.add(identity)
        db.session.commit()
        flash("L’identité du réseau est enregistrée.")
        return redirect(url_for(".edit"))
    code = 422 if form.errors else 200
    return render_template("staff/settings/identity/edit.html", form=form), code


def _take_logo(form: IdentityForm, identity: Identity) -> bool:
    """Keep the logo that was sent, or drop the present one. False when it cannot be used."""
    sent = request.files.get("logo")
    if form.remove_logo.data:
        identity.logo, identity.logo_type = None, ""
    if sent is None or not sent.filename:
        return True
    try:
        _keep_logo(sent, identity)
    except BadLogo as error:
        form.logo.errors = [str(error)]
        return False
    return True


def _keep_logo(sent: FileStorage, identity: Identity) -> None:
    content = sent.stream.read(LOGO_BYTES + 1)
    if len(content) > LOGO_BYTES:
        raise BadLogo("Ce logo pèse plus de 1 Mo : réduisez-le, puis recommencez.")
    try:
        with Image.open(BytesIO(content), formats=list(LOGO_TYPES)) as picture:
            if picture.width * picture.height > LOGO_PIXELS:
                raise BadLogo("Ce logo a trop de points : 2 000 × 2 000 au plus.")
            picture.load()
            kind, size = LOGO_TYPES[picture.format or "PNG"], picture.size
    except BadLogo:
        raise
    except Exception as error:  # a decoder may stumble in any way on a file made for that
        raise BadLogo("Ce fichier n’est pas une image PNG, JPEG, GIF ou WebP.") from error
    identity.logo, identity.logo_type = content, kind
    identity.logo_width, identity.logo_height = size
