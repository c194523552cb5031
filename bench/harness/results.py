"""Holds the results of a run: samples and their medians."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median

from .beam import Beam
from .case import Sample
from .scenarios import GIB, MIB, Scenario


@dataclass
class Row:
    """All samples of one server in one scenario and direction."""

    scenario: Scenario
    direction: str
    server: str
    samples: list[Sample] = field(default_factory=list)

    @property
    def clean(self) -> list[Sample]:
        """The samples that no other program disturbed, or all samples if every one was disturbed."""
        return [sample for sample in self.samples if not sample.is_disturbed] or self.samples

    @property
    def throughputs(self) -> list[float]:
        """MiB/s of each clean sample."""
        return [self.scenario.total_bytes / MIB / sample.wall for sample in self.clean]

    @property
    def throughput(self) -> float:
        """Median of MiB/s."""
        return median(self.throughputs)

    @property
    def cpu(self) -> float:
        """Median of the server's CPU seconds per GiB until the last answer, without background threads."""
        return self._per_gib(sample.cpu for sample in self.clean)

    @property
    def background(self) -> float:
        """Median of the server's CPU seconds per GiB in background threads and after the last answer."""
        return self._per_gib(sample.background for sample in self.clean)

    @property
    def client_cpu(self) -> float:
        """Median of the client's CPU seconds per GiB."""
        return self._per_gib(sample.client_cpu for sample in self.clean)

    @property
    def peak_mib(self) -> float:
        """Highest of the peaks of resident memory, MiB."""
        return max(sample.peak_bytes for sample in self.samples) / MIB

    def _per_gib(self, seconds: Iterable[float]) -> float:
        return median(seconds) * GIB / self.scenario.total_bytes

    def as_json(self) -> dict:
        """The medians, and all samples that they are computed from."""
        return {
            "scenario": self.scenario.name,
            "direction": self.direction,
            "server": self.server,
            "mib_per_sec": self.throughput,
            "cpu_secs_per_gib": self.cpu,
            "background_cpu_secs_per_gib": self.background,
            "client_cpu_secs_per_gib": self.client_cpu,
            "peak_mib": self.peak_mib,
            "samples": [{**asdict(sample), "is_disturbed": sample.is_disturbed} for sample in self.samples],
        }


class Results:
    """Everything that one run measured."""

    def __init__(self):
        self.rows: list[Row] = []
        self.beams: list[Beam] = []
        self.failures: list[str] = []
        self.absent: dict[str, str] = {}

    def add(self, scenario: Scenario, server: str, samples: dict[str, list[Sample]]) -> None:
        """Adds the samples of one case, by direction."""
        for direction, some in samples.items():
            row = self.row(scenario.name, direction, server)
            if row is None:
                row = Row(scenario, direction, server)
                self.rows.append(row)
            row.samples += some

    def row(self, scenario: str, direction: str, server: str) -> Row | None:
        """The row of a server, if there is one."""
        return next((row for row in self.table(scenario, direction) if row.server == server), None)

    def table(self, scenario: str, direction: str) -> list[Row]:
        """The rows of one scenario and direction."""
        return [row for row in self.rows if (row.scenario.name, row.direction) == (scenario, direction)]
