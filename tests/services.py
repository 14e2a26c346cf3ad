"""The real servers the tests run against: a throw-away PostgreSQL and a Redis on free ports."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start() -> "list[Service]":
    """Start what this machine has, and say where in the environment (xdist workers inherit it)."""
    return [service for service in (_postgresql(), _redis()) if service is not None]


class Service:
    """A server process in a folder of its own, both gone at the end."""

    def __init__(self, folder: Path, stop: list[str] | None, process: "subprocess.Popen | None"):
        self.folder, self._stop, self._process = folder, stop, process

    def stop(self) -> None:
        if self._stop:
            subprocess.run(self._stop, check=False, stdout=subprocess.DEVNULL)
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)


def _postgresql() -> Service | None:
    found = shutil.which("initdb") or next(
        iter(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)), None
    )
    if found is None:
        return None
    programs, port = Path(found).resolve().parent, free_port()
    folder = Path(tempfile.mkdtemp(prefix="maillage-pg-"))
    # PostgreSQL refuses to run as root.
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, pwd.getpwnam("postgres").pw_uid)
        as_user = ["runuser", "-u", "postgres", "--"]
    data = str(folder / "data")
    _quietly(
        [*as_user, programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync"],
        folder,
    )  # fmt: skip
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    options += " -c full_page_writes=off -c max_connections=200 -c shared_buffers=128MB"
    ctl = [*as_user, str(programs / "pg_ctl"), "-D", data]
    _quietly([*ctl, "-o", options, "-l", str(folder / "log"), "-w", "start"], folder)
    os.environ["TEST_POSTGRESQL"] = f"postgresql+psycopg://test@127.0.0.1:{port}"
    return Service(folder, [*ctl, "-m", "immediate", "stop"], None)


def _redis() -> Service | None:
    program = shutil.which("redis-server")
    if program is None:
        return None
    folder, port = Path(tempfile.mkdtemp(prefix="maillage-redis-")), free_port()
    process = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    os.environ["TEST_REDIS"] = f"redis://127.0.0.1:{port}/0"
    return Service(folder, None, process)


def _quietly(command: list, folder: Path) -> None:
    subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
