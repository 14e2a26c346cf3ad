"""Alembic's environment: our engine, batches on SQLite, other people's tables left out."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from crm.db import Base, db

config = context.config

# The queue keeps its tables in PostgreSQL when asked to; full-text tables are made by hand.
NOT_OURS = ("huey_", "search_")


def include_object(
    thing: object, name: str | None, kind: str, reflected: bool, other: object
) -> bool:
    return not (kind == "table" and (name or "").startswith(NOT_OURS))


def run() -> None:
    given = config.attributes.get("connection")
    if given is not None:  # in a transaction of its own, that its owner ends (see crm.keeping)
        _migrate(given)
        return
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _without_foreign_keys(connection)
        _migrate(connection)
        if connection.dialect.name == "sqlite":
            _check_foreign_keys(connection)


def _migrate(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=include_object,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def _without_foreign_keys(connection: sa.Connection) -> None:
    """Rebuilding a parent table would delete its children: the keys are checked afterwards."""
    connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")


def _check_foreign_keys(connection: sa.Connection) -> None:
    raw = connection.connection.driver_connection
    orphans = raw.execute("PRAGMA foreign_key_check").fetchall()
    raw.execute("PRAGMA foreign_keys=ON")
    if orphans:
        raise RuntimeError(f"orphan rows after the migration: {orphans[:5]}")


run()
