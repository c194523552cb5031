"""Writes the results as markdown and as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from .beam import BYTES_PER_SEC, Beam
from .goals import Goal, goals
from .options import Options
from .peers import Limit, SnapDrop
from .results import Results, Row


class Report:
    """The results of a run, with the machine, the versions and the options that they were measured with."""

    def __init__(self, results: Results, machine: dict[str, str], versions: dict[str, str], options: Options):
        self._results = results
        self._machine = machine
        self._versions = versions
        self._options = options
        self._browser: dict = {"facts": {}, "rows": []}

    def write(self, folder: Path) -> None:
        """Writes `latest.md` and `latest.json`; includes the browser's figures if the folder has a `browser.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        browser = folder / "browser.json"
        if browser.exists():
            self._browser = json.loads(browser.read_text())
        (folder / "latest.md").write_text(self.markdown())
        (folder / "latest.json").write_text(json.dumps(self.as_json(), indent=1) + "\n")

    def as_json(self) -> dict:
        """All results, including every sample."""
        results = self._results
        return {
            "machine": self._machine,
            "versions": self._versions,
            "rounds": self._options.rounds,
            "rows": [row.as_json() for row in results.rows],
            "beams": [{**asdict(beam), "ratio": beam.ratio} for beam in results.beams],
            "goals": [{**asdict(goal), "is_reached": goal.is_reached} for goal in self._goals()],
            "browser": self._browser,
            "failures": results.failures,
            "absent": results.absent,
        }

    def markdown(self) -> str:
        """All tables."""
        results = self._results
        parts = ["# Results", f"Medians; rounds: {self._options.rounds}. `bench/README.md` says how to read them."]
        parts += ["## What went wrong", *(f"- {failure}" for failure in results.failures)] if results.failures else []
        parts += self._transfers()
        if results.beams:
            parts += ["## From hand to hand", beam_table(results.beams)]
        if self._browser["rows"]:
            parts += ["## From a browser", browser_table(self._browser["rows"]), table(("", ""), self._browser["facts"].items())]
        if reached := self._goals():
            parts += ["## Goals", goal_table(reached)]
        samples = [sample for row in results.rows for sample in row.samples]
        disturbed = f"{sum(sample.is_disturbed for sample in samples)} of {len(samples)} samples"
        parts += ["## Machine", table(("", ""), [*self._machine.items(), ("disturbed by other programs", disturbed)])]
        absent = [(name, f"not measured: {reason}") for name, reason in results.absent.items()]
        parts += ["## Versions", table(("server", "version"), [*self._versions.items(), *absent])]
        return "\n\n".join(parts) + "\n"

    def _goals(self) -> list[Goal]:
        """The goals; a smoke run has none, since its files are too small to say anything about them."""
        return [] if self._options.smoke else goals(self._results, self._browser["rows"])

    def _transfers(self) -> list[str]:
        parts = []
        for scenario in dict.fromkeys(row.scenario for row in self._results.rows):
            for direction in ("upload", "download"):
                order = list(self._versions)
                rows = sorted(self._results.table(scenario.name, direction), key=lambda row: order.index(row.server))
                parts += [f"## {direction.capitalize()}: {scenario.title}", transfer_table(rows)] if rows else []
        return parts


def transfer_table(rows: list[Row]) -> str:
    """The table of one scenario and direction. A × column gives the figure before it in units of SnapDrop's."""
    own = next((row for row in rows if row.server == SnapDrop.name), None)

    def cells(row: Row) -> list[str]:
        slowest, fastest = min(row.throughputs), max(row.throughputs)
        # The processes of `limit` share most of their memory, so their sum means nothing.
        peak = ["", ""] if row.server == Limit.name else [f"{row.peak_mib:.0f}", ratio(row.peak_mib, own and own.peak_mib)]
        return [
            row.server,
            f"{row.throughput:,.0f}",
            f"{slowest:,.0f}–{fastest:,.0f}",
            ratio(row.throughput, own and own.throughput),
            f"{row.cpu:.2f}",
            ratio(row.cpu, own and own.cpu),
            f"{row.background:.2f}",
            *peak,
        ]

    columns = ("server", "MiB/s", "range", "×", "CPU s/GiB", "×", "background s/GiB", "peak MiB", "×")
    return table(columns, map(cells, rows))


def beam_table(beams: list[Beam]) -> str:
    """The table of the beams: how long it takes until the receiver has the whole file."""
    line = f"{BYTES_PER_SEC >> 20} MiB/s"
    rows = (
        (beam.server, line if beam.is_paced else "fast", f"{beam.upload_ended:.2f}", f"{beam.received:.2f}", f"{beam.ratio:.3f}")
        for beam in beams
    )
    return table(("server", "receiver's line", "upload s", "first byte to last s", "×"), rows)


def browser_table(rows: list[dict]) -> str:
    """The table of the clients that upload one large file; for curl, which is no browser, no memory is measured."""

    def cells(row: dict) -> list[str]:
        rates = [row["mib_per_sec"] * row["seconds"] / sample["seconds"] for sample in row["samples"]]
        growths = (row["tab_growth_mib"], row["rest_growth_mib"])
        return [
            row["client"],
            f"{row['seconds']:.2f}",
            f"{row['mib_per_sec']:,.0f}",
            f"{min(rates):,.0f}–{max(rates):,.0f}",
            f"{row['ratio_to_curl']:.2f}",
            *("" if growth is None else f"{growth:.0f}" for growth in growths),
        ]

    columns = ("client", "s", "MiB/s", "range", "× curl", "tab MiB", "rest of the browser MiB")
    return table(columns, map(cells, rows))


def goal_table(some: list[Goal]) -> str:
    """The table of the goals, with what is wanted and what was measured."""

    def wanted(goal: Goal) -> str:
        return f"at least {goal.at_least:g}" if goal.at_least is not None else f"at most {goal.at_most:g}"

    rows = ((goal.text, wanted(goal), f"{goal.measured:.3g}", "yes" if goal.is_reached else "**no**") for goal in some)
    return table(("goal", "wanted", "measured", "reached"), rows)


def ratio(value: float, unit: float | None) -> str:
    """A value in units of another; empty if there is no other."""
    return f"{value / unit:.2f}" if unit else ""


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A markdown table."""
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
