"""Installs and runs copyparty, a file server in Python."""

import sys
from pathlib import Path

from ..installing import once, pip_install
from .peer import Peer

VERSION = "1.20.26"


class Copyparty(Peer):
    """copyparty without log, with one volume that everybody may read, write and delete in; otherwise its defaults."""

    name = "copyparty"

    def install(self) -> None:
        self._packages = once("copyparty", VERSION, lambda folder: pip_install(folder, "copyparty", VERSION))

    def version(self) -> str:
        return f"{VERSION} on Python {sys.version.split()[0]}"

    def command(self) -> list[str | Path]:
        volume = f"{self.folder}::rwmd"
        return [sys.executable, "-m", "copyparty", "-q", "-i", "127.0.0.1", "-p", str(self.port), "-v", volume]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self._packages), "XDG_CONFIG_HOME": str(self.folder.with_suffix(".config"))}
