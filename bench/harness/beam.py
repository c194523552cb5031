"""How long a file takes from the sender's first byte to the receiver's last, over a slow line.

A server that hands out a running upload needs the upload's own time. One that stores and forwards needs the
upload and then the download: next to nothing more where only the sender is slow, twice the time where the
receiver's line is no faster than the sender's.
"""

import time
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .client import Connection, Slice, TransferError
from .corpus import Corpus
from .peers import Peer
from .peers.peer import expect
from .peers.tus import BYTES, RESUMABLE, TusPeer

BYTES_PER_SEC = 20 << 20
PIECE_BYTES = 256 << 10
BEAMED = ("snapdrop", "nginx")


@dataclass(frozen=True)
class Beam:
    """One transfer from hand to hand; times are seconds since the sender's first byte."""

    server: str
    is_paced: bool
    """Whether the receiver's line is as slow as the sender's."""
    upload_ended: float
    received: float

    @property
    def ratio(self) -> float:
        """The whole transfer, in units of the upload's own time."""
        return self.received / self.upload_ended


class Pace:
    """Lets so many bytes a second pass."""

    def __init__(self):
        self._start = time.perf_counter()
        self._passed = 0

    def wait(self, size_bytes: int) -> None:
        """Returns when the next bytes, so many, are due."""
        time.sleep(max(0.0, self._start + self._passed / BYTES_PER_SEC - time.perf_counter()))
        self._passed += size_bytes


class Receiver:
    """Downloads the file and keeps the time of its last byte."""

    def __init__(self, peer: Peer, path: str, paced: bool):
        pace = Pace()
        self._crc = 0
        with Connection(peer.port) as connection:

            def received(piece: memoryview) -> None:
                self._crc = zlib.crc32(piece, self._crc)
                if paced:
                    pace.wait(len(piece))
                self.last_byte = time.perf_counter()

            self._size_bytes = connection.fetch(path, peer.headers, received)

    def check(self, body: Slice, corpus: Corpus) -> None:
        """Fails unless what came is what was sent."""
        if (self._size_bytes, self._crc) != (body.size_bytes, corpus.crc(body)):
            raise TransferError("beam: other bytes came back")


def run(peer: Peer, corpus: Corpus, size_bytes: int) -> Iterable[Beam]:
    """Beams one file: with a receiver on a fast line, and with one on the sender's."""
    body = corpus.slice(0, size_bytes)
    beam = beam_running if isinstance(peer, TusPeer) else beam_stored
    for paced in (False, True):
        peer.prepare()
        upload_started, upload_ended, receiver = beam(peer, body, paced)
        receiver.check(body, corpus)
        peer.clear()
        yield Beam(peer.name, paced, upload_ended - upload_started, receiver.last_byte - upload_started)


def beam_running(peer: TusPeer, body: Slice, paced: bool) -> tuple[float, float, Receiver]:
    """The receiver asks as soon as the first bytes are on their way."""
    with Connection(peer.port) as sender, ThreadPoolExecutor(1) as pool:
        path = peer.create(sender, "beam.bin", body.size_bytes)
        headers = (*peer.headers, RESUMABLE, BYTES, "Upload-Offset: 0")
        started = time.perf_counter()
        sender.send_head("PATCH", path, (*headers, f"Content-Length: {body.size_bytes}"))
        receiver = pool.submit(Receiver, peer, path, paced)
        send_paced(sender, body)
        expect(sender.read_answer(), 204, 200)
        return started, time.perf_counter(), receiver.result()


def beam_stored(peer: Peer, body: Slice, paced: bool) -> tuple[float, float, Receiver]:
    """The receiver asks when the upload is answered: before, there is nothing."""
    with Connection(peer.port) as sender:
        path = peer.remember("/beam.bin")
        started = time.perf_counter()
        sender.send_head("PUT", path, (*peer.headers, f"Content-Length: {body.size_bytes}"))
        send_paced(sender, body)
        expect(sender.read_answer(), 201, 204)
        ended = time.perf_counter()
    return started, ended, Receiver(peer, path, paced)


def send_paced(connection: Connection, body: Slice) -> None:
    """Sends a body in small pieces, each when it is due."""
    pace = Pace()
    for start in range(0, body.size_bytes, PIECE_BYTES):
        piece = min(PIECE_BYTES, body.size_bytes - start)
        pace.wait(piece)
        connection.send_body(Slice(body.descriptor, body.start + start, piece))
