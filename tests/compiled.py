"""Templates are compiled once for all the processes of a run, not once in each of them."""

import os
import tempfile

from flask import Flask
from jinja2 import FileSystemBytecodeCache

NAME = "TEST_TEMPLATES"


def share() -> tempfile.TemporaryDirectory:
    """Make the folder where they are kept, and say where in the environment."""
    folder = tempfile.TemporaryDirectory(prefix="maillage-templates-")
    os.environ[NAME] = folder.name
    return folder


def use() -> None:
    """Have the applications of this process look there first."""
    if NAME in os.environ:
        Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ[NAME])}
