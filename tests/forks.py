"""`crm …` in processes of their own that start at once.

A `crm` process spends most of its life, in a test, importing what every other one imports. Here one
process imports everything, once, and each command is a fork of it: a real process, with its own
connections, files, signals and death. `tests/test_cli.py` runs the installed command itself.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from pathlib import Path
from typing import IO

import compiled

TOLD = 1 << 20  # bytes: words and environment of one command


class Process:
    """A running `crm …`, asked and told as a `subprocess.Popen` is."""

    def __init__(self, arguments: tuple[str, ...], reply: socket.socket) -> None:
        self.args = arguments
        self.returncode: int | None = None
        self._reply = reply
        # Whoever gives up waiting leaves nothing open behind.
        weakref.finalize(self, reply.close)
        self.pid = int(reply.recv(32))

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(timeout=0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its status, or minus the signal that ended it. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            self._reply.settimeout(timeout)
            try:
                self.returncode = int(self._reply.recv(32))
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self._reply.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    *arguments: str,
    env: dict[str, str],
    stdin: IO | None = None,
    stdout: IO | None = None,
    stderr: IO | None = None,
) -> Process:
    """Start `crm …`; it reads nothing, and what it says is lost, unless a file is given."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = json.dumps([arguments, env]).encode()
    with open(os.devnull, "r+b") as nothing, theirs:
        files = [theirs, *(file or nothing for file in (stdin, stdout, stderr))]
        socket.send_fds(_parent(), [words], [file.fileno() for file in files])
    return Process(arguments, ours)


def run(
    *arguments: str, env: dict[str, str], input: str = "", timeout: float = 120
) -> subprocess.CompletedProcess:
    """Run `crm …` to its end; what it said is in the answer. Raises as `subprocess.run` does."""
    with contextlib.ExitStack() as opened:
        typed, *said = (opened.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3))
        typed.write(input)
        typed.seek(0)
        process = start(*arguments, env=env, stdin=typed, stdout=said[0], stderr=said[1])
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        words = [file.seek(0) or file.read() for file in said]
    done = subprocess.CompletedProcess(arguments, status, *words)
    done.check_returncode()
    return done


_parents: list[socket.socket] = []


def _parent() -> socket.socket:
    """The line to the process that has imported everything, started when first needed."""
    if not _parents:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, TOLD)
        command = [sys.executable, __file__, str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        _parents.append(ours)
        # It ends when nobody can talk to it any more.
        atexit.register(lambda: (ours.close(), process.wait(timeout=10)))
    return _parents[0]


def _fork_when_told(control: socket.socket) -> None:
    for module in ("crm.app", "crm.cli", "gunicorn.arbiter", "gunicorn.workers.gthread"):
        importlib.import_module(module)
    compiled.use()
    sys.dont_write_bytecode = False  # the migrations are read at each upgrade
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        words, files, _, _ = socket.recv_fds(control, TOLD, 4)
        if not words:
            return
        if os.fork() == 0:
            control.close()
            _watch(socket.socket(fileno=files[0]), files[1:], *json.loads(words))
            return
        for file in files:
            os.close(file)


def _watch(
    reply: socket.socket, files: list[int], arguments: list[str], environ: dict[str, str]
) -> None:
    """Fork the command, and say its number, then how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process = os.fork()
    if process == 0:
        reply.close()
        _become(files, arguments, environ)
        return
    # What is tested may be told to stop with everything around it: its end is still to be told.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for file in (0, 1, 2, *files):
        os.close(file)
    reply.send(str(process).encode())
    _, status = os.waitpid(process, 0)
    with contextlib.suppress(BrokenPipeError):
        reply.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(files: list[int], arguments: list[str], environ: dict[str, str]) -> None:
    from crm.cli import main

    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environ, LANGUAGE="fr")
    time.tzset()
    sys.argv = ["crm", *arguments]
    sys.exit(main())


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)
    _fork_when_told(socket.socket(fileno=int(sys.argv[1])))
