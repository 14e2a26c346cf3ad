"""A real browser for the journeys."""

import shutil

import pytest
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def browser():
    """The machine's own Chromium; nothing is downloaded."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium manque : apt install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()
