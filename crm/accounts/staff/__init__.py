"""« Mon compte »: one's name, password, second factor and sessions."""

from flask import Blueprint

from crm.accounts.staff import confirmation, factor, me, password, recovery, sessions


def blueprint() -> Blueprint:
    """Pages with an endpoint like `staff.accounts.me.show`."""
    accounts = Blueprint("accounts", __name__, url_prefix="/compte")
    for module in (me, password, factor, recovery, sessions, confirmation):
        accounts.register_blueprint(module.bp)
    return accounts
