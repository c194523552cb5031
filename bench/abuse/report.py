"""The figures of a run as markdown."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from .stage import Outcome

HEAD = """\
# What strangers can do to the server

`bench/abuse/run` does to a server what [SECURITY.md](../../SECURITY.md) says it withstands. Each attack has a new server
with its defaults, except for the flags that are named. Attackers and server share the cores. The memory is what is
resident, right before the attack, at its peak, and half a second after it. The times are those of somebody else, who
meanwhile asks for `/healthz` and the list of a room, and joins a room, over and over again, and has to get every answer;
in brackets is the median time to join before the attack and during it.
"""
COLUMNS = ("tried", "limit", "seen", "memory before → peak → after (MiB)", "others' answers meanwhile, p50 / worst (ms)")


class Report:
    """What is written of a run."""

    def __init__(self, outcomes: list[Outcome], secs: float):
        self._outcomes = outcomes
        self._secs = secs

    def markdown(self) -> str:
        """The table, and the machine on which it was measured."""
        held = sum(outcome.held for outcome in self._outcomes)
        lines = [COLUMNS, ("---",) * len(COLUMNS), *map(self._cells, self._outcomes)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        facts = "\n".join(f"- {name}: {value}" for name, value in self._facts().items())
        return f"{HEAD}\n{held} of {len(self._outcomes)} limits held.\n\n{table}\n\n{facts}\n"

    def _cells(self, outcome: Outcome) -> tuple[str, ...]:
        flags = f" (`{' '.join(outcome.flags)}`)" if outcome.flags else ""
        seen = outcome.what.seen + "".join(f"; **did not hold: {failure}**" for failure in outcome.failures)
        memory = " → ".join(f"{mib:.1f}" for mib in outcome.memory)
        joins = f"{outcome.quiet.p50('join'):.1f} → {outcome.meanwhile.p50('join'):.1f}"
        times = f"{outcome.meanwhile.p50():.1f} / {outcome.meanwhile.worst():.0f} (joining: {joins})"
        cells = (outcome.what.tried + flags, outcome.limit, seen, memory, times)
        return tuple(cell.replace("|", "\\|").replace("\n", " ") for cell in cells)

    def _facts(self) -> dict[str, str]:
        cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return {
            "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "CPU": cpu[1] if cpu else "unknown",
            "cores": str(os.cpu_count()),
            "memory": f"{int(memory[1]) / (1 << 20):.1f} GiB" if memory else "unknown",
            "length of the run": f"{self._secs / 60:.1f} min",
        }
