"""The limits that the server has without flags, as its own help names them, so that the attacks need no copy of them."""

import re
import subprocess
from pathlib import Path


def limits_of(program: Path) -> dict[str, int]:
    """The default of each flag that is a number, by its name with underscores: `max_rooms_per_address`."""
    text = subprocess.run([str(program), "--help"], capture_output=True, text=True, check=True, timeout=20).stdout
    flags = re.findall(r"--([a-z-]+) <[^>]+>\s+[^\n]*?\[default: (\d+)\]", text)
    return {name.replace("-", "_"): int(default) for name, default in flags}
