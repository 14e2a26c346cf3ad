"""Between two tests a database goes back to its defaults, in as few exchanges as can be."""

import acts_kept
import sqlalchemy as sa

from crm.db import Base


class Defaults:
    """What the tables hold once the application is installed."""

    def __init__(self, connection: sa.Connection) -> None:
        tables = Base.metadata.sorted_tables
        found = {table: self._read(connection, table) for table in tables}
        self.rows = {table: rows for table, rows in found.items() if rows}
        self.all = [table.name for table in reversed(tables)]
        self.others = [table.name for table in reversed(tables) if table not in self.rows]

    def restore(self, connection: sa.Connection) -> None:
        """Nothing but the defaults is left; most tests do not touch them."""
        acts_kept.forget(connection)
        if all(self._read(connection, table) == rows for table, rows in self.rows.items()):
            self._empty(connection, self.others)
            return
        self._empty(connection, self.all)
        for table, rows in self.rows.items():
            connection.execute(table.insert(), rows)

    @staticmethod
    def _read(connection: sa.Connection, table: sa.Table) -> list[dict[str, object]]:
        query = sa.select(table).order_by(*table.primary_key)
        return [dict(row._mapping) for row in connection.execute(query)]

    @staticmethod
    def _empty(connection: sa.Connection, names: list[str]) -> None:
        statements = [f"DELETE FROM {name}" for name in names]
        if connection.dialect.name == "postgresql":
            # Several at once cannot be prepared, which psycopg does after a few times.
            connection.connection.cursor().execute(";".join(statements), prepare=False)
            return
        for statement in statements:
            connection.exec_driver_sql(statement)
