"""Showing a mail as it will arrive, inside a page of ours."""

from flask import Response

# A mail's styles are written in its tags, which our own pages forbid. So it is shown in a page of
# its own where nothing runs and nothing is fetched elsewhere: no script, no form, no frame.
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-same-origin"
)


def mail_page(html: str) -> Response:
    """The HTML of a mail as a page for a frame, its links opening elsewhere."""
    html = html.replace("<head>", '<head><base target="_blank">', 1)
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": POLICY})
