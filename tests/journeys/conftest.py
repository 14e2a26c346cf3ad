"""A whole installation to browse."""

import live
import pytest

PASSWORD = "un mot de passe de test"


@pytest.fixture
def seeded():
    """Whether the site has the demonstration network and its team, or Awa alone."""
    return False


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path, seeded):
    """A running site: SQLite and its file queue, or PostgreSQL and Redis; Awa can sign in."""
    with live.installation(request.param, tmp_path, seeded=seeded) as running:
        if not seeded:
            running.crm(
                "users", "add", "awa@example.org", "--role", "communication", "--name",
                "Awa Diallo", "--password-stdin", input=f"{PASSWORD}\n",
            )  # fmt: skip
        yield running


@pytest.fixture
def page(browser, site):
    """A tab of the browser; what the page complains about fails the test."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 1280, "height": 900}, locale="fr-FR"
    )
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    context.close()
    assert complaints == []


@pytest.fixture
def awa(page):
    """The same tab, Awa signed in."""
    page.goto("/connexion")
    page.get_by_label("Courriel").fill("awa@example.org")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/gestion/")
    return page
