"""« Nos règles »: the few numbers by which the team works."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, validators

from crm.auth import WORK, allow
from crm.db import db
from crm.forms import Form
from crm.requests.rules import Rules

bp = Blueprint("rules", __name__, url_prefix="/regles")


def _number(label: str, least: int, most: int, hint: str) -> Any:
    checks = [
        validators.InputRequired("Écrivez un nombre entier."),
        validators.NumberRange(least, most, f"Entre {least} et {most}."),
    ]
    return IntegerField(label, checks, description=hint)


class RulesForm(Form):
    silence = _number("Sans nouvelles après (jours)", 1, 365,
                      "Passé ce délai, une demande revient à la réunion.")  # fmt: skip
    offered = _number("Créneaux proposés d’office", 1, 9,
                      "Ils partent avec une attribution, si l’on n’en dit rien.")  # fmt: skip
    reminded = _number("Rappel avant un rendez-vous (heures)", 1, 168,
                       "Le demandeur reçoit alors un courriel.")  # fmt: skip


@bp.route("/", methods=["GET", "POST"])
@allow(WORK)
def edit() -> ResponseReturnValue:
    rules = Rules.current()
    form = RulesForm(obj=rules)
    if form.is_valid_post():
        form.populate_obj(rules)
        db.session.add(rules)
        db.session.commit()
        flash("Les règles sont enregistrées.")
        return redirect(url_for("staff.requests.meetings.index"))
    code = 422 if form.errors else 200
    return render_template("staff/requests/rules/edit.html", form=form), code
