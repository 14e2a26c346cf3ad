"""The contacts as the team sees them: one module per noun, mounted under /gestion/contacts."""

from flask import Blueprint

from crm.contacts.staff import entries, organisations, people, roles, terms

MODULES = (organisations, people, roles, entries, terms)


def blueprint() -> Blueprint:
    """The pages of the contacts, with an endpoint like `staff.contacts.organisations.show`."""
    contacts = Blueprint("contacts", __name__, url_prefix="/contacts")
    for module in MODULES:
        contacts.register_blueprint(module.bp)
    return contacts
