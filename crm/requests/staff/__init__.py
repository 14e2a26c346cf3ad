"""Requests as the team deals with them: the queue, a request's card, model answers."""

from flask import Blueprint

from crm.requests.staff import card, frame, messages, models, moves, queue, suspects, ties


def blueprint() -> Blueprint:
    """The staff pages of requests, with an endpoint like `staff.requests.queue.index`."""
    requests = Blueprint("requests", __name__, url_prefix="/demandes")
    for module in (queue, card, messages, moves, ties, models, suspects, frame):
        requests.register_blueprint(module.bp)
    return requests
