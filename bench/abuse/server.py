"""The server under attack: the release binary in a process of its own, and what the kernel says of that process."""

import os
import re
import subprocess
from pathlib import Path
from typing import IO

MIB = 1 << 20
STOP_SECS = 20


class ServerFailed(Exception):
    """The server did not start."""


class Server:
    """SnapDrop on a free port of loopback. It is killed at the end, so that an attack never has to wait for it."""

    def __init__(self, program: Path, folder: Path, flags: tuple[str, ...] = ()):
        self.folder = folder
        self.port = 0
        self._command = [str(program), "--listen", "127.0.0.1:0", "--data-dir", str(folder), *flags]
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def start(self) -> None:
        """Starts the server and waits until it says where it listens."""
        # Settings of the person who runs the attacks must not change the limits.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SNAPDROP_")}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**environment, "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        line = self._output().readline()
        port = re.search(rb":(\d+)\s*$", line)
        if not port:
            self.kill()
            raise ServerFailed(f"the server does not start: {self.log()[-500:].strip()}")
        self.port = int(port[1])

    def kill(self) -> None:
        """Ends the server with SIGKILL."""
        if self._process:
            self._process.kill()
            self._end()

    def stop(self) -> None:
        """Asks the server to end in order."""
        if self._process:
            self._process.terminate()
            self._end()

    def _end(self) -> None:
        self._running().wait(STOP_SECS)
        self._output().close()
        self._process = None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise ServerFailed("the server is not running")
        return self._process

    def _output(self) -> IO[bytes]:
        output = self._running().stdout
        assert output, "the output is a pipe"
        return output

    def is_running(self) -> bool:
        """Whether the process is still there."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """What the server has logged so far."""
        return self._log.read_text(errors="replace")

    def warnings(self) -> list[str]:
        """The lines of the log of the level WARN or above, each without its time."""
        lines = (line.split(maxsplit=1) for line in self.log().splitlines())
        return [line[1] for line in lines if len(line) == 2 and line[1].split()[0] in ("WARN", "ERROR")]

    def memory(self) -> float:
        """Resident memory now, MiB."""
        return self._status("VmRSS")

    def peak_memory(self) -> float:
        """Highest resident memory since `reset_peak`, MiB."""
        return self._status("VmHWM")

    def reset_peak(self) -> None:
        """Lets the peak of the resident memory begin with what is resident now (proc(5), clear_refs)."""
        Path(f"/proc/{self._running().pid}/clear_refs").write_text("5")

    def open_files(self) -> int:
        """How many files and connections the server has open."""
        return len(os.listdir(f"/proc/{self._running().pid}/fd"))

    def _status(self, field: str) -> float:
        lines = Path(f"/proc/{self._running().pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024

    def disk_bytes(self) -> int:
        """How many bytes all files in the data folder have."""
        sizes = 0
        for path in self.folder.rglob("*"):
            try:
                sizes += path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:
                continue  # the server removed the file meanwhile
        return sizes
