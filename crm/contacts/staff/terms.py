"""The vocabularies: what each list holds, how much each term is used, and how it changes."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from crm.auth import ADMIN, allow
from crm.contacts import curate
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.filters import plural
from crm.forms import Form, line

bp = Blueprint("terms", __name__, url_prefix="/vocabulaires")


class TermForm(Form):
    label = line("Nom", 200, required=True)


class MergeForm(Form):
    into = SelectField("Fusionner dans", choices=[])


@bp.get("/")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    return _list(_vocabulary(), TermForm())


@bp.post("/")
@allow(ADMIN)
def create() -> ResponseReturnValue:
    vocabulary, form = _vocabulary(), TermForm()
    if form.is_valid_post():
        try:
            term = curate.create(vocabulary, form.label.data)
        except curate.TermRefused as error:
            form.label.errors = [str(error)]
        else:
            db.session.commit()
            flash(f"«\u00a0{term.label}\u00a0» est ajouté.")
            return _back(term)
    return _list(vocabulary, form), 422


@bp.route("/<int:term_id>", methods=["GET", "POST"])
@allow(ADMIN)
def edit(term_id: int) -> ResponseReturnValue:
    term = _term(term_id)
    form = TermForm(obj=term)
    if form.is_valid_post():
        try:
            curate.rename(term, form.label.data)
        except curate.TermRefused as error:
            form.label.errors = [str(error)]
        else:
            db.session.commit()
            flash(f"C’est «\u00a0{term.label}\u00a0» partout.")
            return _back(term)
    code = 422 if form.errors else 200
    return render_template("staff/contacts/terms/edit.html", form=form, term=term), code


@bp.route("/<int:term_id>/fusion", methods=["GET", "POST"])
@allow(ADMIN)
def merge(term_id: int) -> ResponseReturnValue:
    term, form = _term(term_id), MergeForm()
    others = [one for one in db.session.scalars(Term.of(term.vocabulary)) if one is not term]
    form.into.choices = [SelectChoice(str(one.id), one.label) for one in others]
    count = curate.uses(term.vocabulary)[term.id]
    if form.is_valid_post():
        into = next(one for one in others if str(one.id) == form.into.data)
        moved = curate.merge_terms(term, into)
        db.session.commit()
        flash(f"« {term.label} » est fusionné dans « {into.label} » : {plural(moved, 'fiche')} "
              f"{'change' if moved < 2 else 'changent'} de terme.")  # fmt: skip
        return _back(into)
    code = 422 if form.errors else 200
    return render_template(
        "staff/contacts/terms/merge.html", form=form, term=term, count=count
    ), code


@bp.post("/<int:term_id>/cloture")
@allow(ADMIN)
def close(term_id: int) -> ResponseReturnValue:
    term = _term(term_id)
    curate.close(term)
    db.session.commit()
    flash(f"«\u00a0{term.label}\u00a0» n’est plus proposé\u00a0; les fiches qui l’ont le gardent.")
    return _back(term)


@bp.post("/<int:term_id>/reouverture")
@allow(ADMIN)
def reopen(term_id: int) -> ResponseReturnValue:
    term = _term(term_id)
    curate.reopen(term)
    db.session.commit()
    flash(f"«\u00a0{term.label}\u00a0» est de nouveau proposé.")
    return _back(term)


@bp.post("/<int:term_id>/place")
@allow(ADMIN)
def move(term_id: int) -> ResponseReturnValue:
    term = _term(term_id)
    term.step(-1 if request.form.get("sens") == "haut" else 1)
    db.session.commit()
    return _back(term)


def _list(vocabulary: Vocabulary, form: TermForm) -> str:
    return render_template(
        "staff/contacts/terms/index.html",
        form=form,
        vocabulary=vocabulary,
        vocabularies=Vocabulary,
        terms=db.session.scalars(curate.everything(vocabulary)).all(),
        uses=curate.uses(vocabulary),
    )


def _vocabulary() -> Vocabulary:
    asked = request.args.get("liste", Vocabulary.ACTOR_TYPE.value)
    return Vocabulary(asked) if asked in set(Vocabulary) else abort(404)


def _term(term_id: int) -> Term:
    """The term, unless it has become another."""
    term = db.get_or_404(Term, term_id)
    if term.merged_into is not None:
        abort(409, f"« {term.label} » est fusionné dans « {term.merged_into.label} ».")
    return term


def _back(term: Term) -> ResponseReturnValue:
    return redirect(url_for(".index", liste=term.vocabulary.value, _anchor=f"terme-{term.id}"))
