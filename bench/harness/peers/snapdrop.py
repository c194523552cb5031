"""Runs SnapDrop itself: the program that `SNAPDROP_BIN` names, or else the release build."""

import json
import os
import re
import subprocess
from pathlib import Path

from ..installing import NotInstalled
from .peer import expect
from .tls import TlsPeer
from .tus import TusPeer

BUILT = Path(__file__).parents[3] / "target" / "release" / "snapdrop"


class SnapDrop(TusPeer):
    """SnapDrop. Each case has a room of its own, which is closed with all its files after the case."""

    name = "snapdrop"

    def install(self) -> None:
        self._program = Path(os.environ.get("SNAPDROP_BIN") or BUILT).resolve()
        if not os.access(self._program, os.X_OK):
            raise NotInstalled(f"{self._program} is not there: build it first, or name it in SNAPDROP_BIN")

    def version(self) -> str:
        return subprocess.run([self._program, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def command(self) -> list[str | Path]:
        # None of the other servers limits how fast files are added, so that limit is lifted here.
        return [self._program, "--listen", "127.0.0.1:0", "--data-dir", self.folder, "--max-new-files-per-room", "0"]

    def is_listening(self) -> bool:
        announced = re.search(r"SnapDrop listens on https?://127\.0\.0\.1:(\d+)", self.log.read_text(errors="replace"))
        if announced:
            self.port = int(announced[1])
        return bool(announced)

    def prepare(self) -> None:
        with self.connect() as connection:
            room = json.loads(expect(connection.ask("POST", "/api/rooms"), 201).body)
        self.headers = (f"Authorization: Bearer {room['token']}",)
        self._room = f"/api/rooms/{room['pin']}"
        self.collection = f"{self._room}/files"
        super().prepare()

    def clear(self) -> None:
        with self.connect() as connection:
            expect(connection.ask("DELETE", self._room, self.headers), 204)


class SnapDropTls(TlsPeer, SnapDrop):
    """The same over TLS."""

    name = "snapdrop-tls"

    def command(self) -> list[str | Path]:
        certificate, key = self.certify()
        return [*super().command(), "--tls-cert", certificate, "--tls-key", key]
