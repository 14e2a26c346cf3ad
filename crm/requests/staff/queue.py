"""The queue: what is to be dealt with, and by whom."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crm.auth import READ, allow
from crm.contacts.departments import DEPARTMENTS
from crm.db import db
from crm.requests.kinds import RequestKind
from crm.requests.queue import Filters, Sort, View, count_suspects, officers, overview

bp = Blueprint("queue", __name__)


@bp.get("/")
@allow(READ)
def index() -> ResponseReturnValue:
    filters, told = Filters.read(request.args), overview()
    return render_template(
        "staff/requests/queue/index.html",
        filters=filters,
        page=db.paginate(filters.query(current_user), per_page=50),
        counts=told.counts,
        whose=told.whose,
        officers=officers(),
        suspects=count_suspects(),
        views=View,
        kinds=RequestKind,
        sorts=Sort,
        departments=DEPARTMENTS,
    )
