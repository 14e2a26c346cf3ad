"""Fails when the models and the migrations do not say the same thing."""

import os
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import upgrade

from crm.app import create_app
from crm.config import ROOT, Settings
from crm.db import Base, db

with tempfile.TemporaryDirectory() as folder:
    environ = {"CRM_INSTANCE": folder, "CRM_DATABASE_URL": os.environ.get("CHECK_DATABASE_URL", "")}
    app = create_app(Settings.load(environ))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "include_object": lambda thing, name, kind, *_: (
                        not (kind == "table" and (name or "").startswith(("huey_", "search_")))
                    ),
                },
            )
            differences = compare_metadata(context, Base.metadata)
        db.engine.dispose()

if differences:
    print("Les migrations et les modèles ne disent pas la même chose :")
    print("\n".join(f"  {difference}" for difference in differences))
    sys.exit(1)
print(f"Les migrations de {Path(ROOT).name} suivent les modèles.")
