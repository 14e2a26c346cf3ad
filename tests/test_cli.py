"""The `crm` command: French, and honest in its exit status."""

import socket
import subprocess

import click
import factories
import live
import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from crm import serve
from crm.cli import crm
from crm.config import ROOT
from crm.db import db
from crm.users import User, UserRole

# What people script: it must not change.
PROMISED = {
    *("serve", "worker", "seed", "db.upgrade", "users.add"),
    *("contacts.import", "contacts.export"),
    *("newsletter.feeds.add", "newsletter.fetch", "newsletter.subscribers.import"),
    *("newsletter.draft", "newsletter.schedule", "newsletter.send", "newsletter.status"),
}


def commands(group, path=()):
    """Every command, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def invoke(app, *words, **options):
    """Run a command as the shell does; what it printed, and its exit status."""
    db.session.commit()
    result = app.test_cli_runner().invoke(args=list(words), cli=crm, **options)
    db.session.expire_all()
    return result


def test_the_promised_commands_exist():
    known = {".".join(path) for path, _ in commands(crm)}
    assert known >= PROMISED


@pytest.mark.parametrize("path", [path for path, _ in commands(crm)], ids=" ".join)
def test_every_command_has_help_in_french(app, path):
    result = invoke(app, *path, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Utilisation\u00a0:")
    assert "Affiche cette aide" in result.output
    for english in ("Usage", "Show this", "[default", "Commands:"):
        assert english not in result.output


def said(catalog):
    """What each sentence becomes; a plural is known by its singular."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: tuple(message.string)
        for message in catalog
        if message.id
    }


def test_the_french_words_are_compiled():
    folder = ROOT / "crm/locale/fr/LC_MESSAGES"
    with (folder / "messages.po").open("rb") as po, (folder / "messages.mo").open("rb") as mo:
        assert said(read_mo(mo)) == said(read_po(po))


def test_an_account_is_made_then_changed(app):
    made = invoke(
        app, "users", "add", "Awa@Example.org", "--role", "communication", "--password-stdin",
        input=f"{factories.PASSWORD}\n",
    )  # fmt: skip
    assert (made.exit_code, made.output) == (
        0, "awa@example.org peut se connecter (communication).\n",
    )  # fmt: skip
    user = User.find("awa@example.org")
    assert user.has_password(factories.PASSWORD)
    invoke(
        app, "users", "add", "awa@example.org", "--role", "admin", "--password-stdin",
        input="un autre mot de passe\n",
    )  # fmt: skip
    assert (user.role, user.has_password(factories.PASSWORD)) == (UserRole.ADMIN, False)


@pytest.mark.parametrize(
    ("words", "typed", "status", "said"),
    [
        (["users", "add", "awa", "--role", "admin", "--password-stdin"], "x" * 20, 1, "adresse"),
        (["users", "add", "a@example.org", "--role", "admin", "--password-stdin"], "court", 1,
         "12 caractères"),
        (["users", "add", "a@example.org", "--role", "roi"], "", 2, "ne fait pas partie"),
        (["rien"], "", 2, "n’existe pas"),
        (["newsletter", "status", "inconnue", "1"], "", 1, "inconnue"),
    ],
)  # fmt: skip
def test_a_misuse_is_said_and_changes_nothing(app, words, typed, status, said):
    result = invoke(app, *words, input=typed)
    assert result.exit_code == status
    assert said in result.output
    assert User.find("a@example.org") is None


def test_a_setting_that_cannot_be_used_is_said(tmp_path):
    result = subprocess.run(
        [live.CRM, "db", "upgrade"],
        env={"CRM_INSTANCE": str(tmp_path), "CRM_SMTP_URL": "http://x", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert (
        result.stderr
        == "Réglage à corriger\u00a0: CRM_SMTP_URL commence par smtp:// ou smtps://.\n"
    )


def test_the_next_free_port_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < serve.free_port("127.0.0.1", port) <= port + 99
