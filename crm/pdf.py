"""PDF files, made by Typst: tagged, in French, and valid PDF/UA-1 (ISO 14289-1) or not made."""

import json
from collections.abc import Mapping
from typing import Any

import typst

from crm.config import ROOT

_FOLDER = ROOT / "templates" / "print"


def render(template: str, data: Mapping[str, Any]) -> bytes:
    """The file that `templates/print/<template>.typ` draws from `data`, as its `data` variable.

    The data travels as JSON and is only ever text: nothing in it is read as markup. Raises
    typst.TypstError when the result would not be accessible: no title, a picture without words…
    """
    file: bytes = typst.compile(
        _FOLDER / f"{template}.typ",
        root=_FOLDER,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,  # the same file on every machine
    )
    return file
