"""Counting what a page asks of the database: it must not depend on how many rows it shows."""

from contextlib import contextmanager

from sqlalchemy import event

from crm.db import db


@contextmanager
def counted():
    """The statements sent to the database while the block lasts, transactions aside."""
    statements = []

    def keep(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)


def cost(client, address: str) -> int:
    """How many statements a page costs; it must answer."""
    client.get(address)  # what is kept for the life of the process is read once
    with counted() as statements:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len([one for one in statements if not one.startswith(("BEGIN", "SAVEPOINT"))])
