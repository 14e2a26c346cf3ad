"""Downloads: a file to be saved, never shown or run here; and tables, as files that Excel opens."""

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

from flask import Response, abort, send_file

from crm.tables import Row, csv_lines, write_xlsx

TABLES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download(name: str, content: bytes) -> Response:
    """The file as it came. Its type is not told, so that no browser opens it by itself."""
    response = send_file(
        io.BytesIO(content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=name,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response


def table(name: str, headings: Row, rows: Iterable[Row], sheet: str = "") -> Response:
    """These rows as the file `name`, whose ending says which: csv or xlsx; 404 for another.

    `sheet` is what a workbook calls its page.
    """
    form = name.rpartition(".")[2]
    if form not in TABLES:
        abort(404)
    content = b"".join(csv_lines(headings, rows)) if form == "csv" else _xlsx(headings, rows, sheet)
    response = Response(content, mimetype=TABLES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _xlsx(headings: Row, rows: Iterable[Row], sheet: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fichier.xlsx")
        write_xlsx(path, headings, rows, sheet=sheet)
        return path.read_bytes()
