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
    """Start what this machine has, and say where in the environment."""
    found = {"TEST_POSTGRESQL": postgresql(), "TEST_REDIS": redis_server()}
    started = {name: service for name, service in found.items() if service is not None}
    os.environ.update({name: service.url for name, service in started.items()})
    return list(started.values())


class Service:
    """A server process in a folder of its own, both gone at the end."""

    def __init__(self, folder: Path, stop: list[str] | None, process: "subprocess.Popen | None"):
        self.folder, self._stop, self._process = folder, stop, process
        self.url = ""
        self._start: list = []

    def fall(self) -> None:
        """Stop at once, as a machine does that loses its power; its folder stays."""
        if self._stop:
            subprocess.run(self._stop, check=False, stdout=subprocess.DEVNULL)
        if self._process:
            self._process.kill()
            self._process.wait(timeout=10)

    def rise(self) -> None:
        """Start again after a fall."""
        if self._process:
            self._process = subprocess.Popen(self._start, stdout=subprocess.DEVNULL)
        else:
            _quietly(self._start, self.folder)

    def stop(self) -> None:
        if self._stop:
            subprocess.run(self._stop, check=False, stdout=subprocess.DEVNULL)
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder, ignore_errors=True)


def postgresql() -> Service | None:
    """A PostgreSQL of its own, if this machine has one."""
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
    options += " -c wal_recycle=off -c min_wal_size=32MB"  # its journal keeps no old pages
    ctl = [*as_user, str(programs / "pg_ctl"), "-D", data]
    service = Service(folder, [*ctl, "-m", "immediate", "stop"], None)
    service.url = f"postgresql+psycopg://test@127.0.0.1:{port}"
    service._start = [*ctl, "-o", options, "-l", str(folder / "log"), "-w", "start"]
    service.rise()
    return service


def redis_server() -> Service | None:
    """A Redis of its own, if this machine has one."""
    program = shutil.which("redis-server")
    if program is None:
        return None
    folder, port = Path(tempfile.mkdtemp(prefix="maillage-redis-")), free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    service = Service(folder, None, process)
    service.url, service._start = f"redis://127.0.0.1:{port}/0", command
    return service


def _quietly(command: list, folder: Path) -> None:
    subprocess.run(
        [str(part) for part in command],
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
