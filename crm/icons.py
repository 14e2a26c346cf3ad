"""Icons: Bootstrap's, written inside the page; the whole sprite weighs a megabyte."""

import re
from functools import cache
from pathlib import Path

import flask_bootstrap
from markupsafe import Markup

_SPRITE = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"


@cache
def _symbols() -> dict[str, tuple[str, str]]:
    found = re.findall(
        r'<symbol[^>]*viewBox="([^"]+)"[^>]*id="([^"]+)"[^>]*>(.*?)</symbol>',
        _SPRITE.read_text(),
        re.DOTALL,
    )
    return {name: (box, drawing) for box, name, drawing in found}


def icon(name: str) -> Markup:
    """The drawing called `name`, hidden from screen readers: the words beside it say it."""
    box, drawing = _symbols()[name]
    return Markup(
        f'<svg class="icon" viewBox="{box}" aria-hidden="true" focusable="false">{drawing}</svg>'
    )
