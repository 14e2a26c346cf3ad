"""Settings: read from the environment or a `.env` file, with defaults that run on a laptop."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from crm import environment
from crm.environment import SettingError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_FROM = "Maillage <lettre@example.org>"
# Five minutes, then longer and longer: four days in all, then it is given up (RFC 5321 §4.5.4.1).
DEFAULT_RETRY_DELAYS = (300, 1800, 7200, 14400, 28800, 57600, 86400, 86400, 62700)
DEFAULT_BACKUP_KEEP = (7, 5, 12)  # days, weeks, months

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside. Build one with `Settings.load()`."""

    database_url: str
    queue_url: str
    secret_key: str
    instance: Path
    smtp_url: str | None = None
    base_url: str = "http://127.0.0.1:8000"
    mail_from: str = DEFAULT_FROM
    # Where answers to requests are sent, and the mailbox where they arrive (see crm.mailbox).
    requests_mail: str = ""
    requests_mailbox: str = ""
    # Where refusals of the letters come back to, « * » standing for whom each concerns; the mailbox
    # where they arrive (see crm.mailbox).
    bounces_mail: str = ""
    bounces_mailbox: str = ""
    # Signing by ourselves (see crm.signature); the selector alone when the relay signs.
    dkim_key: Path | None = None
    dkim_selector: str = ""
    # Signing in elsewhere, by OpenID Connect (see crm.accounts.openid).
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = "mon compte professionnel"
    oidc_vouches: bool = False  # the server never says whether an address is checked: they all are
    dns_server: str = ""  # « 192.0.2.53 » or « 192.0.2.53:53 »; the machine's own by default
    embed_origins: tuple[str, ...] = ()
    feed_allow: tuple[Network, ...] = ()
    retry_delays: tuple[int, ...] = DEFAULT_RETRY_DELAYS
    old_secret_keys: tuple[str, ...] = ()
    # Where backups are put, and of how many days, weeks and months one is kept.
    backups: Path | None = None
    backup_keep: tuple[int, int, int] = DEFAULT_BACKUP_KEEP
    production: bool = False
    testing: bool = field(default=False, kw_only=True)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `environ` (by default the process's), completed by a `.env` file.

        Raises SettingError when a value cannot be used.
        """
        values = environment.with_files(
            environment.read(ROOT) if environ is None else dict(environ)
        )
        production = values.get("CRM_ENV", "").strip() == "production"
        instance = Path(values.get("CRM_INSTANCE") or ROOT / "instance").absolute()
        return cls(
            database_url=_database_url(values.get("CRM_DATABASE_URL"), instance),
            queue_url=_database_url(values.get("CRM_QUEUE_URL"), instance, "queue.db"),
            secret_key=_secret_key(values.get("CRM_SECRET_KEY"), instance, production),
            instance=instance,
            smtp_url=_smtp_url(values.get("CRM_SMTP_URL")),
            base_url=_base_url(values.get("CRM_BASE_URL") or cls.base_url),
            mail_from=_mail_from(values.get("CRM_MAIL_FROM") or DEFAULT_FROM),
            requests_mail=_requests_mail(values.get("CRM_REQUESTS_MAIL")),
            requests_mailbox=(values.get("CRM_REQUESTS_MAILBOX") or "").strip(),
            bounces_mail=_bounces_mail(values.get("CRM_BOUNCES_MAIL")),
            bounces_mailbox=(values.get("CRM_BOUNCES_MAILBOX") or "").strip(),
            dkim_key=_dkim_key(values.get("CRM_DKIM_KEY"), instance),
            dkim_selector=_selector(values),
            dns_server=(values.get("CRM_DNS_SERVER") or "").strip(),
            **_oidc(values),
            embed_origins=tuple(_words(values.get("CRM_EMBED_ORIGINS"))),
            feed_allow=_networks(values.get("CRM_FEED_ALLOW")),
            retry_delays=_delays(values.get("CRM_RETRY_DELAYS")),
            old_secret_keys=tuple(_words(values.get("CRM_SECRET_KEY_OLD"))),
            backups=_folder(values.get("CRM_BACKUP_FOLDER"), instance),
            backup_keep=_backup_keep(values.get("CRM_BACKUP_KEEP")),
            production=production,
        )

    @classmethod
    def current(cls) -> "Settings":
        """The settings of the running application."""
        found: Settings = current_app.extensions["settings"]
        return found

    @property
    def keys(self) -> tuple[str, ...]:
        """The present secret, then the old ones: links signed with them still open."""
        return (self.secret_key, *self.old_secret_keys)

    @property
    def relays(self) -> tuple[str, ...]:
        """The mail servers of CRM_SMTP_URL, the one to prefer first."""
        return tuple(re.split(r"[\s,]+(?=smtps?://)", self.smtp_url)) if self.smtp_url else ()

    @property
    def backup_folder(self) -> Path:
        """Where backups are put; another disk than the database's, if one is named."""
        return self.backups or self.instance / "sauvegardes"

    @property
    def mail_folder(self) -> Path:
        """Where messages are written when there is no mail server."""
        return self.instance / "mail"

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The public host name, which also names message and calendar identifiers."""
        return urlsplit(self.base_url).hostname or "localhost"


def _words(value: str | None) -> list[str]:
    return (value or "").replace(",", " ").split()


def _database_url(value: str | None, instance: Path, default: str = "crm.db") -> str:
    if not value:
        return f"sqlite:///{instance / default}"
    if value.startswith("sqlite:///") and not value.startswith("sqlite:////"):
        return f"sqlite:///{Path(value.removeprefix('sqlite:///')).absolute()}"
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def _secret_key(value: str | None, instance: Path, production: bool) -> str:
    if value:
        if production and len(value) < 32:
            raise SettingError("CRM_SECRET_KEY doit compter au moins 32 caractères en production.")
        return value
    if production:
        raise SettingError("CRM_SECRET_KEY est obligatoire quand CRM_ENV=production.")
    return _kept_key(instance / "secret_key")


def _kept_key(file: Path) -> str:
    """The key kept in `file`, made once; two processes that start together end with the same."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as new:
            new.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    key = file.read_text().strip()
    if not key:
        raise SettingError(f"Le fichier {file} est vide : supprimez-le pour qu’il soit refait.")
    return key


def _smtp_url(value: str | None) -> str | None:
    if value and urlsplit(value).scheme not in ("smtp", "smtps"):
        raise SettingError("CRM_SMTP_URL commence par smtp:// ou smtps://.")
    return (value or "").strip() or None


def _base_url(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise SettingError("CRM_BASE_URL est une adresse complète, comme https://crm.example.org.")
    return value.rstrip("/")


def _mail_from(value: str) -> str:
    if "@" not in parseaddr(value)[1]:
        raise SettingError("CRM_MAIL_FROM est une adresse, comme « Réseau <lettre@example.org> ».")
    return value


def _requests_mail(value: str | None) -> str:
    if value and "@" not in parseaddr(value)[1]:
        raise SettingError("CRM_REQUESTS_MAIL est une adresse, comme demandes@reseau.example.org.")
    return value or ""


def _bounces_mail(value: str | None) -> str:
    """« rebonds+*@lettres.example.org »: with what takes the place of « * », 64 characters at most
    before the « @ » (RFC 5321 §4.5.3.1.1)."""
    local, at, domain = (value or "").strip().partition("@")
    if value and (not at or not domain or local.count("*") > 1 or len(local) > 24):
        raise SettingError(
            "CRM_BOUNCES_MAIL est une adresse courte, comme rebonds@example.org, ou "
            "rebonds+*@example.org si ce domaine reçoit tout ce qui suit le «\u00a0+\u00a0»."
        )
    return (value or "").strip()


def _dkim_key(value: str | None, instance: Path) -> Path | None:
    if not value:
        return None
    file = instance / value  # an absolute path stays as it is
    if not file.is_file():
        raise SettingError(f"CRM_DKIM_KEY\u00a0: le fichier {file} n’existe pas.")
    return file


def _selector(values: Mapping[str, str]) -> str:
    """« maillage » by default, where it is ours to choose."""
    found = (values.get("CRM_DKIM_SELECTOR") or "").strip()
    if found and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", found):
        raise SettingError("CRM_DKIM_SELECTOR est un mot simple, comme maillage ou s2026.")
    return found or ("maillage" if values.get("CRM_DKIM_KEY") else "")


def database_url(value: str) -> str:
    """A database's URL as the application uses it: absolute path, right driver."""
    if "://" not in value:  # the path of a SQLite file
        value = f"sqlite:///{Path(value).absolute()}"
    return _database_url(value, ROOT)


def _folder(value: str | None, instance: Path) -> Path | None:
    return instance / value.strip() if value and value.strip() else None


def _backup_keep(value: str | None) -> tuple[int, int, int]:
    if not (value or "").strip():
        return DEFAULT_BACKUP_KEEP
    try:
        days, weeks, months = (int(word) for word in _words(value))
    except ValueError as error:
        raise SettingError(
            "CRM_BACKUP_KEEP\u00a0: trois nombres, de jours, de semaines et de mois, comme 7,5,12."
        ) from error
    if days < 1 or weeks < 0 or months < 0:
        raise SettingError("CRM_BACKUP_KEEP\u00a0: gardez au moins un jour de sauvegardes.")
    return days, weeks, months


def _oidc(values: Mapping[str, str]) -> dict[str, Any]:
    said = {key: (values.get(f"CRM_OIDC_{key.upper()}") or "").strip() for key in
            ("issuer", "client_id", "client_secret", "name", "vouches")}  # fmt: skip
    if not said["issuer"]:
        return {}
    parts = urlsplit(said["issuer"])
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise SettingError("CRM_OIDC_ISSUER est une adresse en https://.")
    if not said["client_id"] or not said["client_secret"]:
        raise SettingError("CRM_OIDC_ISSUER va avec CRM_OIDC_CLIENT_ID et CRM_OIDC_CLIENT_SECRET.")
    kept: dict[str, Any] = {f"oidc_{key}": value for key, value in said.items() if value}
    return {**kept, "oidc_vouches": said["vouches"] in ("1", "oui", "true")}


def _networks(value: str | None) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in _words(value))
    except ValueError as error:
        raise SettingError(f"CRM_FEED_ALLOW : {error}.") from error


def _delays(value: str | None) -> tuple[int, ...]:
    if not value:
        return DEFAULT_RETRY_DELAYS
    try:
        delays = tuple(int(word) for word in _words(value))
    except ValueError as error:
        raise SettingError("CRM_RETRY_DELAYS : des nombres de secondes, séparés par ,") from error
    if any(delay < 0 for delay in delays):
        raise SettingError("CRM_RETRY_DELAYS\u00a0: les durées sont positives.")
    return delays
