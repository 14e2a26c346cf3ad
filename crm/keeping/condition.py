"""What the database, the queue and the clock say of themselves, and what rests on them."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from crm import jobs
from crm.config import Settings
from crm.contacts.organisations import Organisation
from crm.contacts.search import tables as search
from crm.db import database_time, db, now
from crm.filters import near, plural
from crm.holds import Hold
from crm.keeping.backups import LATE, Backup
from crm.keeping.findings import Finding, State
from crm.keeping.machine import nearest
from crm.keeping.places import head, knows, revision_of

NBSP = "\u00a0"
ASLEEP = timedelta(minutes=5)  # the clock ticks each minute
OLDEST_SQLITE, OLDEST_POSTGRESQL = (3, 35), 130000
SKEW = timedelta(seconds=30)


def look_at_queue(_settings: Settings) -> Iterator[Finding]:
    if jobs.is_reachable():
        yield Finding("File d’attente", State.GOOD, "elle répond.")
    else:
        yield Finding(
            "File d’attente", State.WRONG, "elle ne répond pas.",
            "Vérifiez CRM_QUEUE_URL, et que ce serveur est lancé.",
        )  # fmt: skip


def look_at_version(_settings: Settings) -> Iterator[Finding]:
    found = revision_of(db.session.connection())
    if found == head():
        yield Finding("Version", State.GOOD, "la base est à jour.")
    elif found is not None and not knows(found):
        yield Finding(
            "Version", State.WRONG, "la base vient d’une version plus récente de Maillage.",
            "Installez cette version-là, ou restaurez une sauvegarde plus ancienne.",
        )  # fmt: skip
    else:
        said = "la base est vide." if found is None else "la base n’est pas à jour."
        yield Finding("Version", State.WRONG, said, f"Lancez «{NBSP}crm db upgrade{NBSP}».")
    yield from _server()


def _server() -> Iterator[Finding]:
    if _is_server():
        number = int(db.session.scalar(sa.text("SHOW server_version_num")) or 0)
        name, is_old = f"PostgreSQL {number // 10000}", number < OLDEST_POSTGRESQL
    else:
        name = f"SQLite {sqlite3.sqlite_version}"
        is_old = sqlite3.sqlite_version_info < OLDEST_SQLITE
    if is_old:
        yield Finding(
            "Version", State.WRONG, f"{name} est trop ancien.",
            "Il faut SQLite 3.35 ou PostgreSQL 13, au moins.",
        )  # fmt: skip


def look_at_clock(_settings: Settings) -> Iterator[Finding]:
    last, gap = jobs.last_tick(), abs(database_time() - now())
    if gap > SKEW:
        far = plural(round(gap.total_seconds()), "seconde")
        yield Finding(
            "Horloge", State.WRONG, f"cette machine et celle de la base ont {far} d’écart.",
            "Mettez-les à l’heure (timedatectl set-ntp true).",
        )  # fmt: skip
    elif last is not None and last > now() + SKEW:
        yield Finding(
            "Horloge", State.DOUBT, f"elle a reculé{NBSP}: des tâches sont datées de l’avenir.",
            "Vérifiez qu’elle est à l’heure (timedatectl).",
        )  # fmt: skip
    else:
        yield Finding("Horloge", State.GOOD, "elle avance comme il faut.")


def _is_server() -> bool:
    return db.engine.dialect.name == "postgresql"


def look_at_worker(_settings: Settings) -> Iterator[Finding]:
    last = jobs.last_tick()
    if last is None or last < now() - ASLEEP:
        seen = f", vu pour la dernière fois {near(last)}" if last else ""
        yield Finding(
            "Exécutant de tâches", State.WRONG, f"il ne travaille pas{seen}.",
            f"Lancez «{NBSP}crm worker{NBSP}»{NBSP}: sans lui ni envoi, ni rappel, ni sauvegarde.",
        )  # fmt: skip
    else:
        yield Finding("Exécutant de tâches", State.GOOD, f"il travaille ({near(last)}).")


def look_at_backups(settings: Settings) -> Iterator[Finding]:
    title, good, last = "Sauvegardes", Backup.last_good(), Backup.last()
    if last is not None and last.trouble:
        yield Finding(title, State.WRONG, f"la dernière a échoué{NBSP}: {last.trouble}.")
    if good is None or good.made_at is None:
        yield Finding(
            title, State.WRONG, "il n’y en a pas encore.",
            f"Faites-en une depuis la page «{NBSP}Sauvegardes{NBSP}», ou attendez la nuit.",
        )  # fmt: skip
    elif good.made_at < now() - LATE:
        yield Finding(title, State.WRONG, f"la dernière bonne date de{NBSP}: {near(good.made_at)}.")
    else:
        yield Finding(title, State.GOOD, f"la dernière, vérifiée{NBSP}: {near(good.made_at)}.")
    same = nearest(settings).stat().st_dev == settings.instance.stat().st_dev
    if same and not _is_server():
        yield Finding(
            title, State.DOUBT, "elles sont sur le même disque que les données.",
            "Donnez à CRM_BACKUP_FOLDER un dossier d’un autre disque, ou copiez-les ailleurs.",
        )  # fmt: skip


def look_at_search(_settings: Settings) -> Iterator[Finding]:
    cards = db.session.scalar(sa.select(sa.exists().select_from(Organisation)))
    indexed = db.session.scalar(sa.select(sa.exists().select_from(search.documents)))
    if cards and not indexed:
        yield Finding(
            "Recherche", State.WRONG, "elle ne trouve rien.",
            f"Lancez «{NBSP}crm contacts reindex{NBSP}».",
        )  # fmt: skip


def look_at_hold(_settings: Settings) -> Iterator[Finding]:
    if Hold.current() is not None:
        yield Finding(
            "Envois", State.DOUBT, "ils sont en pause depuis une restauration.",
            f"Donnez le feu vert sur le site, ou par «{NBSP}crm resume{NBSP}».",
        )  # fmt: skip


def look_at_owner(_settings: Settings) -> Iterator[Finding]:
    ours = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    if _is_server() and not db.session.scalar(sa.text(ours)):
        yield Finding(
            "Base de données", State.DOUBT,
            f"elle n’est pas à l’utilisateur de Maillage{NBSP}: ce que l’on efface reste écrit "
            "dans ses statistiques.",
            f"Donnez-la-lui{NBSP}: ALTER DATABASE … OWNER TO …",
        )  # fmt: skip


def look_at_pages(_settings: Settings) -> Iterator[Finding]:
    if not _is_server() and db.session.scalar(sa.text("PRAGMA quick_check(1)")) != "ok":
        yield Finding(
            "Base de données", State.WRONG, "le fichier est abîmé.",
            "Restaurez la dernière sauvegarde (crm restore), et vérifiez le disque.",
        )  # fmt: skip
