"""Runs `servers/limit.py`, a program that does nothing but receive and write files, or send them."""

import sys
from pathlib import Path

from .peer import Peer

SCRIPT = Path(__file__).parents[2] / "servers" / "limit.py"


class Limit(Peer):
    """Not a real server: its figures show how much the machine and its kernel can do at most."""

    name = "limit"

    def install(self) -> None:
        pass

    def version(self) -> str:
        return f"Python {sys.version.split()[0]}"

    def command(self) -> list[str | Path]:
        return [sys.executable, SCRIPT, str(self.port), self.folder]
