"""Reading tables: what a French spreadsheet writes, and what is refused in one sentence."""

import csv
import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.config import ROOT
from crm.contacts.files.spreadsheets import Table, TableError, read_table
from crm.contacts.files.workbooks import MAX_UNPACKED


def xlsx(*rows, sheet="Feuille1") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(TableError) as caught:
        read_table(content)
    return str(caught.value)


HEADINGS, ROWS = ["Nom", "Commune"], [(2, ["École du Rhône", "Lyon"]), (3, ["Gret", ""])]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_csv_excel_writes_is_read_alike(delimiter, encoding, end):
    lines = [["Nom", "Commune"], ["École du Rhône", "Lyon"], ["Gret", ""]]
    text = end.join(delimiter.join(line) for line in lines) + end
    assert read_table(text.encode(encoding)) == Table(HEADINGS, ROWS)


def test_a_cell_may_hold_lines_quotes_and_delimiters():
    text = 'Nom;Adresse\n"Le « 8 » ; dit ""huit""";"3 rue Basse\n69001 Lyon"\nGret;\n'
    assert read_table(text.encode()).rows == [
        (2, ["Le «\u00a08\u00a0»\u00a0; dit \"huit\"", "3 rue Basse\n69001 Lyon"]),
        (4, ["Gret", ""]),
    ]  # fmt: skip


def test_what_several_cells_hold_is_no_delimiter():
    text = 'Nom;Autres noms;Notes\nGret;"A | B\nC | D\nE | F\nG | H";x\nADER;I | J;y\n'
    assert read_table(text.encode()).headings == ["Nom", "Autres noms", "Notes"]


def test_excels_first_line_names_the_delimiter():
    assert read_table(b"sep=,\r\nNom,Commune\r\nA;B,Lyon\r\n") == Table(
        ["Nom", "Commune"], [(3, ["A;B", "Lyon"])]
    )


def test_a_title_above_and_empty_lines_are_passed_over():
    text = "Adhérents 2021;;\n;;\nNom;Commune;\nGret;Lyon;\n;;\nEau vive;;\n"
    assert read_table(text.encode()) == Table(
        ["Nom", "Commune"], [(4, ["Gret", "Lyon"]), (6, ["Eau vive", ""])]
    )


def test_one_column_is_a_table():
    assert read_table(b"Nom\nGret\nEau vive\n") == Table(
        ["Nom"], [(2, ["Gret"]), (3, ["Eau vive"])]
    )


def test_a_long_list_of_one_column_is_a_table():
    text = "Nom\n" + "".join(f"Structure {rank}\n" for rank in range(40))
    table = read_table(text.encode())
    assert (table.headings, len(table.rows)) == (["Nom"], 40)


def test_a_column_without_a_heading_is_numbered():
    assert read_table(b"Nom;;Commune\nGret;x;Lyon\n").headings == ["Nom", "Colonne 2", "Commune"]


def test_a_workbook_gives_texts():
    seen = datetime.fromisoformat("2021-02-03T09:30")
    content = xlsx(
        ["Nom", "Dépt", "Téléphone", "Depuis", "Vu", "Actif", "Part"],
        ["Gret", 69, 612345678, date(2021, 2, 3), seen, True, 0.5],
    )
    row = ["Gret", "69", "612345678", "2021-02-03", "2021-02-03", "oui", "0,5"]
    assert read_table(content).rows == [(2, row)]


def test_a_workbook_says_which_sheet_was_read():
    book = openpyxl.Workbook()
    book.active.title = "Vide"
    for name in ("Adhérents", "Archives"):
        book.create_sheet(name).append(["Nom"])
        book[name].append(["Gret"])
    book.create_sheet("Cachée").sheet_state = "hidden"
    kept = io.BytesIO()
    book.save(kept)
    table = read_table(kept.getvalue())
    assert (table.sheet, table.other_sheets) == ("Adhérents", ("Vide", "Archives"))


def test_line_numbers_of_a_workbook_are_those_on_screen():
    assert read_table(xlsx([], ["Liste"], ["Nom", "CP"], [], ["Gret", "69001"])).rows == [
        (5, ["Gret", "69001"])
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Ce fichier est vide."),
        (b"\xef\xbb\xbf \r\n\r\n", "Ce fichier est vide."),
        (b";;\n;;\n", "Ce fichier est vide."),
        (b"%PDF-1.7 ...", "Ce fichier n’est pas un tableau\u00a0: c’est un PDF."),
        (b"\x89PNG\r\n", "Ce fichier n’est pas un tableau\u00a0: c’est une image."),
        (b"<!doctype html><p>Nom;Commune", "c’est une page web ou du XML."),
        (b'{"nom": "Gret"}', "c’est du JSON."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "c’est un ancien fichier Excel ou Word."),
        (b"Nom;Commune\n", "Il n’y a rien sous les titres de la ligne 1."),
        (b"Nom;nom \nGret;Gret\n", "Ligne 1 : les colonnes 1 et 2 ont le même titre, « nom »."),
        (b"Nom;Commune\nGret;Lyon\nGr\x00et;Lyon\n", "Ligne 3\u00a0: un caractère nul."),
        (b"Nom;Commune\nGret;Lyon;38\n", "Ligne 2\u00a0: 3\u00a0cellules pour 2\u00a0titres."),
        (b"Nom;CP;Commune\n\nGret;Lyon\n", "Ligne 3\u00a0: 2\u00a0cellules pour 3\u00a0titres."),
        (b'Nom;Commune\nGret;Lyon\n"Eau;Lyon\nA;B\n', "Ligne 3\u00a0: un guillemet s’ouvre"),
        (b'Nom;Commune\n"Eau" vive;Lyon\n', "Ligne 2\u00a0: des guillemets au milieu"),
        (b"Nom;Commune\nGret;" + b"x" * 200_000, "Ligne 2\u00a0: une cellule trop longue"),
        (b"a" * 300 + b";b\nGret;Lyon\n", "ce ne sont pas des titres de colonnes"),
        ("Nom;Commune\nÉcole;x\n".encode() + b"\xc9cole;x\n", "UTF-8 à la ligne 2, autre chose"),
        (b"Nom;Commune\nGret;\x81\n", "Ligne 2\u00a0: un caractère qui n’existe ni en UTF-8"),
        (b"\xff\xfeN\x00o", "Ce fichier en UTF-16 est abîmé ou coupé."),
        (b"\xff\xfeN\x00o\x00", "Il n’y a rien sous les titres de la ligne 1."),
        (b"PK\x03\x04 rien", "Ce classeur est abîmé, ou n’est pas un fichier .xlsx."),
    ],
)
def test_what_is_not_a_table_is_refused_in_one_sentence(content, words):
    assert words in refusal(content)


def test_two_hundred_columns_are_refused():
    wide = ";".join(f"Colonne {rank}" for rank in range(200))
    assert refusal(f"{wide}\n{wide}\n".encode()).startswith("Ligne 1\u00a0: 200\u00a0colonnes")
    assert "200 colonnes" in refusal(xlsx([f"C{rank}" for rank in range(200)]))


def test_a_million_rows_are_refused():
    words = refusal(b"Nom;Commune\n" + b"Gret;Lyon\n" * 1_000_000)
    assert words.startswith("Ce fichier dépasse 200\u202f000\u00a0lignes (ligne 200002)")


def pack(parts: dict[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return kept.getvalue()


def with_sheet(sheet: bytes) -> bytes:
    """A workbook like any other, whose sheet is these bytes."""
    with zipfile.ZipFile(io.BytesIO(xlsx(["Nom", "CP"], ["Gret", "1"]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return pack(parts | {"xl/worksheets/sheet1.xml": sheet})


def test_a_zip_bomb_is_refused_by_what_it_says():
    bomb = with_sheet(b" " * (MAX_UNPACKED + 1))
    assert len(bomb) < 1_000_000
    assert refusal(bomb).startswith("Ce classeur pèse plus de 200 Mo une fois décompressé")


def test_a_zip_bomb_is_refused_by_what_it_does():
    """Its directory claims ten bytes a part."""
    bomb = with_sheet(b" " * (MAX_UNPACKED + 1))
    size = (MAX_UNPACKED + 1).to_bytes(4, "little")
    assert bomb.count(size) == 2
    assert refusal(bomb.replace(size, b"\x0a\0\0\0")).startswith("Ce classeur pèse plus de 200 Mo")


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("A1048576", "Cette feuille va jusqu’à la ligne 1\u202f048\u202f576"),
        ("XFD2", "Cette feuille compte 16\u202f384 colonnes"),
        ("EA150000", "Cette feuille compte plus de 10\u202f000\u202f000 cellules"),
    ],
)
def test_two_cells_far_apart_are_not_opened_as_a_rectangle(last, words):
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    cells = f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="{last}"><v>1</v>'
    assert words in refusal(
        with_sheet(start + cells.encode() + b"</c></row></sheetData></worksheet>")
    )


def test_empty_cells_far_below_do_not_count():
    cells = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Nom</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>Gret</t></is></c></row>'
        '<row r="1048576"><c r="A1048576" s="0"/></row></sheetData></worksheet>'
    )
    assert read_table(with_sheet(cells.encode())).rows == [(2, ["Gret"])]


def test_a_word_document_is_no_workbook():
    assert (
        refusal(pack({"word/document.xml": b"<w/>"})) == "Ce fichier n’est pas un classeur .xlsx."
    )


def test_the_study_of_2012_is_read():
    table = read_table((ROOT / "tests/data/structures-2012.csv").read_bytes())
    assert table.headings == ["Catégorie", "Type", "Nom", "A répondu"]
    assert len(table.rows) == 185
    assert table.rows[184] == (186, ["Réseau et centre de ressources", "", "Via le Monde", ""])


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8), st.sampled_from(";,\t|"))
def test_whatever_a_cell_holds_is_read_back(rows, delimiter):
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["Nom", "Commune", "Notes"], *rows])
    filled = [list(row) for row in rows if any(cell.strip() for cell in row)]
    content = kept.getvalue().encode()
    if filled:
        assert [row for _, row in read_table(content).rows] == filled
    else:
        assert refusal(content) == "Il n’y a rien sous les titres de la ligne 1."


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_table_or_a_sentence(content):
    try:
        table = read_table(content)
    except TableError:
        words = refusal(content)
        assert words.endswith((".", "?"))
    else:
        assert {len(row) for _, row in table.rows} == {len(table.headings)}
