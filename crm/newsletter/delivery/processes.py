"""Who takes rows, by a name that tells whether the process behind it still lives."""

import itertools
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_numbers = itertools.count(1)
_living: set[str] = set()  # the names at work in this very process


@contextmanager
def worker_name() -> Iterator[str]:
    """A name no other worker ever bears; it is living as long as the block lasts."""
    name = f"{place()} {os.getpid()} {_started(os.getpid())} {next(_numbers)}"
    _living.add(name)
    try:
        yield name
    finally:
        _living.discard(name)


def is_gone(name: str) -> bool:
    """Whether this worker has surely stopped. False when it cannot be known from here."""
    where, pid, started = (name.rsplit(" ", 3) + [""] * 4)[:3]
    if where != place() or not pid.isdecimal():
        return False
    if int(pid) == os.getpid() and started == _started(os.getpid()):
        return name not in _living
    # A number is given again to other processes: the moment it started tells them apart.
    return not _lives(int(pid)) or _started(int(pid)) not in (started, "")


def is_of_this_boot(name: str) -> bool:
    """Whether this worker surely ran since this machine started: what it wrote is still known."""
    return bool(_boot()) and name.rsplit(" ", 3)[0].split("/")[1:2] == [_boot()]


def fell_with_its_machine(name: str) -> bool:
    """Whether this worker ran here, before this machine was started again."""
    where = name.rsplit(" ", 3)[0].split("/")
    return len(where) == 3 and where[0] == _host() and not is_of_this_boot(name) and bool(_boot())


@cache
def place() -> str:
    """This machine since it started, and within it the containers that see the same processes.

    Two machines that bear the same name are two places: nothing is known from one of the other.
    """
    try:
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        namespace = ""
    return f"{_host()}/{_boot()}/{namespace}".replace(" ", "-")


def _host() -> str:
    return re.sub("[ /]", "-", socket.gethostname()[:40])


@cache
def _boot() -> str:
    return _read(Path("/proc/sys/kernel/random/boot_id"))[:8]


def _lives(pid: int) -> bool:
    if sys.platform == "win32":  # there, signal 0 is not a question
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # Killed, but not yet seen by its parent: it does nothing any more.
    return _status(pid)[:1] not in (["Z"], ["X"])


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine did; empty where that is not told."""
    return next(iter(_status(pid)[19:20]), "")


def _status(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on (proc(5)); the second may hold spaces."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
