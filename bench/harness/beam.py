"""Measures how long a file takes from the sender's first byte to the receiver's last byte, over a slow line.

A server that can serve a file while it is still being uploaded needs only the time of the upload. A server that
stores the file first needs the time of the upload and then that of the download: hardly any longer if only the
sender's line is slow, but twice as long if the receiver's line is as slow as the sender's.
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
    """One file that went from a sender to a receiver; times are seconds since the sender's first byte."""

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
    """Limits a transfer to `BYTES_PER_SEC`."""

    def __init__(self):
        self._start = time.perf_counter()
        self._passed = 0

    def wait(self, size_bytes: int) -> None:
        """Waits until the next `size_bytes` bytes may be sent or received."""
        time.sleep(max(0.0, self._start + self._passed / BYTES_PER_SEC - time.perf_counter()))
        self._passed += size_bytes


class Receiver:
    """Downloads the file and records the time at which its last byte arrived."""

    def __init__(self, peer: Peer, path: str, paced: bool):
        pace = Pace()
        self._crc = 0
        with peer.connect() as connection:

            def received(piece: memoryview) -> None:
                self._crc = zlib.crc32(piece, self._crc)
                if paced:
                    pace.wait(len(piece))
                self.last_byte = time.perf_counter()

            self._size_bytes = connection.fetch(path, peer.headers, received)

    def check(self, body: Slice, corpus: Corpus) -> None:
        """Fails unless length and CRC-32 of the download are those of the sent file."""
        if (self._size_bytes, self._crc) != (body.size_bytes, corpus.crc(body)):
            raise TransferError("beam: other bytes came back")


def run(peer: Peer, corpus: Corpus, size_bytes: int) -> Iterable[Beam]:
    """Beams one file twice: to a receiver on a fast line, and to one whose line is as slow as the sender's."""
    body = corpus.slice(0, size_bytes)
    beam = beam_running if isinstance(peer, TusPeer) else beam_stored
    for paced in (False, True):
        peer.prepare()
        upload_started, upload_ended, receiver = beam(peer, body, paced)
        receiver.check(body, corpus)
        peer.clear()
        yield Beam(peer.name, paced, upload_ended - upload_started, receiver.last_byte - upload_started)


def beam_running(peer: TusPeer, body: Slice, paced: bool) -> tuple[float, float, Receiver]:
    """Beams through a server that serves running uploads: the download begins when the upload's head is sent."""
    with peer.connect() as sender, ThreadPoolExecutor(1) as pool:
        path = peer.create(sender, "beam.bin", body.size_bytes)
        headers = (*peer.headers, RESUMABLE, BYTES, "Upload-Offset: 0")
        started = time.perf_counter()
        sender.send_head("PATCH", path, (*headers, f"Content-Length: {body.size_bytes}"))
        receiver = pool.submit(Receiver, peer, path, paced)
        send_paced(sender, body)
        expect(sender.read_answer(), 204, 200)
        return started, time.perf_counter(), receiver.result()


def beam_stored(peer: Peer, body: Slice, paced: bool) -> tuple[float, float, Receiver]:
    """Beams through a server that stores files first: the download can only begin when the upload is answered."""
    with peer.connect() as sender:
        path = peer.remember("/beam.bin")
        started = time.perf_counter()
        sender.send_head("PUT", path, (*peer.headers, f"Content-Length: {body.size_bytes}"))
        send_paced(sender, body)
        expect(sender.read_answer(), 201, 204)
        ended = time.perf_counter()
    return started, ended, Receiver(peer, path, paced)


def send_paced(connection: Connection, body: Slice) -> None:
    """Sends a body in pieces of `PIECE_BYTES`, at `BYTES_PER_SEC`."""
    pace = Pace()
    for start in range(0, body.size_bytes, PIECE_BYTES):
        piece = min(PIECE_BYTES, body.size_bytes - start)
        pace.wait(piece)
        connection.send_body(Slice(body.descriptor, body.start + start, piece))
