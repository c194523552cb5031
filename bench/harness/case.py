"""Runs one case: the files of one scenario are uploaded to one server and downloaded again."""

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from .client import Connection, Slice, TransferError
from .corpus import Corpus
from .peers import Peer
from .quiet import Quiet
from .scenarios import Scenario

# A download takes only a fraction of a second, so a single one would be too noisy.
DOWNLOADS = 3


@dataclass(frozen=True)
class Sample:
    """The cost of moving the files once, in one direction. Times are seconds; `cpu` and `background` are the server's."""

    wall: float
    cpu: float
    """CPU time until the last answer, without that of background threads."""
    background: float
    """CPU time of background threads, plus that of all threads after the last answer."""
    peak_bytes: int
    client_cpu: float
    others_cpu: float

    @property
    def is_disturbed(self) -> bool:
        """Whether other programs were busy during the measurement."""
        return Quiet.is_disturbed(self.others_cpu, self.wall)


@dataclass(frozen=True)
class File:
    """One file of a case, with its name and its content."""

    name: str
    body: Slice


Move = Callable[[Connection, File], None]


class Case:
    """One scenario on one server in one round."""

    def __init__(self, peer: Peer, scenario: Scenario, corpus: Corpus, number: int):
        self._peer = peer
        self._scenario = scenario
        self._corpus = corpus
        bodies = (corpus.slice(index, scenario.file_bytes) for index in range(scenario.files))
        # The names differ from round to round, since a file that was kept from an earlier round must not be replaced.
        self._files = [File(f"{scenario.name}-{number}-{index:04}.bin", body) for index, body in enumerate(bodies)]
        self._paths: dict[File, str] = {}

    def run(self, quiet: Quiet, compare: bool) -> dict[str, list[Sample]]:
        """Uploads the files and downloads them; with `compare`, checks every byte afterwards, untimed."""
        self._peer.prepare()
        os.sync()  # otherwise the write-back of earlier files would run during the measurement
        up = [self._measure(self._upload, quiet)]
        os.sync()
        down = [self._measure(self._download, quiet) for _ in range(DOWNLOADS)]
        if compare:
            self._move_all(self._compare)
        if not self._scenario.is_kept:
            self._peer.clear()
        return {"upload": up, "download": down}

    def _measure(self, move: Move, quiet: Quiet) -> Sample:
        tree = self._peer.tree
        quiet.wait_for_others(tree)
        tree.reset_peak()
        before, client_before = tree.cpu(), client_cpu()
        wall = self._move_all(move)
        at_end, client_at_end = tree.cpu(), client_cpu()
        quiet.wait_for_background(tree)
        whole, until_end = tree.cpu() - before, at_end - before
        foreground = until_end.total - until_end.background
        return Sample(
            wall=wall,
            cpu=foreground,
            background=whole.total - foreground,
            peak_bytes=tree.peak_bytes(),
            client_cpu=client_at_end - client_before,
            others_cpu=until_end.others,
        )

    def _upload(self, connection: Connection, file: File) -> None:
        self._paths[file] = self._peer.upload(connection, file.name, file.body)

    def _download(self, connection: Connection, file: File) -> None:
        expect_length(connection.fetch(self._paths[file], self._peer.headers), file)

    def _compare(self, connection: Connection, file: File) -> None:
        size_bytes, crc = connection.checksum(self._paths[file], self._peer.headers)
        expect_length(size_bytes, file)
        if crc != self._corpus.crc(file.body):
            raise TransferError(f"{file.name}: other bytes came back")

    def _move_all(self, move: Move) -> float:
        """Moves all files over connections opened beforehand; returns the seconds from first byte to last answer."""

        def move_some(connection: Connection, some: list[File]) -> None:
            for file in some:
                move(connection, file)

        count = self._scenario.connections
        with ExitStack() as stack:
            opened = [stack.enter_context(self._peer.connect()) for _ in range(count)]
            if count == 1:
                start = time.perf_counter()
                move_some(opened[0], self._files)
                return time.perf_counter() - start
            pool = stack.enter_context(ThreadPoolExecutor(count))
            start = time.perf_counter()
            moves = [pool.submit(move_some, connection, self._files[lane::count]) for lane, connection in enumerate(opened)]
            for one in moves:
                one.result()
            return time.perf_counter() - start


def expect_length(size_bytes: int, file: File) -> None:
    """Fails unless the download is as long as the file."""
    if size_bytes != file.body.size_bytes:
        raise TransferError(f"{file.name}: {size_bytes} bytes came back instead of {file.body.size_bytes}")


def client_cpu() -> float:
    """CPU seconds that this process, the client, has used so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
