"""Installs and runs @tus/server with @tus/file-store, the reference implementation of tus in Node.js."""

import json
import subprocess
from pathlib import Path

from ..installing import npm_install, once
from .tus import TusPeer

SERVER_VERSION = "2.4.5"
STORE_VERSION = "2.1.1"
SCRIPT = Path(__file__).parents[2] / "servers" / "tus-server.mjs"


class TusServer(TusPeer):
    """@tus/server, set up as in its documentation."""

    name = "tus-server"
    collection = "/files"

    def install(self) -> None:
        packages = (f"@tus/server@{SERVER_VERSION}", f"@tus/file-store@{STORE_VERSION}")
        self._packages = once("tus-server", SERVER_VERSION, lambda folder: npm_install(folder, *packages))

    def version(self) -> str:
        package = json.loads((self._packages / "node_modules/@tus/server/package.json").read_text())
        node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
        return f"{package['version']} on Node {node}"

    def command(self) -> list[str | Path]:
        return ["node", SCRIPT, str(self.port), self.folder, self._packages]
