"""The requester's appointment: a slot chosen, another one, none, and the calendar file."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from crm.auth import limiter
from crm.db import db
from crm.forms import ask_again
from crm.mail import wake
from crm.requests import book, invitations
from crm.requests.public.follow import opened
from crm.text import row_number

bp = Blueprint("appointments", __name__)
bp.add_app_template_global(book.agenda_of)


@bp.post("/<token>/rendez-vous")
@limiter.limit("30 per hour")
def create(token: str) -> ResponseReturnValue:
    """Take a slot; a slot that somebody took meanwhile is said, with those that are left."""
    found, chosen = opened(token), request.form.get("slot", "")
    if found.is_closed:
        abort(409, "Cette demande est close. Écrivez-nous un message pour la rouvrir.")
    try:
        book.choose(found, row_number(chosen))
    except book.Taken:
        db.session.rollback()
        said = "pris" if chosen else "aucun"
        return redirect(
            url_for(
                "public.requests.follow.show", token=token, creneau=said, _anchor="rendez-vous"
            ),
            303,
        )
    db.session.commit()
    wake()
    return redirect(url_for("public.requests.follow.show", token=token, _anchor="rendez-vous"), 303)


@bp.route("/<token>/rendez-vous/annulation", methods=["GET", "POST"])
def delete(token: str) -> ResponseReturnValue:
    """GET asks, POST acts."""
    found = opened(token)
    held = book.coming(found)
    if held is not None and ask_again():
        return render_template(
            "public/requests/appointments/delete.html", asked=found, token=token, held=held
        )
    if held is not None:
        book.cancel(held, "Le demandeur a un empêchement.")
        db.session.commit()
        wake()
    return redirect(url_for("public.requests.follow.show", token=token, _anchor="rendez-vous"), 303)


@bp.get("/<token>/rendez-vous.ics")
def calendar(token: str) -> Response:
    """The appointment as a file to put in a calendar, as it stands now."""
    held = book.coming(opened(token)) or abort(404, "Il n’y a pas de rendez-vous à venir.")
    response = Response(invitations.as_requester_file(held), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="rendez-vous.ics"'
    return response
