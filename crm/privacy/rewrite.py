"""Rewriting a database: the bytes that deleted rows leave in its files go with the old files.

A deleted row stays in its page and in the journal of writes (WAL) until others are written over
it. SQLite: https://www.sqlite.org/lang_vacuum.html. PostgreSQL: « VACUUM FULL », then its
statistics, which quote the most common values and the bounds of columns (pg_statistic), then its
journal, where its administrator lets us (docs/deploiement.md).
https://www.postgresql.org/docs/current/sql-vacuum.html
"""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors, sql

log = logging.getLogger(__name__)

_WAIT = 15  # seconds, for those who still read what was there before
_LOCK = "2s"  # for a table somebody uses: meanwhile, whoever comes next waits behind us
_TRIES = 2

# Ours, and not those of others in the same database.
_TABLES = """
    SELECT relname FROM pg_class JOIN pg_namespace AS place ON place.oid = relnamespace
    WHERE relkind = 'r' AND nspname = current_schema() AND pg_has_role(relowner, 'USAGE')
    ORDER BY relname
"""
# Whether somebody may still read the rows that were deleted before our transaction: they would be
# copied for them. Who writes, in any database; who reads in ours; a replica (hot_standby_feedback).
_IS_READ = """
    SELECT pg_snapshot_xmin(pg_current_snapshot()) < %(ours)s::xid8 OR EXISTS (
        SELECT FROM pg_stat_activity
        WHERE (datname = current_database() OR backend_type = 'walsender')
        AND pid <> pg_backend_pid() AND age(backend_xmin) > age(%(ours)s::xid8::xid)
    ) OR EXISTS (
        SELECT FROM pg_replication_slots WHERE age(xmin) > age(%(ours)s::xid8::xid)
    )
"""
_STATISTICS = sql.SQL("VACUUM FULL pg_statistic")
# ANALYZE leaves the statistics of a table that has become empty as they were. A column that is
# given its own type again loses them.
_SAME_TYPES = """
    SELECT string_agg(format('ALTER %%I TYPE %%s', attname, format_type(atttypid, atttypmod))
        || CASE WHEN attcollation <> typcollation
           THEN ' COLLATE ' || attcollation::regcollation ELSE '' END, ', ')
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid JOIN pg_stats USING (attname)
    WHERE schemaname = current_schema() AND tablename = %(name)s
    AND attrelid = quote_ident(%(name)s)::regclass AND typlen = -1
"""


def rewrite(url: str) -> bool:
    """Write the database at `url` again, without what was deleted. Whether nothing is left behind.

    Nobody is waited for long: who reads what was there before, or uses a table, is let alone, and
    it is for next time. The caller may not be in a transaction. A queue on Redis says nothing of
    people: names of jobs and numbers of rows.
    """
    kind = sa.make_url(url).get_backend_name()
    if kind not in _WAYS:
        return True
    try:
        return _WAYS[kind](url)
    except (sqlite3.OperationalError, psycopg.OperationalError, sa.exc.OperationalError) as error:
        log.warning("la base sera réécrite plus tard\u00a0: %s", error)
        return False


def weight(url: str) -> int:
    """The bytes that the database at `url` takes on its disk; 0 for Redis."""
    kind = sa.make_url(url).get_backend_name()
    if kind == "sqlite":
        asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    elif kind == "postgresql":
        asked = "SELECT pg_database_size(current_database())"
    else:
        return 0
    with _connected(url) as driver:
        return int(driver.execute(asked).fetchone()[0])


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    """A connection of its own, as the driver has it: outside any transaction."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection.connection.driver_connection


def _file(url: str) -> bool:
    with _connected(url) as driver:
        driver.execute("VACUUM")
        busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _server(url: str) -> bool:
    with _connected(url) as driver:
        driver.add_notice_handler(_say)
        if _is_still_read(driver):
            return False
        driver.execute(f"SET lock_timeout = '{_LOCK}'")
        left = [name for (name,) in driver.execute(_TABLES)]
        for _ in range(_TRIES):
            left = [name for name in left if not _table(driver, name)]
        # The statistics last: it is their old rows that quote what the tables held.
        clean = not left and not _is_still_read(driver) and _is_done(driver, _STATISTICS)
        _turn_journal(driver)
    return clean


def _say(diagnostic: errors.Diagnostic) -> None:
    """A table that belongs to somebody else is passed over, with a warning and no error."""
    if diagnostic.severity_nonlocalized == "WARNING":
        log.warning("PostgreSQL\u00a0: %s", diagnostic.message_primary)


def _is_still_read(driver: psycopg.Connection) -> bool:
    """Whether, after a while, somebody still sees the database as it was."""
    [ours] = driver.execute("SELECT pg_current_xact_id()::text").fetchone() or [None]
    until = time.monotonic() + _WAIT
    while driver.execute(_IS_READ, {"ours": ours}).fetchone() == (True,):
        if time.monotonic() > until:
            log.warning("la base sera réécrite plus tard\u00a0: quelqu’un lit ce qui y était")
            return True
        time.sleep(0.2)
    return False


def _table(driver: psycopg.Connection, name: str) -> bool:
    """Write one table again, with its indexes and its statistics; whether nobody was using it."""
    table = sql.Identifier(name)
    if not _is_done(driver, sql.SQL("VACUUM (FULL, ANALYZE) {}").format(table)):
        return False
    if driver.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(table)).rowcount:
        return True
    [types] = driver.execute(_SAME_TYPES, {"name": name}).fetchone() or [None]
    if types is None:
        return True
    return _is_done(driver, sql.SQL("ALTER TABLE {} ").format(table) + sql.SQL(types))


def _is_done(driver: psycopg.Connection, statement: sql.SQL | sql.Composed) -> bool:
    """Run a statement that needs a table for itself, unless somebody uses it."""
    try:
        driver.execute(statement)
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        return False
    return True


def _turn_journal(driver: psycopg.Connection) -> None:
    """Let go of the journal written so far, where we are allowed to."""
    for step in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        try:
            driver.execute(step)
        except errors.InsufficientPrivilege:
            return


_WAYS = {"sqlite": _file, "postgresql": _server}
