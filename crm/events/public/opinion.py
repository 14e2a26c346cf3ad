"""The satisfaction form: four questions and two texts, by the personal link, without a name."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, validators

from crm.auth import limiter
from crm.db import db
from crm.events import opine
from crm.events.public.own import opened
from crm.forms import Form, as_choices, text

bp = Blueprint("opinion", __name__)
bp.add_app_template_global(opine.may_answer, "gives_opinion")

_CHOICES = [(str(mark), words) for mark, words in opine.ANSWERS.items()]


class OpinionForm(Form):
    overall = RadioField(
        opine.QUESTIONS["overall"],
        [validators.InputRequired("Choisissez une réponse.")],
        choices=as_choices(_CHOICES),
    )
    content = RadioField(opine.QUESTIONS["content"], [validators.Optional()],
                         choices=as_choices(_CHOICES))  # fmt: skip
    practice = RadioField(opine.QUESTIONS["practice"], [validators.Optional()],
                          choices=as_choices(_CHOICES))  # fmt: skip
    organisation = RadioField(opine.QUESTIONS["organisation"], [validators.Optional()],
                              choices=as_choices(_CHOICES))  # fmt: skip
    liked = text("Ce qui vous a été utile", opine.TEXT)
    better = text("Ce qui pourrait être mieux", opine.TEXT)


@bp.route("/inscriptions/<token>/avis", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def edit(token: str) -> ResponseReturnValue:
    own = opened(token)
    if not opine.may_answer(own):
        abort(404, "Votre avis n’est pas demandé pour cette inscription, ou ne l’est pas encore.")
    form = OpinionForm()
    if form.is_valid_post():
        opine.answer(own, form.data)
        db.session.commit()
        return redirect(url_for(".show", token=token), 303)
    again = opine.has_answered(own)
    code = 422 if form.errors else 200
    page = "public/events/opinion/edit.html"
    return render_template(
        page, own=own, event=own.event, form=form, token=token, again=again
    ), code


@bp.get("/inscriptions/<token>/avis/merci")
def show(token: str) -> ResponseReturnValue:
    own = opened(token)
    page = "public/events/opinion/show.html"
    return render_template(page, own=own, event=own.event, token=token)
