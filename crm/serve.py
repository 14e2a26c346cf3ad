"""Serving the site: gunicorn (waitress on Windows), its worker beside it, a free port."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from crm.config import Settings
from crm.db import db
from crm.keeping.upgrade import bring_up_to_date


def run(host: str, port: int, workers: int, *, with_worker: bool, demo: bool) -> None:
    """Serve until stopped. The next free port is taken, and said, when `port` is not free."""
    free = free_port(host, port)
    if free != port:
        click.echo(f"Le port {port} est pris\u00a0: le site sera sur le port {free}.")
    os.environ.setdefault("CRM_BASE_URL", f"http://{host}:{free}")
    if demo:
        _prepare_demonstration()
    worker = subprocess.Popen(_command("worker")) if with_worker else None
    try:
        click.echo(f"Maillage répond sur http://{host}:{free}  (Ctrl+C pour arrêter)")
        _serve(host, free, workers)
    finally:
        if worker is not None:
            worker.send_signal(signal.SIGINT)
            worker.wait(timeout=30)


def free_port(host: str, port: int) -> int:
    """The first port from `port` on that nobody listens to. Raises ClickException if none is."""
    for candidate in range(port, port + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    raise click.ClickException(f"Aucun port libre entre {port} et {port + 99}.")


def _prepare_demonstration() -> None:
    from crm import seed
    from crm.app import create_app

    app = create_app()
    with app.app_context():
        bring_up_to_date(Settings.current(), click.echo)
        if seed.is_untouched():
            click.echo("Premier lancement\u00a0: création du réseau de démonstration…")
            seed.fill("reseau", progress=True)
        db.session.commit()
        for line in seed.logins():
            click.echo(line)
        db.engine.dispose()


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("crm")), *arguments]


def _serve(host: str, port: int, workers: int) -> None:
    # Imported before gunicorn forks: its processes start at once, and share that memory.
    from crm.app import create_app

    if sys.platform == "win32":
        import waitress

        waitress.serve(create_app(), host=host, port=port)
        return
    _Gunicorn(
        create_app,
        {
            "bind": f"{host}:{port}",
            "workers": workers,
            "threads": 4,
            "worker_class": "gthread",
            "loglevel": "warning",
            "timeout": 60,
        },
    ).run()


def _Gunicorn(create_app: Callable[[], Any], options: dict[str, Any]) -> Any:  # noqa: N802
    from gunicorn.app.base import BaseApplication

    class Site(BaseApplication):
        """Gunicorn without its command line."""

        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return create_app()

    return Site()
