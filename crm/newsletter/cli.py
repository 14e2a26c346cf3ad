"""`crm newsletter …`."""

from flask.cli import AppGroup

newsletter = AppGroup("newsletter", help="Lettres : contenus, numéros, abonnés, envois.")
