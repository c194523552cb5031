"""Installs and runs dufs, a file server in Rust."""

import subprocess
from pathlib import Path

from ..installing import cargo_install, once
from .peer import Peer

VERSION = "0.47.0"


class Dufs(Peer):
    """dufs, compiled without TLS, which is not used here, and started without log and with everything allowed."""

    name = "dufs"

    def install(self) -> None:
        folder = once("dufs", VERSION, lambda folder: cargo_install(folder, "dufs", VERSION, "--no-default-features"))
        self._program = folder / "bin" / "dufs"

    def version(self) -> str:
        return subprocess.run([self._program, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def command(self) -> list[str | Path]:
        return [self._program, "--bind", "127.0.0.1", "--port", str(self.port), "--allow-all", "--log-format", "", self.folder]
