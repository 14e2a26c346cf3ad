"""Imports: a file comes in, is rehearsed, then a worker applies it, and undoes it if need be."""

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.acts import Did, record_mine
from crm.auth import READ, WORK, allow
from crm.contacts.files import intake, undo
from crm.contacts.files.columns import COLUMNS
from crm.contacts.files.imports import Import, Stage
from crm.contacts.files.mappings import MappingError
from crm.contacts.files.rehearse import NEW, Outcome, Rehearsal
from crm.contacts.files.spreadsheets import TableError, read_table
from crm.contacts.kinds import ContactKind
from crm.contacts.staff.search import card_url
from crm.db import db, start_reading, start_writing
from crm.forms import ask_again
from crm.jobs import enqueue

bp = Blueprint("imports", __name__, url_prefix="/imports")

MOST = 20_000  # rows of a file that a page rehearses while one waits
SHOWN = 200  # lines of one kind on a page
PREPARED = (Stage.DRAFT, Stage.FAILED)  # nothing was changed yet: it can be seen again

# What became of the lines, once it is done.
_DONE = {
    Outcome.CREATED: "créées",
    Outcome.CHANGED: "modifiées",
    Outcome.UNCHANGED: "déjà là, inchangées",
    Outcome.DOUBTFUL: "douteuses, laissées de côté",
    Outcome.REFUSED: "refusées",
}


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    page = db.paginate(Import.latest(), per_page=30)
    return render_template("staff/contacts/imports/index.html", page=page, problem="")


@bp.post("/")
@allow(WORK)
def create() -> ResponseReturnValue:
    sent = request.files.get("fichier")
    if sent is None or not sent.filename:
        return _refuse("Choisissez d’abord un fichier, CSV ou XLSX.")
    try:
        start_reading()  # nobody waits while the file is read
        content = sent.stream.read()
        headings = intake.look(content, MOST)
    except TableError as error:
        return _refuse(str(error))
    start_writing()
    name = sent.filename.replace("\\", "/").rpartition("/")[2]
    record = intake.keep(name, content, headings, by=current_user)
    db.session.commit()
    return redirect(url_for(".show", import_id=record.id))


def _refuse(problem: str) -> ResponseReturnValue:
    page = db.paginate(Import.latest(), per_page=30)
    return render_template("staff/contacts/imports/index.html", page=page, problem=problem), 422


@bp.get("/<int:import_id>")
@allow(READ)
def show(import_id: int) -> ResponseReturnValue:
    record = db.get_or_404(Import, import_id)
    if record.stage in PREPARED:
        return _rehearsed(record)
    return render_template(
        "staff/contacts/imports/done.html",
        record=record,
        percent=intake.progress_of(record),
        done=_DONE,
        shown=SHOWN,
    )


def _rehearsed(
    record: Import, problem: str = "", typed: dict[str, str] | None = None
) -> ResponseReturnValue:
    """What applying it would do; `typed` is what someone just said of its columns, refused."""
    rehearsal: Rehearsal | None = None
    try:
        rehearsal = intake.rehearsal_of(record)
    except (TableError, MappingError) as error:
        problem = problem or str(error)
    return render_template(
        "staff/contacts/imports/show.html",
        record=record,
        rehearsal=rehearsal,
        fields=typed or (rehearsal.fields if rehearsal else _in_order(record)),
        problem=problem,
        columns=COLUMNS.values(),
        card_url=card_url,
        outcomes=Outcome,
        shown=SHOWN,
    ), (422 if problem else 200)


def _in_order(record: Import) -> dict[str, str]:
    """What its columns mean, in the order of the file: a database may keep them in another."""
    try:
        headings = read_table(record.content).headings
    except TableError:
        return {}
    return {heading: record.fields.get(heading, "") for heading in headings}


@bp.post("/<int:import_id>/colonnes")
@allow(WORK)
def understand(import_id: int) -> ResponseReturnValue:
    start_reading()  # nobody waits while the file is read
    record = _draft(import_id)
    names = request.form.getlist("titre")
    fields = dict(zip(names, request.form.getlist("champ"), strict=False))
    try:
        headings, meant = intake.checked(record, fields)
    except MappingError as error:
        return _rehearsed(record, str(error), fields)
    start_writing()
    record = _draft(import_id)
    intake.correct(record, headings, meant)
    record.creates_terms = bool(request.form.get("termes"))
    db.session.commit()
    return redirect(url_for(".show", import_id=record.id))


@bp.post("/<int:import_id>/lignes/<int:line>")
@allow(WORK)
def decide(import_id: int, line: int) -> ResponseReturnValue:
    record = _draft(import_id)
    for kind in ContactKind:
        if kind.value in request.form:
            intake.decide(record, line, kind, _choice(request.form[kind.value]))
    db.session.commit()
    return redirect(url_for(".show", import_id=record.id) + "#doubtful")


def _choice(said: str) -> str:
    """A new card, one that exists, or nothing: the line waits again."""
    is_number = said.isascii() and said.isdecimal() and len(said) < 20
    return said if is_number or said in (NEW, "") else abort(400)


@bp.post("/<int:import_id>/application")
@allow(WORK)
def apply(import_id: int) -> ResponseReturnValue:
    record = db.get_or_404(Import, import_id)
    intake.ask(record, by=current_user)
    record_mine(Did.IMPORTED, record)
    db.session.commit()
    enqueue(intake.run, record.id)
    return redirect(url_for(".show", import_id=record.id))


@bp.get("/<int:import_id>/avancement.json")
@allow(READ)
def progress(import_id: int) -> Response:
    record = db.get_or_404(Import, import_id)
    is_over = not record.is_running
    done = intake.progress_of(record)
    return jsonify(total=100, settled=done, is_started=True, is_over=is_over)


@bp.route("/<int:import_id>/annulation", methods=["GET", "POST"])
@allow(WORK)
def cancel(import_id: int) -> ResponseReturnValue:
    record = db.get_or_404(Import, import_id)
    if ask_again():
        made, changed = undo.foreseen(record)
        return render_template(
            "staff/contacts/imports/cancel.html", record=record, made=made, changed=changed
        )
    is_new = record.stage is Stage.APPLIED
    try:
        undo.ask(record)
    except undo.UndoRefused as refused:
        abort(409, str(refused))
    if is_new:
        record_mine(Did.IMPORTED, record, "annulé")
    db.session.commit()
    enqueue(intake.run, record.id)
    return redirect(url_for(".show", import_id=record.id))


@bp.post("/<int:import_id>/suppression")
@allow(WORK)
def delete(import_id: int) -> ResponseReturnValue:
    record = _draft(import_id)
    db.session.delete(record)
    db.session.commit()
    flash(f"«\u00a0{record.name}\u00a0» est oublié\u00a0; rien n’avait été changé.")
    return redirect(url_for(".index"))


def _draft(import_id: int) -> Import:
    record = db.get_or_404(Import, import_id)
    if record.stage not in PREPARED:
        abort(409, "Cet import est déjà parti\u00a0: il ne change plus.")
    return record
