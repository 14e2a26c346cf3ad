"""A website of the tests, served over real HTTP on loopback: its feeds, and all it can do wrong."""

import contextlib
import io
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

from crm.filters import day, local

SAMPLES = Path(__file__).parent / "data" / "feeds"
SITE = "https://passerelles.example.org"
TYPES = {
    ".xml": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".json": "application/json",
}

Answer = Callable[[BaseHTTPRequestHandler], None]


class FeedServer:
    """What is served, by path, and what was asked for. Open it with `serving()`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def at(self, path: str) -> str:
        return self.url + path

    def asked(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for `path`."""
        return [headers for asked, headers in self.requests if asked == path]

    def give(self, path, body=b"", content_type="text/xml", status=200, **headers) -> str:
        """Serve `body` at `path`; its address. A header `Last_Modified` is `Last-Modified`."""
        content = body.encode() if isinstance(body, str) else body

        def answer(handler):
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            with contextlib.suppress(OSError):
                handler.wfile.write(content)

        self.answers[path] = answer
        return self.at(path)

    def give_samples(self, at: datetime | None = None) -> dict[str, str]:
        """Serve the six sample feeds, their pictures here; their addresses by kind."""
        for name in ("atlas.jpg", "koubri.jpg", "rencontres.jpg", "guide.png"):
            self.give(f"/images/{name}", picture(form=name[-3:]), "image/jpeg")
        kinds = {"actualites.xml": "news", "financements.atom": "funding", "emplois.json": "job",
                 "evenements.json": "event", "ressources.xml": "resource",
                 "formations.xml": "training"}  # fmt: skip
        addresses = {}
        for name, kind in kinds.items():
            text = sample(name, at).replace(f"{SITE}/images", f"{self.url}/images")
            addresses[kind] = self.give(f"/{name}", text, TYPES[Path(name).suffix])
        return addresses

    def give_conditional(self, path: str, body: str, etag='"v1"', modified="") -> str:
        """Serve `body`, and 304 to whoever already has this version."""
        self.give(path, body, ETag=etag, Last_Modified=modified)
        whole = self.answers[path]

        def answer(handler):
            if (etag and handler.headers.get("If-None-Match") == etag) or (
                modified and handler.headers.get("If-Modified-Since") == modified
            ):
                handler.send_response(304)
                handler.send_header("ETag", etag)
                handler.end_headers()
            else:
                whole(handler)

        self.answers[path] = answer
        return self.at(path)

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        return self.give(path, status=status, Location=to)

    def drip(self, path: str, seconds: float = 20, every: float = 0.05) -> str:
        """Serve one byte now and then: no read ever waits long."""

        def answer(handler):
            handler.send_response(200)
            handler.end_headers()
            end = time.monotonic() + seconds
            with contextlib.suppress(OSError):
                while time.monotonic() < end:
                    handler.wfile.write(b" ")
                    time.sleep(every)

        return self._does(path, answer)

    def drip_headers(self, path: str, seconds: float = 20, every: float = 0.05) -> str:
        def answer(handler):
            end = time.monotonic() + seconds
            with contextlib.suppress(OSError):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while time.monotonic() < end:
                    handler.wfile.write(b"x")
                    time.sleep(every)

        return self._does(path, answer)

    def silence(self, path: str, seconds: float = 5) -> str:
        return self._does(path, lambda handler: time.sleep(seconds))

    def endless(self, path: str, size: int, piece: bytes = b"x" * 65536) -> str:
        """Serve `size` bytes without saying how many."""

        def answer(handler):
            handler.send_response(200)
            handler.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(size // len(piece)):
                    handler.wfile.write(piece)

        return self._does(path, answer)

    def reset(self, path: str, after: bytes = b"") -> str:
        """Say something, then hang up rudely (RST)."""

        def answer(handler):
            if after:
                handler.wfile.write(after)
                handler.wfile.flush()
                time.sleep(0.05)
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()

        return self._does(path, answer)

    def _does(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.at(path)


@contextlib.contextmanager
def serving():
    """A FeedServer that answers on 127.0.0.1 while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.requests.append((self.path, dict(self.headers)))
            answer = site.answers.get(self.path.partition("?")[0])
            if answer is None:
                self.send_error(404)
            else:
                answer(self)
            self.close_connection = True

        def log_message(self, *arguments):
            """Tests are quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False  # the slow ones are left to end by themselves

        def handle_error(self, request, client_address):
            """Clients hang up on purpose here."""

    server = Server(("127.0.0.1", 0), Handler)
    site = FeedServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sample(name: str, at: datetime | None = None) -> str:
    """A sample feed, its dates counted in days from `at`: « [[-2 rfc]] », « [[+40 fr]] »."""
    start = (at or datetime.now(UTC)).replace(hour=8, minute=0, second=0, microsecond=0)
    forms = {
        "rfc": format_datetime,
        "iso": datetime.isoformat,
        "gmt": lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}",
        "local": lambda moment: f"{local(moment):%Y-%m-%dT%H:%M:%S}",
        "fr": day,
        "chiffres": lambda moment: f"{moment:%d/%m/%Y}",
        "ymd": lambda moment: f"{moment:%Y%m%d}",
    }

    def moment(found):
        return forms[found[2]](start + timedelta(days=int(found[1])))

    return re.sub(r"\[\[([+-]\d+) (\w+)\]\]", moment, (SAMPLES / name).read_text())


def picture(width=640, height=400, colour=(40, 90, 160), form="jpg", **options) -> bytes:
    """A picture file of one colour."""
    file = io.BytesIO()
    forms = {"jpg": "JPEG", "png": "PNG", "gif": "GIF", "ebp": "WEBP", "webp": "WEBP"}
    Image.new("RGB", (width, height), colour).save(file, forms[form], **options)
    return file.getvalue()


def rss(*items: dict[str, str], title="Le site") -> str:
    """A small RSS feed; the keys are the names of elements, `&` and `<` are to be escaped."""
    written = "".join(
        "<item>" + "".join(f"<{key}>{value}</{key.split()[0]}>" for key, value in one.items())
        + "</item>\n"
        for one in items
    )  # fmt: skip
    return f'<rss version="2.0"><channel><title>{title}</title>\n{written}</channel></rss>'


def jsonfeed(*items: dict) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": list(items)})
