"""The list of events, as the team looks for them."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from crm.auth import READ, allow
from crm.contacts.departments import DEPARTMENTS
from crm.contacts.terms import Term, Vocabulary
from crm.db import db
from crm.events.listing import Filters, View, counts, years

bp = Blueprint("programme", __name__)


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    filters = Filters.read(request.args)
    return render_template(
        "staff/events/programme/index.html",
        filters=filters,
        page=db.paginate(filters.query(), per_page=50),
        counts=counts(),
        views=View,
        years=years(),
        missions=db.session.scalars(Term.of(Vocabulary.MISSION)).all(),
        departments=DEPARTMENTS,
    )
