"""Tabs of a browser: opened on an installation, signed in or not; their complaints are faults."""

import contextlib
import shutil

import pytest

PASSWORD = "un mot de passe de test"
# Without the window that nobody sees, Chromium takes half the machine less.
PROGRAMS = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"

NO_NETWORK = "ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED"


def chromium(kind, *arguments):
    """The machine's own Chromium, started by Playwright's `kind`; nothing is downloaded."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium manque : apt install chromium-headless-shell")
    usual = "--no-sandbox", "--disable-gpu", "--disable-background-networking"
    return kind.launch(executable_path=program, args=[*usual, *arguments])


def sign_in(tab, who="awa", password=PASSWORD):
    """Somebody of the team signs in; the tab."""
    tab.goto("/connexion")
    tab.get_by_label("Courriel").fill(f"{who}@example.org")
    tab.get_by_label("Mot de passe").fill(password)
    with tab.expect_navigation():
        tab.get_by_role("button", name="Se connecter").click()
    return tab


@contextlib.contextmanager
def late(tab, path, script):
    """On a page whose script comes only after what is done meanwhile, as on a slow line."""
    waiting = []

    def hold(route):  # a function of our own: the browser's library keeps a mark on it
        waiting.append(route)

    tab.route(f"**/{script}*", hold)
    tab.goto(path, wait_until="commit")
    yield
    while not waiting:
        tab.wait_for_timeout(20)
    waiting[0].continue_()
    tab.unroute(f"**/{script}*")


@contextlib.contextmanager
def opening(browser, url, password=PASSWORD):
    """A function that opens a tab: `open_tab()`, `open_tab("benoit", viewport=…)`. What their
    pages complain about, answers of 400 to 499 apart, is an error at the end."""
    contexts, complaints = [], []

    def open_tab(who="", **options):
        context = browser.new_context(base_url=url, locale="fr-FR", **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda said: said.type == "error" and "status of 4" not in said.text
               and not any(one in said.text for one in NO_NETWORK)
               and complaints.append(said.text))  # fmt: skip
        return sign_in(tab, who, password) if who else tab

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []
