"""PDF files: whatever people are called, the file is made."""

import io
import time

import pypdf
import pytest
import typst

from crm import pdf

SHEET = {
    "title": "Émargement", "network": "Réseau", "brand": "#0b6e69", "sentence": "", "beside": [],
    "people": [], "parts": [], "headings": ["Nom"] * 6,
}  # fmt: skip


def words(*names):
    file = pdf.render("events", SHEET | {"table": [[name] * 6 for name in names]})
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages)


def test_names_of_many_writings_are_drawn():
    for name in ("Nguyễn Thị Hương", "Иван", "Γιώργος", "Ƴero Ɓah", "Łukasz"):
        assert name in words(name)


@pytest.mark.parametrize(("name", "drawn"), [
    ("Fête 😀 du réseau", "Fête"), ("李 Wei", "□ Wei"), ("አበበ Bikila", "□□□ Bikila"),
    ("👩🏽‍🌾 Atelier", "Atelier"), ("ⴰⵎⴰⵣⵉⵖ", "□□□□□□"),
])  # fmt: skip
def test_what_the_fonts_lack_does_not_prevent_the_file(name, drawn):
    assert drawn in words(name, "Chloé Martin")
    assert "Chloé Martin" in words(name, "Chloé Martin")


def test_many_characters_unknown_are_asked_once():
    every = "".join(map(chr, range(0x4E00, 0x4E00 + 60)))
    words(every)
    start = time.process_time()
    words(every)
    assert time.process_time() - start < 2


def test_what_is_not_accessible_is_still_refused():
    with pytest.raises(typst.TypstError):
        pdf.render("events", SHEET | {"title": "", "table": []})
