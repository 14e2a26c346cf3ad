"""The items: what the website published, and what is typed in by hand."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import BooleanField, DateField, FileField, validators

from crm.auth import PUBLISH, READ, allow
from crm.contacts.departments import DEPARTMENTS
from crm.db import db, now
from crm.forms import Form, WebAddress, choice, line, text
from crm.newsletter.archive import carrying
from crm.newsletter.feeds.addresses import canonical_url
from crm.newsletter.feeds.pictures import BadPicture, keep
from crm.newsletter.items import Item, Kind
from crm.newsletter.placements import Placement
from crm.text import one_line

bp = Blueprint("items", __name__, url_prefix="/contenus")

FIELDS = ("title", "summary", "url", "organisation", "place", "department", "picture_alt",
          "starts_on", "ends_on")  # fmt: skip


class ItemForm(Form):
    kind = choice("Genre", [(kind.value, kind.label) for kind in Kind])
    title = line("Titre", 300, required=True)
    summary = text("Texte court", 5000, hint="Deux ou trois phrases, sans mise en forme.")
    url = line("Lien", 2000, validators=[WebAddress()])
    organisation = line("Organisation", 300)
    place = line("Lieu", 200)
    department = choice(
        "Département", [("", "—"), *((code, f"{code} – {n}") for code, n in DEPARTMENTS.items())]
    )
    starts_on = DateField("Commence le", [validators.Optional()])
    ends_on = DateField(
        "Se termine le", [validators.Optional()],
        description="Date limite d’un appel ou d’une offre, dernier jour d’un événement.",
    )  # fmt: skip
    picture = FileField(
        "Image",
        description="JPEG, PNG, WebP ou GIF, 8 Mo au plus.",
        render_kw={"accept": "image/jpeg,image/png,image/webp,image/gif"},
    )
    remove_picture = BooleanField("Retirer cette image")
    picture_alt = line("Ce que montre l’image", 300, hint="Lu à la place de l’image. Laissez vide "
                       "si elle n’apporte rien de plus que le titre.")  # fmt: skip

    def validate_ends_on(self, field: DateField) -> None:
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise validators.ValidationError("La fin est avant le début.")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    chosen = request.args.get("genre", "")
    kind = Kind(chosen) if chosen in set(Kind) else None
    words = one_line(request.args.get("q"))[:200]
    page = db.paginate(Item.latest(kind, words), per_page=50)
    return render_template(
        "staff/newsletter/items/index.html", page=page, kind=kind, kinds=Kind, words=words
    )


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(PUBLISH)
def new() -> ResponseReturnValue:
    form = ItemForm()
    if form.is_valid_post():
        item = Item(kind=Kind(form.kind.data), published_at=now(), kept=[], tags=[])
        if _take(form, item) and _is_new(form, item):
            db.session.add(item)
            db.session.commit()
            flash(f"« {item.title} » est ajouté.")
            return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template("staff/newsletter/items/new.html", form=form), code


@bp.route("/<int:item_id>", methods=["GET", "POST"])
@allow(PUBLISH)
def edit(item_id: int) -> ResponseReturnValue:
    item = db.get_or_404(Item, item_id)
    form = ItemForm(obj=item, data={"kind": item.kind.value})
    if form.is_valid_post() and _take(form, item):
        item.kind = Kind(form.kind.data)
        db.session.commit()
        flash(
            f"« {item.title} » est enregistré. Le site ne changera plus ce que vous avez corrigé."
        )
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template(
        "staff/newsletter/items/edit.html", form=form, item=item, carried=carrying(item)
    ), code


@bp.route("/<int:item_id>/suppression", methods=["GET", "POST"])
@allow(PUBLISH)
def delete(item_id: int) -> ResponseReturnValue:
    """What was typed by hand and is in no number; what a source says would only come back."""
    item = db.get_or_404(Item, item_id)
    refusal = _why_stays(item)
    if request.method == "POST":
        if refusal:
            abort(409, refusal)
        db.session.delete(item)
        db.session.commit()
        flash(f"«\u00a0{item.title}\u00a0» est supprimé.")
        return redirect(url_for(".index"))
    return render_template("staff/newsletter/items/delete.html", item=item, refusal=refusal)


def _why_stays(item: Item) -> str:
    """Why an item cannot be deleted, in French; empty when it can."""
    if item.feed_id is not None:
        return "Ce contenu vient d’une source\u00a0: il serait relu. Retirez-le de votre site."
    placed = db.session.scalars(select(Placement.id).where(Placement.item_id == item.id).limit(1))
    return "Ce contenu est dans un numéro\u00a0: retirez-l’en d’abord." if placed.first() else ""


def _take(form: ItemForm, item: Item) -> bool:
    """Give `item` what was typed. False, with the error on its field, for a bad picture."""
    typed = {name: form[name].data if form[name].data is not None else _empty(name)
             for name in FIELDS}  # fmt: skip
    sent = request.files.get("picture")
    try:
        if sent is not None and sent.filename:
            typed["picture"] = keep(sent.stream.read())
        elif form.remove_picture.data:
            typed["picture"] = None
    except BadPicture as error:
        form.picture.errors = [str(error)]
        return False
    item.edit(**typed)
    item.canonical_url = canonical_url(item.url)
    return True


def _is_new(form: ItemForm, item: Item) -> bool:
    """Whether nobody typed the very same thing already: a form is easily sent twice."""
    if db.session.scalar(item.twins().limit(1)) is not None:
        form.title.errors = ["Ce contenu existe déjà, avec ce titre et ce lien."]
    return not form.errors


def _empty(name: str) -> str | None:
    return None if name.endswith("_on") else ""
