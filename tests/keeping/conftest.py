"""A network worth keeping."""

import pytest
from kept import network


@pytest.fixture
def kept(app, setting, tmp_path):
    """A small network, its instance in a folder of its own."""
    place = tmp_path / "instance"
    place.mkdir(mode=0o700)
    (place / "secret_key").write_text("clé")
    (place / "secret_key").chmod(0o600)
    setting(instance=place)
    network()
    return place
