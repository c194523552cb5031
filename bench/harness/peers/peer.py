"""Defines a peer, a server that files are moved through: how it is installed, started and stopped, and how files are
uploaded to it."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from ..client import Answer, Connection, Slice, TransferError
from ..process_tree import ProcessTree

START_SECS = 30
STOP_SECS = 10


class Peer:
    """One server on a port of its own. Subclasses say how it is installed and started; the requests here are those of
    plain file servers (PUT, GET, DELETE)."""

    name: str
    """The server's name in `--peers` and in the tables."""

    headers: tuple[str, ...] = ()
    """Headers that every request carries."""

    tree: ProcessTree
    """The server's processes; set by `start`."""

    def __init__(self):
        self.port = 0
        self.folder = Path()
        self._process: subprocess.Popen | None = None
        self._paths: list[str] = []

    # To be defined by each subclass.

    def install(self) -> None:
        """Installs the program if it is not installed yet; raises `NotInstalled` if that fails."""
        raise NotImplementedError

    def version(self) -> str:
        """The version of the installed program."""
        raise NotImplementedError

    def command(self) -> list[str | Path]:
        """The command that serves `self.folder` on `self.port`."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Environment variables that the server needs in addition to this program's."""
        return {}

    # Starting and stopping.

    def start(self, folder: Path) -> None:
        """Starts the server with an empty folder and waits until it accepts connections."""
        folder.mkdir()
        self.folder = folder
        self.port = free_port()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(part) for part in self.command()],
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,
            )
        self.tree = ProcessTree(self._process.pid)
        deadline = time.monotonic() + START_SECS
        while not self.is_listening():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise TransferError(f"{self.name} does not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def is_listening(self) -> bool:
        """Whether the server accepts connections."""
        try:
            self.connect().close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Asks the server to end, then kills what is still running of it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in self.tree.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process = None

    @property
    def log(self) -> Path:
        """The file with the server's output, beside its folder."""
        return self.folder.with_suffix(".log")

    # The protocol.

    def connect(self) -> Connection:
        """A new connection to the server."""
        return Connection(self.port)

    def prepare(self) -> None:
        """Prepares a case; called before each case, untimed."""
        self._paths.clear()

    def upload(self, connection: Connection, name: str, body: Slice) -> str:
        """Uploads one file; returns the path of its download."""
        path = f"/{name}"
        expect(connection.ask("PUT", path, self.headers, body), 200, 201, 204)
        return self.remember(path)

    def remember(self, path: str) -> str:
        """Notes the path of a file that `clear` has to remove, and returns it."""
        self._paths.append(path)
        return path

    def clear(self) -> None:
        """Removes what was uploaded since `prepare`, untimed."""
        with self.connect() as connection:
            for path in self._paths:
                self.remove(connection, path)

    def remove(self, connection: Connection, path: str) -> None:
        """Removes one file."""
        expect(connection.ask("DELETE", path, self.headers), 200, 202, 204)


def expect(answer: Answer, *statuses: int) -> Answer:
    """Returns the answer if it has one of the statuses; raises `TransferError` otherwise."""
    if answer.status not in statuses:
        raise TransferError(f"status {answer.status} instead of {statuses[0]}: {answer.body[:300]!r}")
    return answer


def free_port() -> int:
    """A port on which no program listens at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
