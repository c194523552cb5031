"""Defines the scenarios: which files are moved, and over how many connections."""

from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
MANY_FILES = 20


@dataclass(frozen=True)
class Scenario:
    """A number of files of one size, distributed among a number of connections."""

    name: str
    title: str
    files: int
    file_bytes: int
    connections: int = 1

    @property
    def total_bytes(self) -> int:
        """Size of all files together."""
        return self.files * self.file_bytes

    @property
    def is_kept(self) -> bool:
        """Whether the files are kept until the run is over. On ext4 without a journal, the creation of a file has to
        look at every file that was removed in the last minute, so many removals would slow down the next server."""
        return self.files > MANY_FILES


FULL = (
    Scenario("one", "one file of 1 GiB", 1, GIB),
    Scenario("small", "1,000 files of 64 KiB, one after the other", 1000, 64 * KIB),
    Scenario("parallel", "16 files of 64 MiB at once", 16, 64 * MIB, 16),
)
SMOKE = (
    Scenario("one", "one file of 32 MiB", 1, 32 * MIB),
    Scenario("small", "100 files of 64 KiB, one after the other", 100, 64 * KIB),
    Scenario("parallel", "16 files of 1 MiB at once", 16, MIB, 16),
)
