"""Requests as the team deals with them: the queue, a request's card, model answers."""

from flask import Blueprint

from crm.requests.staff import (
    absences,
    answers,
    appointments,
    card,
    figures,
    frame,
    hours,
    meetings,
    messages,
    minutes,
    models,
    moves,
    queue,
    rules,
    slots,
    suspects,
    ties,
)

MODULES = (
    queue, card, messages, moves, ties, models, suspects, frame,
    meetings, minutes, rules, slots, hours, absences, appointments, answers, figures,
)  # fmt: skip


def blueprint() -> Blueprint:
    """The staff pages of requests, with an endpoint like `staff.requests.queue.index`."""
    requests = Blueprint("requests", __name__, url_prefix="/demandes")
    for module in MODULES:
        requests.register_blueprint(module.bp)
    return requests
