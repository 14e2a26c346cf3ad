"""What is around the software: settings, rights on files, disks, mail servers."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from crm.config import DEFAULT_FROM, Settings
from crm.dialogue import ServerGone
from crm.filters import weight
from crm.keeping.findings import Finding, State
from crm.smtp import greet, relay_name

NBSP = "\u00a0"
GREETING = 5  # seconds a mail server may take
LITTLE_ROOM = 500 * 1024 * 1024  # bytes


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    title = "Réglages"
    if not settings.production:
        yield Finding(
            title, State.DOUBT, "l’installation est réglée pour un essai.",
            "Pour un vrai réseau, mettez CRM_ENV=production et CRM_SECRET_KEY.",
        )  # fmt: skip
    if settings.production and not settings.is_https:
        yield Finding(
            title, State.WRONG, f"le site est à l’adresse {settings.base_url}, sans chiffrement.",
            "Donnez à CRM_BASE_URL l’adresse publique, qui commence par https://.",
        )  # fmt: skip
    if settings.mail_from == DEFAULT_FROM:
        state = State.WRONG if settings.production else State.DOUBT
        yield Finding(
            title, state, "les courriels partent d’une adresse fictive.",
            "Donnez celle du réseau à CRM_MAIL_FROM.",
        )  # fmt: skip
    if settings.production and settings.is_https and settings.mail_from != DEFAULT_FROM:
        yield Finding(title, State.GOOD, f"le site est à l’adresse {settings.base_url}.")


def look_at_files(settings: Settings) -> Iterator[Finding]:
    title, told = "Droits sur les fichiers", False
    for path in (settings.instance, settings.backup_folder):
        if path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
            told = True
            yield Finding(
                title, State.WRONG, f"on ne peut pas écrire dans {path}.",
                "Donnez ce dossier à l’utilisateur qui lance Maillage (chown).",
            )  # fmt: skip
    for path in _secrets(settings):
        if _is_open(path):
            told = True
            yield Finding(
                title, State.WRONG, f"d’autres utilisateurs de la machine peuvent lire {path}.",
                f"Lancez{NBSP}: chmod {'700' if path.is_dir() else '600'} {path}",
            )  # fmt: skip
    if not told:
        yield Finding(title, State.GOOD, "les données et les clés sont à l’abri des curieux.")


def _secrets(settings: Settings) -> list[Path]:
    """What nobody else should read; files inside a closed folder are safe already."""
    closed = settings.instance
    found = [closed] if _is_open(closed) else []
    files = [closed / "secret_key", settings.backup_folder]
    files += [settings.dkim_key] if settings.dkim_key else []
    return found + [
        path for path in files if path.exists() and (found or closed not in path.parents)
    ]


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)) and os.name != "nt"


def look_at_disk(settings: Settings) -> Iterator[Finding]:
    for name, path in {
        "des données": settings.instance,
        "des sauvegardes": nearest(settings),
    }.items():
        free = shutil.disk_usage(path).free
        needed = max(LITTLE_ROOM, 3 * _database_size(settings))
        little = free < needed
        state = State.DOUBT if little else State.GOOD
        yield Finding(
            "Disque", State.WRONG if free < LITTLE_ROOM / 5 else state,
            f"il reste {weight(free)} sur le disque {name}.",
            f"Faites de la place{NBSP}: il en faut {weight(needed)} pour être tranquille."
            if little else "",
        )  # fmt: skip


def nearest(settings: Settings) -> Path:
    """The folder of backups, or the nearest one that exists."""
    path = settings.backup_folder
    while not path.exists():
        path = path.parent
    return path


def _database_size(settings: Settings) -> int:
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    return file.stat().st_size if file.is_file() else 0


def look_at_mail(settings: Settings) -> Iterator[Finding]:
    if not settings.relays:
        state = State.WRONG if settings.production else State.DOUBT
        yield Finding(
            "Courriel", state, "aucun serveur d’envoi n’est réglé, les courriels restent ici.",
            "Donnez l’adresse du serveur à CRM_SMTP_URL.",
        )  # fmt: skip
    for url in settings.relays:
        try:
            greet(url, GREETING)
            yield Finding("Courriel", State.GOOD, f"{relay_name(url)} répond.")
        except ServerGone as gone:
            yield Finding(
                "Courriel", State.WRONG, f"{relay_name(url)} ne répond pas{NBSP}: {gone.words}.",
                "Vérifiez l’adresse, le port et le mot de passe dans CRM_SMTP_URL.",
            )  # fmt: skip
