"""Between two tests a database goes back to its defaults: in one exchange, whatever its size."""

import acts_kept
import sqlalchemy as sa

from crm.db import Base

_KEPT = "kept"  # where PostgreSQL keeps the defaults, out of the way of what looks at the tables


class Defaults:
    """What the tables hold once the application is installed."""

    def __init__(self, connection: sa.Connection) -> None:
        self.rows = {
            table: [dict(row._mapping) for row in connection.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
        }
        self.rows = {table: rows for table, rows in self.rows.items() if rows}
        names = [table.name for table in reversed(Base.metadata.sorted_tables)]
        self.script = "".join(f"DELETE FROM {name};" for name in names)
        if connection.dialect.name == "postgresql":
            self._keep(connection)

    def _keep(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"CREATE SCHEMA {_KEPT}")
        for table in self.rows:
            copied = f"CREATE TABLE {_KEPT}.{table.name} AS TABLE {table.name}"
            connection.exec_driver_sql(copied)
            self.script += f"INSERT INTO {table.name} TABLE {_KEPT}.{table.name};"

    def restore(self, connection: sa.Connection) -> None:
        """Nothing but the defaults is left."""
        acts_kept.forget(connection)
        if connection.dialect.name == "postgresql":
            # Several statements at once cannot be prepared, which psycopg does after a few times.
            connection.connection.cursor().execute(self.script, prepare=False)
            return
        for statement in self.script.split(";")[:-1]:
            connection.exec_driver_sql(statement)
        for table, rows in self.rows.items():
            connection.execute(table.insert(), rows)
