"""Describes the machine on which the figures were measured."""

import os
import platform
import re
import time
from datetime import UTC, datetime
from pathlib import Path

PROBE_FILES = 200


def describe(folder: Path) -> dict[str, str]:
    """Facts about the machine, by name. Leaves the files of `create_micros` in the folder."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": cpu[1] if cpu else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory[1]) / (1 << 20):.1f} GiB" if memory else "unknown",
        "kernel": f"{platform.system()} {platform.release()}",
        "file system": file_system(folder),
        "creating a file of 64 KiB": f"{create_micros(folder):.0f} µs",
        "load before the run": f"{os.getloadavg()[0]:.2f}",
        "client": f"Python {platform.python_version()}",
    }


def file_system(folder: Path) -> str:
    """Type, device and mount options of the file system that the folder is on."""
    best = ("", "unknown")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        device, point, kind, options = line.split()[:4]
        if folder.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, f"{kind} on {device} ({options})")
    return best[1]


def create_micros(folder: Path) -> float:
    """Microseconds that creating and writing one file of 64 KiB takes here. It limits the scenario of small files
    for every server, and it can differ by a factor of ten."""
    probe = folder / "probe"
    probe.mkdir()
    content = bytes(64 << 10)
    start = time.perf_counter()
    for index in range(PROBE_FILES):
        (probe / str(index)).write_bytes(content)
    return (time.perf_counter() - start) / PROBE_FILES * 1e6
