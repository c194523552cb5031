"""Runs the benchmark from end to end: installs and starts the servers, measures them in turns, stops them and writes
the results."""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import beam, machine
from .case import Case, Sample
from .client import TIMEOUT_SECS, TransferError
from .corpus import Corpus
from .installing import NotInstalled
from .options import Options, parse
from .peers import PEERS, Peer, SnapDrop
from .quiet import Quiet
from .report import Report
from .results import Results
from .scenarios import MIB, Scenario


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, or 1 when a transfer went wrong, or 2 when there is no SnapDrop to measure."""
    options = parse(arguments)
    # On SIGTERM the program exits through an exception, so that servers are stopped and files are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results = Results()
    peers = install(options.peers, results)
    if SnapDrop.name in results.absent:
        print(results.absent[SnapDrop.name], file=sys.stderr)
        return 2

    began = time.monotonic()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.folder) as folder:
        facts = machine.describe(Path(folder))
        with started(peers, Path(folder), results) as running:
            versions = {peer.name: peer.version() for peer in running}
            run(options, running, Path(folder), results)
    facts["length of the run"] = f"{(time.monotonic() - began) / 60:.1f} min"

    report = Report(results, facts, versions, options)
    print(report.markdown())
    if options.results:
        report.write(options.results)
        print(f"written to {options.results}")
    for failure in results.failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if results.failures else 0


def install(names: list[str], results: Results) -> list[Peer]:
    """Installs the named servers and returns those that could be installed; notes the others as absent."""
    peers = []
    for name in names:
        peer = PEERS[name]()
        try:
            peer.install()
            peers.append(peer)
        except NotInstalled as reason:
            results.absent[name] = str(reason)
            say(f"{name} is left out: {reason}")
    return peers


@contextmanager
def started(peers: list[Peer], folder: Path, results: Results) -> Iterator[list[Peer]]:
    """Starts the servers and yields those that started; stops all of them at the end."""
    running = []
    try:
        for peer in peers:
            try:
                peer.start(folder / peer.name)
                running.append(peer)
            except (TransferError, OSError) as error:
                fail(results, peer, "start", error)
        yield running
    finally:
        for peer in peers:
            peer.stop()


def run(options: Options, peers: list[Peer], folder: Path, results: Results) -> None:
    """Measures everything. A server that fails once is not measured any further."""
    largest = max([scenario.total_bytes for scenario in options.scenarios] + [options.beam_bytes])
    corpus = Corpus(folder / "corpus", largest)
    quiet = Quiet(options.patience_secs)
    peers = list(peers)
    for number in range(options.rounds):
        for scenario in options.scenarios:
            first = number % max(1, len(peers))
            for peer in peers[first:] + peers[:first]:
                try:
                    samples = Case(peer, scenario, corpus, number).run(quiet, compare=number == 0)
                    results.add(scenario, peer.name, samples)
                    say(f"round {number + 1}, {summary(scenario, peer, samples)}")
                except (TransferError, OSError) as error:
                    fail(results, peer, scenario.title, error)
                    peers.remove(peer)
    if options.beam_bytes:
        for peer in (peer for peer in peers if peer.name in beam.BEAMED):
            try:
                for one in beam.run(peer, corpus, options.beam_bytes):
                    results.beams.append(one)
                    say(f"beam, {peer.name}: {one.ratio:.3f} times the upload")
            except (TransferError, OSError) as error:
                fail(results, peer, "beam", error)
    corpus.close()


def summary(scenario: Scenario, peer: Peer, samples: dict[str, list[Sample]]) -> str:
    """One line of progress: the throughputs of one case."""
    speeds = (
        f"{way} {' '.join(f'{scenario.total_bytes / MIB / sample.wall:,.0f}' for sample in some)}"
        for way, some in samples.items()
    )
    return f"{scenario.title}, {peer.name}: {', '.join(speeds)} MiB/s"


def fail(results: Results, peer: Peer, what: str, error: Exception) -> None:
    """Adds a failure to the results and prints it."""
    reason = f"silent for {TIMEOUT_SECS} s" if isinstance(error, BlockingIOError) else error
    results.failures.append(f"{peer.name}, {what}: {reason}")
    say(f"FAILED {results.failures[-1]}")


def say(text: str) -> None:
    """Prints a line of progress at once, also into a pipe."""
    print(text, flush=True)
