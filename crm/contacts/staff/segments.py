"""Segments: searches kept by name, always current, and fixed lists."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from crm.auth import READ, WORK, allow
from crm.contacts.search.criteria import PAGE, Search
from crm.contacts.search.results import find, hits_of
from crm.contacts.search.segments import Segment, members
from crm.contacts.staff.search import card
from crm.db import db
from crm.forms import Form, ask_again, choice, line

bp = Blueprint("segments", __name__, url_prefix="/segments")


class SegmentForm(Form):
    name = line("Nom du segment", 120, required=True)
    form = choice("Ce qu’il retient", [
        ("recherche", "La recherche\u00a0: les fiches qui y répondent, toujours à jour"),
        ("liste", "La liste d’aujourd’hui\u00a0: ces fiches-là, et elles seules"),
    ])  # fmt: skip


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    segments = db.session.scalars(Segment.by_name()).all()
    counted = [(segment, _count(segment)) for segment in segments]
    return render_template("staff/contacts/segments/index.html", segments=counted)


@bp.route("/nouveau", methods=["GET", "POST"])
@allow(WORK)
def new() -> ResponseReturnValue:
    """Keep the search that the address says."""
    search = Search.parse(request.query_string.decode("utf-8", "replace"))
    form = SegmentForm()
    if form.is_valid_post() and _is_free(form):
        make = Segment.fix if form.form.data == "liste" else Segment.keep
        segment = make(form.name.data, search, by=current_user)
        db.session.commit()
        flash(f"Le segment «\u00a0{segment.name}\u00a0» est gardé.")
        return redirect(url_for(".show", segment_id=segment.id))
    return render_template(
        "staff/contacts/segments/new.html", form=form, search=search, total=find(search).total()
    ), (422 if form.errors else 200)


def _is_free(form: SegmentForm) -> bool:
    if db.session.scalar(select(Segment.id).where(Segment.name == form.name.data)):
        form.name.errors = ["Un segment porte déjà ce nom."]
    return not form.errors


@bp.get("/<int:segment_id>")
@allow(READ)
def show(segment_id: int) -> ResponseReturnValue:
    segment = db.get_or_404(Segment, segment_id)
    total = _count(segment)
    pages = -(-total // PAGE)
    page = min(max(1, request.args.get("page", 1, type=int)), max(1, pages))
    keys = db.session.scalars(members(segment).limit(PAGE).offset((page - 1) * PAGE)).all()
    return render_template(
        "staff/contacts/segments/show.html",
        segment=segment,
        hits=hits_of(list(keys)),
        total=total,
        page=page,
        pages=pages,
        card=card,
    )


@bp.route("/<int:segment_id>/suppression", methods=["GET", "POST"])
@allow(WORK)
def delete(segment_id: int) -> ResponseReturnValue:
    segment = db.get_or_404(Segment, segment_id)
    if ask_again():
        return render_template("staff/contacts/segments/delete.html", segment=segment)
    db.session.delete(segment)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        abort(409, "Un envoi programmé va à ce segment. Annulez l’envoi, ou attendez qu’il parte.")
    flash(f"Le segment «\u00a0{segment.name}\u00a0» est supprimé\u00a0; les fiches restent.")
    return redirect(url_for(".index"))


def _count(segment: Segment) -> int:
    if not segment.is_fixed:
        return find(segment.search).total()
    listed = members(segment).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(listed)) or 0
