"""Exports: a search or a segment as a file, its columns chosen."""

from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue

from crm.acts import Did, record_mine
from crm.auth import WORK, allow
from crm.contacts.files.export import CHOICES, ExportError, as_csv, as_xlsx, columns_of
from crm.contacts.kinds import ContactKind
from crm.contacts.organisations import Organisation
from crm.contacts.people import Person
from crm.contacts.search.criteria import Search
from crm.contacts.search.results import results
from crm.contacts.search.segments import Segment, ids_of, member_ids
from crm.db import begin_reading, db
from crm.filters import today

bp = Blueprint("exports", __name__, url_prefix="/export")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/")
@allow(WORK)
def new() -> ResponseReturnValue:
    """Choose the columns; the address says which search or segment."""
    search, segment = _asked()
    counts = {kind: _count(_ids(search, segment, kind)) for kind in ContactKind}
    return render_template(
        "staff/contacts/exports/new.html",
        search=search,
        segment=segment,
        counts=counts,
        most=max(ContactKind, key=lambda kind: counts[kind]),
        choices=CHOICES,
        kinds=ContactKind,
    )


@bp.post("/")
@allow(WORK)
def create() -> ResponseReturnValue:
    search, segment = _asked()
    kind = ContactKind.PERSON if request.form.get("fiche") == "person" else ContactKind.ORGANISATION
    try:
        columns = columns_of(kind, request.form.getlist(f"colonne-{kind.value}"))
    except ExportError as error:
        abort(400, str(error))
    contacts = _contacts(kind, _ids(search, segment, kind))
    name = f"{kind.label.lower()}-{today().isoformat()}"
    record_mine(Did.EXPORTED, segment, kind.label.lower())
    db.session.commit()
    begin_reading()  # nobody waits while the file is made
    if request.form.get("format") == "xlsx":
        return _workbook(contacts, columns, f"{name}.xlsx")
    content = b"".join(as_csv(contacts, columns))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(content, mimetype="text/csv", headers=headers)


def _workbook(contacts: sa.Select[Any], columns: Any, name: str) -> Response:
    with NamedTemporaryFile(suffix=".xlsx") as file:
        as_xlsx(Path(file.name), contacts, columns)
        content = Path(file.name).read_bytes()
    return send_file(BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)


def _asked() -> tuple[Search, Segment | None]:
    number = request.args.get("segment", type=int)
    segment = db.get_or_404(Segment, number) if number is not None else None
    return Search.parse(request.query_string.decode("utf-8", "replace")), segment


def _ids(search: Search, segment: Segment | None, kind: ContactKind) -> Any:
    return member_ids(segment, kind) if segment else ids_of(results(search), kind)


def _contacts(kind: ContactKind, ids: Any) -> sa.Select[Any]:
    if kind is ContactKind.PERSON:
        people = sa.select(Person).where(Person.id.in_(ids))
        return people.order_by(Person.last_name, Person.first_name, Person.id)
    found = sa.select(Organisation).where(Organisation.id.in_(ids))
    return found.order_by(Organisation.name, Organisation.id)


def _count(ids: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0
