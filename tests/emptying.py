"""Between two tests a database goes back to its defaults, in as few exchanges as can be."""

import acts_kept
import sqlalchemy as sa

from crm.acts import Act
from crm.contacts.search import store as search
from crm.contacts.search import tables as search_tables
from crm.db import Base, db


class Defaults:
    """What the tables hold once the application is installed."""

    def __init__(self) -> None:
        tables = Base.metadata.sorted_tables
        found = {table: self._rows(table) for table in tables}
        self.rows = {table: rows for table, rows in found.items() if rows}
        self.seen = {table: self._seen(table) for table in self.rows}
        self.names = [table.name for table in reversed(tables)]
        self.search = {table.name for table in search_tables.TABLES}
        every = [*self.names, *sorted(self.search)]
        self.which = " UNION ALL ".join(
            f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in every
        )

    def restore(self) -> None:
        """Nothing but the defaults is left, in the session's transaction."""
        filled = {name for (name,) in self._fetched(self.which)}
        if filled & self.search:
            search.clear()
        if Act.__tablename__ in filled:
            acts_kept.forget(db.session.connection())
        changed = any(self._seen(table) != seen for table, seen in self.seen.items())
        # Most tests do not touch them: then they stay.
        stay = {Act.__tablename__} | (set() if changed else {table.name for table in self.rows})
        self._empty([name for name in self.names if name in filled and name not in stay])
        if changed:
            for table, rows in self.rows.items():
                db.session.execute(table.insert(), rows)

    @staticmethod
    def _fetched(query: str) -> list[tuple]:
        cursor = db.session.connection().connection.cursor()
        cursor.execute(query)
        return cursor.fetchall()

    @staticmethod
    def _rows(table: sa.Table) -> list[dict[str, object]]:
        query = sa.select(table).order_by(*table.primary_key)
        return [dict(row._mapping) for row in db.session.execute(query)]

    def _seen(self, table: sa.Table) -> list[tuple]:
        """Its rows as the driver gives them: quicker to read."""
        keys = ", ".join(column.name for column in table.primary_key)
        return self._fetched(f"SELECT * FROM {table.name} ORDER BY {keys}")

    @staticmethod
    def _empty(names: list[str]) -> None:
        for name in names:
            db.session.connection().exec_driver_sql(f"DELETE FROM {name}")
