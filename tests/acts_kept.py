"""Emptying the journal of acts between two tests: what the application itself cannot do."""

import sqlalchemy as sa

from crm.acts import Act


def forget(connection: sa.Connection) -> None:
    """Delete every act, as the owner of the database may."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE acts DISABLE TRIGGER USER")
        connection.execute(sa.delete(Act))
        connection.exec_driver_sql("ALTER TABLE acts ENABLE TRIGGER USER")
        return
    kept = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'acts'"
    triggers = connection.exec_driver_sql(kept).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    connection.execute(sa.delete(Act))
    for _, sql in triggers:
        connection.exec_driver_sql(sql)
