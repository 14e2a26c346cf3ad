"""Files that people send: what they may be, checked by what is in them and not by what they say.

Nothing is ever run, shown inside a page or opened here: a file is kept as it came, to be saved by
who asks for it. What could run by itself, or unfold into more than it weighs, is refused.
"""

import io
import zipfile
from dataclasses import dataclass

from crm.contacts.journal import file_name
from crm.requests.messages import RequestFile
from crm.text import one_line

MAX_BYTES = 8 * 1024 * 1024  # one file
MAX_FILES = 5
MAX_UNFOLDED = 200 * 1024 * 1024  # what an office file may hold once unfolded
MAX_RATIO = 150  # how much smaller than its contents it may be
MAX_MEMBERS = 5000


class BadFile(ValueError):
    """Why a file cannot be kept, in one French sentence that names it."""


@dataclass(frozen=True)
class Sent:
    """A file that was checked: its name made harmless, its type as we found it."""

    name: str
    media_type: str
    content: bytes

    def row(self) -> RequestFile:
        return RequestFile(
            name=self.name, media_type=self.media_type, size=len(self.content), content=self.content
        )


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
# By its ending: the media type, and what the first bytes are.
_KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "heic": ("image/heic", (b"\x00\x00\x00",)),
    "doc": ("application/msword", (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)),
    "xls": ("application/vnd.ms-excel", (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)),
    "ppt": ("application/vnd.ms-powerpoint", (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)),
    "docx": (_OFFICE + "wordprocessingml.document", (b"PK\x03\x04",)),
    "xlsx": (_OFFICE + "spreadsheetml.sheet", (b"PK\x03\x04",)),
    "pptx": (_OFFICE + "presentationml.presentation", (b"PK\x03\x04",)),
    "odt": (_OPEN + "text", (b"PK\x03\x04",)),
    "ods": (_OPEN + "spreadsheet", (b"PK\x03\x04",)),
    "odp": (_OPEN + "presentation", (b"PK\x03\x04",)),
    "rtf": ("application/rtf", (b"{\\rtf",)),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
}
# What an office file holds, by its ending.
_INSIDE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
ACCEPT = ",".join(f".{ending}" for ending in _KINDS)
SAID = "PDF, images, textes, tableaux et diaporamas"


def check(name: str, content: bytes) -> Sent:
    """This file, if it can be kept. Raises BadFile."""
    safe = file_name(one_line(name))
    ending = safe.rpartition(".")[2].lower()
    if ending not in _KINDS:
        raise BadFile(f"« {safe} » ne peut pas être reçu : envoyez un PDF, une image, un texte, "
                      "un tableau ou un diaporama.")  # fmt: skip
    if not content:
        raise BadFile(f"« {safe} » est vide.")
    if len(content) > MAX_BYTES:
        raise BadFile(f"« {safe} » est trop lourd : 8 Mo au plus par fichier.")
    media_type, beginnings = _KINDS[ending]
    if not _is_what_it_says(ending, content, beginnings):
        raise BadFile(f"« {safe} » n’est pas ce que dit son nom : enregistrez-le de nouveau, "
                      "en PDF par exemple.")  # fmt: skip
    return Sent(safe, media_type, content)


def check_all(files: list[tuple[str, bytes]]) -> list[Sent]:
    """These files, each checked. Raises BadFile for the first that cannot be kept."""
    if len(files) > MAX_FILES:
        raise BadFile(f"{MAX_FILES} fichiers au plus : réunissez-les, ou envoyez les autres après.")
    return [check(name, content) for name, content in files]


def _is_what_it_says(ending: str, content: bytes, beginnings: tuple[bytes, ...]) -> bool:
    if not beginnings:
        return _is_text(content)
    if not content.startswith(beginnings):
        return False
    if beginnings == (b"PK\x03\x04",):
        return _is_office(ending, content)
    marks = {"webp": (8, b"WEBP"), "heic": (4, b"ftyp")}
    at, mark = marks.get(ending, (0, b""))
    return content[at : at + len(mark)] == mark


def _is_text(content: bytes) -> bool:
    """Nothing but letters, whichever way they are written."""
    if content.startswith((b"MZ", b"\x7fELF", b"#!")) or b"\x00" in content:
        return False
    start = content[:2000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return not start.startswith((b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml"))


def _is_office(ending: str, content: bytes) -> bool:
    """An office file, whole, without macros, and that unfolds into a reasonable size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or any(one.flag_bits & 1 for one in members):
                return False
            unfolded = sum(one.file_size for one in members)
            if unfolded > MAX_UNFOLDED or unfolded > MAX_RATIO * len(content):
                return False
            return _holds(ending, archive, [one.filename for one in members])
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError, EOFError):
        return False


def _holds(ending: str, archive: zipfile.ZipFile, names: list[str]) -> bool:
    if any("vbaproject" in name.lower() or name.startswith("Basic/") for name in names):
        return False
    if ending in _INSIDE:
        inside = any(name.startswith(_INSIDE[ending]) for name in names)
        return inside and "[Content_Types].xml" in names
    if "mimetype" not in names:
        return False
    with archive.open("mimetype") as told:
        return told.read(200).decode("ascii", "replace").startswith(_KINDS[ending][0])
