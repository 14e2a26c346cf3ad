"""The numbers of the letters: the list, and the desk where a draft is made."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select
from sqlalchemy.orm import defer, joinedload, selectinload
from wtforms import DateField, validators

from crm.auth import PUBLISH, READ, allow
from crm.db import db
from crm.filters import plural, today
from crm.forms import Form, line, text
from crm.newsletter import programme
from crm.newsletter.compose import compose
from crm.newsletter.conditions import Condition
from crm.newsletter.desk import memory, presence, sense
from crm.newsletter.desk.agree import Clash, agree, who_wrote
from crm.newsletter.desk.gestures import DeskGesture, gesture
from crm.newsletter.issues import Issue, Publication, Section
from crm.newsletter.placements import Form as BlockForm
from crm.newsletter.placements import Placement
from crm.newsletter.staff import words
from crm.text import one_line

bp = Blueprint("issues", __name__)

TEXTS = "textes"
# How a letter may be looked at.
VIEWS = {
    "ordinateur": "Ordinateur", "telephone": "Téléphone", "sombre": "Sombre",
    "gris": "Noir et blanc", "texte": "Texte",
}  # fmt: skip


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
        on = _next_morning()
        programme.bring(on)
        issue = compose(publication, on, by=current_user)
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
    with gesture(issue, "changer l’objet ou les textes", by=current_user, typing=TEXTS):
        typed = words.typed(form) | {"planned_on": form.planned_on.data.isoformat()}
        found = agree(typed, words.texts_of(issue), words.posted())
        if not found.clashes:
            _write(issue, found.values)
    db.session.commit()
    if found.clashes:
        return desk(issue, form, found.clashes), 409
    return redirect(url_for(".show", issue_id=issue.id))


def _write(issue: Issue, values: dict[str, str]) -> None:
    issue.subject, issue.preheader = values["subject"], values["preheader"]
    issue.editorial = values["editorial"]
    issue.planned_on = date.fromisoformat(values["planned_on"])


@bp.post("/numeros/<int:issue_id>/programme")
@allow(PUBLISH)
def bring(issue_id: int) -> ResponseReturnValue:
    """Have the events of the programme among what may be taken."""
    issue = draft(issue_id)
    items = programme.bring_for(issue)
    db.session.commit()
    flash(
        f"{plural(len(items), 'événement')} du programme dans les {programme.AHEAD.days} jours qui "
        "suivent l’envoi."
    )
    return redirect(url_for(".show", issue_id=issue.id) + "#nouveautes")


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


def desk(issue: Issue, form: TextsForm, clashes: Sequence[Clash] = ()) -> str:
    """The page where a draft is made."""
    placements = selectinload(Issue.sections).selectinload(Section.placements)
    whole = placements.options(joinedload(Placement.item), joinedload(Placement.own_picture))
    db.session.get(Issue, issue.id, options=[whole], populate_existing=True)
    searched = one_line(request.args.get("q"))[:200]
    return render_template(
        "staff/newsletter/issues/show.html",
        issue=issue,
        form=form,
        clashes=clashes,
        wrote=who_wrote(issue, TEXTS) if clashes else None,
        seen=words.seen(words.texts_of(issue)),
        shelf=memory.shelf(issue),
        searched=searched,
        found=memory.find(issue, searched) if searched else [],
        warnings=memory.warnings(issue),
        troubles=sense.troubles(issue.sections),
        forms={one.id: _words(one) for one in issue.placements},
        block_forms=BlockForm.free(),
        done=db.session.scalar(DeskGesture.done(issue).limit(1)),
        undone=db.session.scalar(DeskGesture.undone(issue).limit(1)),
        others=presence.others(issue, current_user),
        readers=_readers(issue),
        source=memory.source,
        **preview_state(),
    )


def _readers(issue: Issue) -> dict[tuple[str, int], str]:
    """For whom the parts that are not for everybody are, sections (s) and placements (p)."""
    parts = [("s", one) for one in issue.sections] + [("p", one) for one in issue.placements]
    drawn = {(sign, one.id): Condition.draw(one.only) for sign, one in parts if one.only}
    return {key: found.label for key, found in drawn.items() if found}


def _words(placement: Placement) -> tuple[Form, str]:
    """The form of a placement, and what it says now."""
    form = words.apart(words.form_for(placement, is_posted=False), placement)
    return form, words.seen(words.said_by(placement))


def preview_state() -> dict[str, object]:
    """How the letter is shown beside the desk: which way, and as whom."""
    view = request.args.get("vue", "")
    return {
        "view": view if view in VIEWS else "ordinateur",
        "views": VIEWS,
        "reader": request.args.get("abonne", 0, type=int),
    }


def _next_morning() -> date:
    """Tomorrow, or Monday when tomorrow is in the weekend: the day a letter usually leaves."""
    day = today() + timedelta(days=1)
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
