"""PDF files, made by Typst: tagged, in French, and valid PDF/UA-1 (ISO 14289-1) or not made."""

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import typst

from crm.config import ROOT

_FOLDER = ROOT / "templates" / "print"
_NO_GLYPH = "could not be displayed"
_LATIN = "\u024f"  # the last character that every Latin font has
_ONE = b'#set document(title: "x")\n#set text(lang: "fr")\n#json(bytes(sys.inputs.data))'


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The file that `templates/print/<template>.typ` draws from `data`, as its `data` variable.

    The data travels as JSON and is only ever text: nothing in it is read as markup. A character
    that our fonts lack (an emoji, a Chinese name) is left out, or stands as a square. Raises
    typst.TypstError when the result would not be accessible: no title, a picture without words…
    """
    file = _FOLDER / f"{template}.typ"
    try:
        return _compile(file, data)
    except typst.TypstError as error:
        if _NO_GLYPH not in str(error):
            raise
        return _compile(file, _drawable(data))


def _compile(source: Any, data: Any) -> bytes:
    file: bytes = typst.compile(
        source,
        root=_FOLDER,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,  # the same file on every machine
    )
    return file


def _drawable(data: Any) -> Any:
    """The same data, its texts made of what the fonts can draw."""
    if isinstance(data, str):
        return "".join(one if _has_glyph(one) else _instead(one) for one in data)
    if isinstance(data, Mapping):
        return {name: _drawable(value) for name, value in data.items()}
    return [_drawable(one) for one in data] if isinstance(data, list | tuple) else data


@cache
def _has_glyph(character: str) -> bool:
    """Whether Typst draws it: asked once for each character that Latin writing does not have."""
    if character <= _LATIN:
        return True
    try:
        _compile(_ONE, character)
    except typst.TypstError:
        return False
    return True


def _instead(character: str) -> str:
    """A square for what is read (a letter, a number), nothing for a drawing."""
    return "□" if unicodedata.category(character)[0] in "LN" else ""
