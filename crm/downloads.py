"""Downloads: a file that somebody sent, always to be saved, never shown or run here."""

import io

from flask import Response, send_file


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
