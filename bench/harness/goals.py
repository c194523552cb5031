"""Defines the project's performance goals, and whether one run reaches them."""

from collections.abc import Iterator
from dataclasses import dataclass

from .peers import Limit, Nginx, SnapDrop, SnapDropTls
from .results import Results


@dataclass(frozen=True)
class Goal:
    """One goal: a measured figure and the lower or upper limit that it has to keep."""

    text: str
    measured: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_reached(self) -> bool:
        """Whether this run reaches the goal."""
        if self.at_least is not None and self.measured < self.at_least:
            return False
        return self.at_most is None or self.measured <= self.at_most


def goals(results: Results, browser: list[dict]) -> list[Goal]:
    """All goals for which the run and the browser's rows contain the needed figures."""
    return [*beside_nginx(results), *ahead_of_all(results), *at_once(results), *from_browser(browser)]


def beside_nginx(results: Results) -> Iterator[Goal]:
    """The goals for one large file: SnapDrop is faster than nginx by a given factor and uses less CPU."""
    for direction, least_throughput, most_cpu in (("upload", 4.0, 0.3), ("download", 1.1, 1.0)):
        own, peer = (results.row("one", direction, server) for server in (SnapDrop.name, Nginx.name))
        if own and peer:
            what = f"{direction} of one file, in units of nginx"
            yield Goal(f"{what}: throughput", own.throughput / peer.throughput, at_least=least_throughput)
            yield Goal(f"{what}: CPU per GiB", own.cpu / peer.cpu, at_most=most_cpu)


def ahead_of_all(results: Results) -> Iterator[Goal]:
    """The goals for every scenario and direction: no other server is faster than SnapDrop."""
    for own in (row for row in results.rows if row.server == SnapDrop.name):
        rows = results.table(own.scenario.name, own.direction)
        peers = [row for row in rows if row.server not in (SnapDrop.name, SnapDropTls.name, Limit.name)]
        if peers:
            best = max(peers, key=lambda row: row.throughput)
            text = f"{own.direction} of {own.scenario.title}, in units of the fastest peer ({best.server}): throughput"
            yield Goal(text, own.throughput / best.throughput, at_least=1.0)


def at_once(results: Results) -> Iterator[Goal]:
    """The goal for beaming: a receiver has the file as soon as its upload is over."""
    for beam in results.beams:
        if beam.server == SnapDrop.name and not beam.is_paced:
            yield Goal("from the sender's first byte to the receiver's last, in units of the upload", beam.ratio, at_most=1.02)


def from_browser(rows: list[dict]) -> Iterator[Goal]:
    """The goals for uploads from the page: at least half of curl's throughput, at least that of tus-js-client in its
    faster configuration, and little memory."""
    own = next((row for row in rows if row["client"] == "SnapDrop"), None)
    if own is None:
        return
    yield Goal("upload from the page, in units of curl: throughput", own["ratio_to_curl"], at_least=0.5)
    peers = [row for row in rows if row["client"].startswith("tus-js-client")]
    if peers:
        best = max(peers, key=lambda row: row["mib_per_sec"])
        text = f"upload from the page, in units of the fastest in the same browser ({best['client']}): throughput"
        yield Goal(text, own["mib_per_sec"] / best["mib_per_sec"], at_least=1.0)
    yield Goal("upload from the page: growth of the tab, MiB", own["tab_growth_mib"], at_most=100)
