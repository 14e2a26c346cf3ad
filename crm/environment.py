"""Where settings are written: the environment, a `.env` file, files that a vault puts there."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values


class SettingError(ValueError):
    """A setting cannot be used; the message, in French, says which one and what it expects."""


def read(root: Path) -> dict[str, str]:
    """The environment, over the `.env` file of the current folder, else of `root`."""
    # An explicit empty path: dotenv would otherwise search upward from its caller's own file.
    here = Path.cwd() / ".env"
    file = here if here.is_file() else root / ".env"
    written = {key: value for key, value in dotenv_values(file).items() if value is not None}
    return {**written, **os.environ}


def with_files(values: Mapping[str, str]) -> dict[str, str]:
    """The settings, those that a file keeps included: CRM_SECRET_KEY_FILE names the file of
    CRM_SECRET_KEY (a vault, or systemd, puts it there; https://systemd.io/CREDENTIALS).

    Raises SettingError when a file does not read, or when a setting is given twice."""
    found = dict(values)
    for name, file in values.items():
        setting = name.removesuffix("_FILE")
        if not name.startswith("CRM_") or setting == name or not file:
            continue
        if values.get(setting):
            raise SettingError(f"{setting} et {name}\u00a0: donnez l’un ou l’autre.")
        try:
            found[setting] = Path(file).read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise SettingError(f"{name}\u00a0: le fichier {file} ne se lit pas.") from error
    return found
