"""`crm contacts …`."""

from flask.cli import AppGroup

contacts = AppGroup("contacts", help="Organisations et personnes.")
