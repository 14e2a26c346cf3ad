"""Model answers: written once, used by all."""

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crm.auth import READ, WORK, allow
from crm.db import db, now
from crm.forms import Form, line, text
from crm.requests.messages import HOLES, ModelAnswer
from crm.requests.staff.card import find

bp = Blueprint("models", __name__)


class ModelForm(Form):
    title = line("Titre", 120, required=True, hint="Tel que l’équipe le choisira dans la liste.")
    text = text("Texte", 20_000, required=True)


@bp.get("/reponses-types/")
@allow(READ)
def index() -> ResponseReturnValue:
    models = db.session.scalars(ModelAnswer.listed()).all()
    return render_template("staff/requests/models/index.html", models=models, holes=HOLES)


@bp.route("/reponses-types/nouvelle", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    return _edited(ModelAnswer(title="", text=""), "staff/requests/models/new.html")


@bp.route("/reponses-types/<int:model_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(model_id: int) -> ResponseReturnValue:
    return _edited(db.get_or_404(ModelAnswer, model_id), "staff/requests/models/edit.html")


def _edited(model: ModelAnswer, template: str) -> ResponseReturnValue:
    form = ModelForm(obj=model)
    if form.is_valid_post() and _is_free(form, model):
        form.populate_obj(model)
        db.session.add(model)
        db.session.commit()
        flash(f"La réponse type « {model.title} » est gardée.")
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template(template, form=form, model=model, holes=HOLES), code


def _is_free(form: ModelForm, model: ModelAnswer) -> bool:
    same = db.session.scalar(select(ModelAnswer).where(ModelAnswer.title == form.title.data))
    if same is not None and same.closed_at is not None and same is not model:
        same.title = f"{same.title[:100]} ({same.id})"  # put away: its title is free again
        db.session.flush()
    elif same is not None and same is not model:
        form.title.errors = ["Une autre réponse type porte ce titre."]
    return not form.errors


@bp.post("/reponses-types/<int:model_id>/retrait")
@allow(WORK)
def close(model_id: int) -> ResponseReturnValue:
    model = db.get_or_404(ModelAnswer, model_id)
    model.closed_at = model.closed_at or now()
    db.session.commit()
    flash(f"La réponse type « {model.title} » n’est plus proposée.")
    return redirect(url_for(".index"))


@bp.get("/<int:request_id>/reponses-types/<int:model_id>")
@allow(WORK)
def fill(request_id: int, model_id: int) -> ResponseReturnValue:
    """A model answer with the requester's words, for the answer being written."""
    asked, model = find(request_id), db.get_or_404(ModelAnswer, model_id)
    return jsonify(text=model.filled(asked, current_user))
