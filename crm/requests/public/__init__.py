"""Requests as the public sees them: the form, and each requester's own page."""

from flask import Blueprint

from crm.requests.public import appointments, call, follow, form


def blueprint() -> Blueprint:
    """The public pages of requests, with an endpoint like `public.requests.form.new`."""
    requests = Blueprint("requests", __name__, url_prefix="/demandes")
    for module in (form, call, follow, appointments):
        requests.register_blueprint(module.bp)
    return requests
