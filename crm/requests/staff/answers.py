"""Short answers: logged in ten seconds, even without network, and listed."""

import secrets
from functools import partial
from pathlib import Path

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import IntegerField, validators

from crm.auth import READ, WORK, allow
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.terms import Vocabulary
from crm.db import db
from crm.forms import Form, as_choices, choice, line
from crm.requests.answers import Answer
from crm.requests.forms import departments, terms
from crm.requests.jot import CHANNELS, become_request, facts, jot, usual_departments
from crm.requests.kinds import Channel, Public

bp = Blueprint("answers", __name__, url_prefix="/reponses")
bp.add_app_template_global(partial(secrets.token_urlsafe, 16), "new_key")

_MOST = 200  # answers that a device may send at once


class AnswerForm(Form):
    channel = choice("Par", [(one.value, one.label) for one in CHANNELS])
    theme = choice("Thème", [])
    department = choice("Département", departments())
    public = choice("Public", [("", "—"), *((one.value, one.label) for one in Public)])
    people = IntegerField(
        "Personnes renseignées", [validators.InputRequired("Écrivez un nombre."),
                                  validators.NumberRange(1, 1000, "Entre 1 et 1 000.")]
    )  # fmt: skip
    place = line("Lieu", 120)
    note = line("Note", 500)

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.theme.choices = as_choices(terms(Vocabulary.THEME))


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    mine = request.args.get("qui") == "moi"
    query = select(Answer).order_by(Answer.at.desc(), Answer.id.desc())
    query = query.where(Answer.user_id == current_user.id) if mine else query
    shown = query.options(
        *(joinedload(one) for one in (Answer.theme, Answer.user, Answer.person,
                                      Answer.organisation, Answer.request))
    )  # fmt: skip
    return render_template(
        "staff/requests/answers/index.html", page=db.paginate(shown, per_page=50), mine=mine
    )


@bp.get("/nouvelle")
@allow(WORK)
def new() -> ResponseReturnValue:
    """The page that a telephone keeps: it holds nothing personal but who signed in."""
    return render_template(
        "staff/requests/answers/new.html",
        channels=CHANNELS,
        themes=terms(Vocabulary.THEME)[1:],
        usual=usual_departments(),
        departments=DEPARTMENTS,
        publics=Public,
        phone=Channel.PHONE,
        last=request.args.get("notee", 0, type=int),
    )


@bp.post("/")
@allow(WORK)
def create() -> ResponseReturnValue:
    """A form, or a JSON list from a device: the keys that are safe here come back."""
    if request.is_json:
        said = request.get_json(silent=True)
        if not isinstance(said, list) or len(said) > _MOST:
            abort(400, f"Envoyez une liste de {_MOST} réponses au plus.")
        kept = [jot(one, by=current_user) for one in said if isinstance(one, dict)]
        keys = [answer.key for answer in kept if answer is not None]
        db.session.commit()
        return jsonify(kept=keys)
    answer = jot(request.form, by=current_user) or abort(400, "Rechargez la page, et recommencez.")
    db.session.commit()
    return redirect(url_for(".new", notee=answer.id), 303)


@bp.get("/hors-ligne.js")
@allow(WORK)
def worker() -> Response:
    """What keeps the page on the device. From here it can only reach pages below this address."""
    file = Path(current_app.root_path, "static", "js", "offline.js")
    response = Response(file.read_bytes(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.route("/<int:answer_id>", methods=["GET", "POST"])
@allow(WORK)
def edit(answer_id: int) -> ResponseReturnValue:
    answer = db.get_or_404(Answer, answer_id)
    form = AnswerForm(
        data={
            "theme": str(answer.theme_id or ""), "channel": answer.channel.value,
            "public": answer.public.value if answer.public else "", "note": answer.note,
            "department": answer.department, "place": answer.place, "people": answer.people,
        }
    )  # fmt: skip
    if form.is_valid_post():
        for name, value in facts(form.data).items():
            setattr(answer, name, value)
        db.session.commit()
        flash("La réponse est corrigée.")
        return redirect(url_for(".index"))
    code = 422 if form.errors else 200
    return render_template("staff/requests/answers/edit.html", form=form, answer=answer), code


@bp.post("/<int:answer_id>/suppression")
@allow(WORK)
def delete(answer_id: int) -> ResponseReturnValue:
    db.session.delete(db.get_or_404(Answer, answer_id))
    db.session.commit()
    flash("La réponse est supprimée : les chiffres ne la comptent plus.")
    return redirect(url_for(".index"))


@bp.post("/<int:answer_id>/demande")
@allow(WORK)
def become(answer_id: int) -> ResponseReturnValue:
    """A short answer was not enough: it goes on as a request."""
    made = become_request(db.get_or_404(Answer, answer_id), by=current_user)
    db.session.commit()
    flash(f"La demande {made.reference} est ouverte, et vous est confiée.")
    return redirect(url_for("staff.requests.card.show", request_id=made.id))
