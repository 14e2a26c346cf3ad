"""Dossier: everything that is kept about someone, to be read and to be taken away.

Source of the rule: RGPD art. 15 §1 and §3 (a copy), art. 20 (a format machines read).
"""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from crm.config import ROOT
from crm.db import now
from crm.identity import Identity
from crm.mail import environment
from crm.personal import Kept, Who
from crm.privacy.features import FEATURES

_STYLE = ROOT / "crm" / "static" / "css" / "dossier.css"


def gather(who: Who) -> list[Kept]:
    """What each feature keeps about them, the directory first."""
    return [kept for feature in reversed(FEATURES) for kept in feature.disclose(who)]


def archive(name: str, parts: Sequence[Kept]) -> bytes:
    """A ZIP of all this: `dossier.html` to read, `dossier.json` for machines, and the files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as box:
        box.writestr("dossier.json", as_json(name, parts))
        box.writestr("dossier.html", _as_html(name, parts))
        box.writestr("dossier.css", _STYLE.read_text())
        for path, content in _files(parts):
            box.writestr(f"fichiers/{path}", content)
    return packed.getvalue()


def as_json(name: str, parts: Sequence[Kept]) -> str:
    told = {
        "personne": name,
        "responsable": Identity.current().name,
        "établi le": now(),
        "données": [
            {"partie": part.title, "contenu": part.facts,
             "fichiers": [f"fichiers/{one.name}" for one in part.files]}
            for part in parts
        ],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=2, default=_plain)


def _as_html(name: str, parts: Sequence[Kept]) -> str:
    template = environment().get_template("print/dossier.html")
    return template.render(name=name, parts=parts, identity=Identity.current(), at=now())


def _plain(value: date | datetime) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat()


def _files(parts: Sequence[Kept]) -> Iterator[tuple[str, bytes]]:
    """Each under a name of its own, that stays inside the box."""
    taken = set()
    for one in (file for part in parts for file in part.files):
        path = "/".join(piece for piece in one.name.split("/") if piece not in ("", ".", ".."))
        while path in taken:
            path = f"bis-{path}"
        taken.add(path)
        yield path, one.content
