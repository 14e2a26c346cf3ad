"""The contacts as the team sees them: one module per noun, mounted under /gestion/contacts."""

from flask import Blueprint

from crm.contacts.staff import (
    entries,
    exports,
    imports,
    merges,
    organisations,
    pairs,
    people,
    roles,
    search,
    segments,
    terms,
)

MODULES = (organisations, people, roles, entries, segments, imports, exports, pairs, merges, terms)


def blueprint() -> Blueprint:
    """The pages of the contacts, with an endpoint like `staff.contacts.organisations.show`."""
    contacts = Blueprint("contacts", __name__)
    for module in MODULES:
        contacts.register_blueprint(module.bp, url_prefix=f"/contacts{module.bp.url_prefix or ''}")
    contacts.register_blueprint(search.bp)  # its suggestions are at /gestion/recherche
    return contacts
