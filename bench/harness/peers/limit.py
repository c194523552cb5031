"""The physical limit: a program that only receives and writes, or sends a file."""

import sys
from pathlib import Path

from .peer import Peer

SCRIPT = Path(__file__).parents[2] / "servers" / "limit.py"


class Limit(Peer):
    """No peer: what the machine and its kernel can do at all."""

    name = "limit"

    def install(self) -> None:
        pass

    def version(self) -> str:
        return f"Python {sys.version.split()[0]}"

    def command(self) -> list[str | Path]:
        return [sys.executable, SCRIPT, str(self.port), self.folder]
