"""The numbers of the letters: the list, and the desk where a draft is made."""

from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy.orm import defer, selectinload
from wtforms import DateField, validators

from crm.auth import PUBLISH, READ, allow
from crm.db import db
from crm.filters import today
from crm.forms import Form, line, text
from crm.newsletter.compose import candidates, compose
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.items import Item, Kind

bp = Blueprint("issues", __name__)


class TextsForm(Form):
    subject = line("Objet du courriel", 200, required=True)
    preheader = line("Phrase d’aperçu", 200, hint="Ce qui suit l’objet dans la boîte de réception.")
    editorial = text("Éditorial", 20_000, hint="Mise en forme Markdown : **gras**, *italique*, "
                     "[lien](https://…), listes avec « - ».")  # fmt: skip
    planned_on = DateField(
        "Date d’envoi prévue", [validators.InputRequired("Indiquez le jour de l’envoi.")],
        description="Ce qui se termine avant est écarté.",
    )  # fmt: skip

    def validate_planned_on(self, field: DateField) -> None:
        if field.data and abs(field.data - today()) > timedelta(days=366):
            raise validators.ValidationError("Cette date est à plus d’un an d’aujourd’hui.")


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    publications = db.session.scalars(Publication.open()).all()
    letters = [(p, db.session.scalars(_latest(p)).all()) for p in publications]
    return render_template("staff/newsletter/issues/index.html", letters=letters)


def _latest(publication: Publication) -> Select[Issue]:
    return Issue.newest(publication).options(defer(Issue.content)).limit(12)


@bp.post("/<slug>/numeros")
@allow(PUBLISH)
def create(slug: str) -> ResponseReturnValue:
    """Compose the next number; the draft there already is, if any, when pressed twice."""
    publication = Publication.find(slug) or abort(404)
    db.session.refresh(publication, with_for_update=True)
    issue = db.session.scalar(Issue.drafts().where(Issue.publication_id == publication.id))
    if issue is None:
        issue = compose(publication, _next_morning(), by=current_user)
        flash(f"{issue.title} est composé : relisez, déplacez, réécrivez.")
    else:
        flash(f"{issue.title} est déjà en préparation : le voici.")
    db.session.commit()
    return redirect(url_for(".show", issue_id=issue.id))


@bp.get("/numeros/<int:issue_id>")
@allow(READ)
def show(issue_id: int) -> ResponseReturnValue:
    issue = find(issue_id)
    if not issue.is_draft:
        return redirect(url_for("staff.newsletter.sending.show", issue_id=issue.id))
    return desk(issue, TextsForm(obj=issue))


@bp.post("/numeros/<int:issue_id>/textes")
@allow(PUBLISH)
def update(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    form = TextsForm(obj=issue)
    if not form.is_valid_post():
        return desk(issue, form), 422
    form.populate_obj(issue)
    db.session.commit()
    return redirect(url_for(".show", issue_id=issue.id))


@bp.route("/numeros/<int:issue_id>/suppression", methods=["GET", "POST"])
@allow(PUBLISH)
def delete(issue_id: int) -> ResponseReturnValue:
    issue = draft(issue_id)
    if request.method == "POST":
        title = issue.title
        db.session.delete(issue)
        db.session.commit()
        flash(f"Le brouillon de {title} est supprimé ; ses contenus restent disponibles.")
        return redirect(url_for(".index"))
    return render_template("staff/newsletter/issues/delete.html", issue=issue)


def find(issue_id: int) -> Issue:
    return db.get_or_404(Issue, issue_id)


def draft(issue_id: int) -> Issue:
    """The issue, if it can still change; otherwise 409 with what to do."""
    issue = find(issue_id)
    if not issue.is_draft:
        abort(409, f"{issue.title} est programmé ou envoyé : il ne change plus.")
    return issue


def desk(issue: Issue, form: TextsForm) -> str:
    """The page where a draft is made."""
    whole = selectinload(Issue.sections).selectinload(Section.placements)
    db.session.get(Issue, issue.id, options=[whole], populate_existing=True)
    left: dict[Kind, list[Item]] = {}
    for item in candidates(issue):
        left.setdefault(item.kind, []).append(item)
    return render_template(
        "staff/newsletter/issues/show.html", issue=issue, form=form, left=left, kinds=Kind
    )


def _next_morning() -> date:
    """Tomorrow, or Monday when tomorrow is in the weekend: the day a letter usually leaves."""
    day = today() + timedelta(days=1)
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
