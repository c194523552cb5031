"""Measures CPU time and peak memory of a server and its child processes, from /proc."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SEC = os.sysconf("SC_CLK_TCK")
BACKGROUND_THREAD = "digest"
KERNEL_THREAD = 0x00200000


@dataclass(frozen=True)
class Cpu:
    """CPU seconds used so far, or between two moments."""

    total: float
    """The whole CPU time of the server, including `background`."""
    background: float
    """The server's threads whose names begin with `BACKGROUND_THREAD`."""
    others: float
    """All programs except the server, this one and the kernel's threads; they should be idle."""

    def __sub__(self, other: "Cpu") -> "Cpu":
        return Cpu(self.total - other.total, self.background - other.background, self.others - other.others)


class ProcessTree:
    """A process that was started as the leader of a session, and all processes of that session."""

    def __init__(self, pid: int):
        self.pid = pid
        self._background: dict[str, float] = {}

    def cpu(self) -> Cpu:
        """CPU time so far, user and system, of the running processes and of their children that ended and were
        waited for."""
        total = others = 0.0
        tree = set(self.pids())
        for pid, fields in processes():
            if pid == os.getpid() or int(fields[6]) & KERNEL_THREAD:
                continue
            try:
                # A process's CPU clock has nanoseconds where /proc/PID/stat has hundredths (clock_getcpuclockid(3)).
                spent = time.clock_gettime((~pid << 3) | 2) + (int(fields[13]) + int(fields[14])) / TICKS_PER_SEC
                if pid in tree:
                    total += spent
                    self._look_at_threads(pid)
                else:
                    others += spent
            except OSError:
                continue  # the process has ended; its time is counted with its parent's
        return Cpu(total, sum(self._background.values()), others)

    def reset_peak(self) -> None:
        """Resets the peak of the resident memory to what is resident now (proc(5), clear_refs)."""
        for pid in self.pids():
            try:
                Path(f"/proc/{pid}/clear_refs").write_text("5")
            except OSError:
                continue

    def peak_bytes(self) -> int:
        """Peak resident memory, summed over the processes; a page that several share is counted for each."""
        kib = 0
        for pid in self.pids():
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                kib += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
            except OSError:
                continue
        return kib * 1024

    def pids(self) -> list[int]:
        """The running processes of the session, including those whose parent has ended."""
        return [pid for pid, fields in processes() if int(fields[3]) == self.pid]

    def _look_at_threads(self, pid: int) -> None:
        """Records the CPU time of each background thread, so that it still counts after the thread has ended."""
        for thread in os.scandir(f"/proc/{pid}/task"):
            try:
                if Path(thread.path, "comm").read_text().startswith(BACKGROUND_THREAD):
                    self._background[thread.name] = int(Path(thread.path, "schedstat").read_text().split()[0]) / 1e9
            except OSError:
                continue


def processes() -> Iterator[tuple[int, list[str]]]:
    """Every process with the fields of its /proc/PID/stat from the third on. The second field is the process's name,
    which may contain spaces and brackets, so the line is split after it."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                yield int(entry), Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
