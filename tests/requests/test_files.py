"""Files: judged by what is in them; what lies, runs or unfolds too far is refused in words."""

import zipfile

import asking
import pytest
from asking import PDF, office

from crm.requests import files
from crm.requests.files import BadFile, check, check_all

WORD = office("[Content_Types].xml", "word/document.xml")
ODT = office("mimetype", "content.xml", mimetype=b"application/vnd.oasis.opendocument.text")
HEIC = b"\x00\x00\x00\x18ftypheic"


@pytest.mark.parametrize(("name", "content", "media_type"), [
    ("projet.pdf", PDF, "application/pdf"),
    ("photo.JPG", b"\xff\xd8\xff\xe0rest", "image/jpeg"),
    ("photo.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ("photo.heic", HEIC, "image/heic"),
    ("lettre.docx", WORD, files._KINDS["docx"][0]),
    ("lettre.odt", ODT, "application/vnd.oasis.opendocument.text"),
    ("notes.txt", "Éléments à revoir".encode("cp1252"), "text/plain"),
    ("budget.csv", b"poste;montant\n", "text/csv"),
])  # fmt: skip
def test_usual_files_are_kept(name, content, media_type):
    sent = check(name, content)
    assert (sent.name, sent.media_type, sent.content) == (name, media_type, content)


@pytest.mark.parametrize(("name", "content"), [
    ("virus.exe", b"MZ\x90"), ("photo.jpg.exe", b"MZ"), ("script.js", b"alert(1)"),
    ("page.html", b"<p>"), ("dessin.svg", b"<svg/>"), ("macro.docm", WORD), ("archive.zip", WORD),
    ("raccourci.lnk", b"L"), ("sans-type", b"x"), ("photo.jpg", b"MZ\x90"), ("a.pdf", b"<html>"),
    ("a.txt", b"MZ\x90"), ("a.txt", b"\x00\x01"), ("a.csv", b"  <!DOCTYPE html>"), ("a.pdf", b""),
    ("a.docx", b"PK\x03\x04rest"), ("a.docx", ODT), ("a.odt", WORD), ("a.xlsx", WORD),
    ("a.docx", office("[Content_Types].xml", "word/x.xml", "word/vbaProject.bin")),
    ("a.webp", b"RIFF\x00\x00\x00\x00AVI "), ("facture\u202efdp.exe", b"MZ"),
])  # fmt: skip
def test_what_lies_or_runs_is_refused_by_its_name(name, content):
    with pytest.raises(BadFile, match=r"« .+ »"):
        check(name, content)


def test_a_zip_bomb_is_refused_without_being_unfolded(monkeypatch):
    bomb = office("[Content_Types].xml", "word/document.xml", **{"word/document.xml": b"0" * 9**8})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(BadFile):
        check("bombe.docx", bomb)


def test_too_many_members_and_too_many_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_MEMBERS", 5)
    with pytest.raises(BadFile):
        check("a.docx", office("[Content_Types].xml", *(f"word/{n}" for n in range(6))))
    with pytest.raises(BadFile, match="trop lourd"):
        check("a.pdf", PDF + b"0" * files.MAX_BYTES)
    with pytest.raises(BadFile, match="5 fichiers au plus"):
        check_all([("a.pdf", PDF)] * 6)


@pytest.mark.parametrize(("typed", "kept"), [
    ("../../etc/passwd.txt", "passwd.txt"), ("C:\\Temp\\plan.pdf", "plan.pdf"),
    ('<img src=x>".pdf', "img src=x.pdf"), ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
    ("é" * 400 + ".pdf", "é" * 150 + ".pdf"),
])  # fmt: skip
def test_a_name_is_only_a_name(typed, kept):
    content = b"mot" if kept.endswith("txt") else PDF
    assert check(typed, content).name == kept


def test_a_bad_file_is_told_beside_the_field_and_nothing_is_kept(app, visitor):
    answer = asking.post(visitor, files=asking.upload("photo.pdf", b"MZ\x90"))
    assert (answer.status_code, asking.all_requests()) == (422, [])
    assert 'id="files-erreur"' in answer.text
