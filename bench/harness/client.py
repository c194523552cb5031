"""An HTTP/1.1 client that needs very little CPU time, so that the figures reflect the server and not the client.

A body goes from the page cache to the socket with `sendfile`; a download is received into one buffer that is
reused. All requests of a `Connection` go over the same TCP connection.
"""

import os
import socket
import ssl
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

BUFFER_BYTES = 1 << 20
TIMEOUT_SECS = 60


class TransferError(Exception):
    """A transfer went wrong: it had an unexpected status, a wrong length or wrong bytes."""


@dataclass(frozen=True)
class Slice:
    """A part of an open file, to be sent as a request's body."""

    descriptor: int
    start: int
    size_bytes: int


@dataclass(frozen=True)
class Answer:
    """A response: status, headers by lower-case name, and the body if it has been read."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


class Connection:
    """A kept-alive connection to a server on this machine."""

    def __init__(self, port: int):
        self._socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # With a timeout of its own, Python polls the socket before each call; the kernel's timeouts cost nothing.
        self._socket.settimeout(None)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", TIMEOUT_SECS, 0))
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._ahead = b""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def ask(self, method: str, path: str, headers: Iterable[str] = (), body: Slice | None = None) -> Answer:
        """Sends a request and reads the whole (small) answer."""
        size_bytes = body.size_bytes if body else 0
        self.send_head(method, path, (*headers, f"Content-Length: {size_bytes}"), more=size_bytes > 0)
        if body:
            try:
                self.send_body(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server may have answered and closed before it had received the whole body
        return self.read_answer()

    def send_head(self, method: str, path: str, headers: Iterable[str], more: bool = False) -> None:
        """Sends a request's head; with `more`, the kernel sends it together with the first bytes of the body."""
        head = "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "\r\n"))
        self._socket.sendall(head.encode(), socket.MSG_MORE if more else 0)

    def send_body(self, body: Slice) -> None:
        """Sends a part of a file with `sendfile`."""
        position, left = body.start, body.size_bytes
        while left:
            sent = os.sendfile(self._socket.fileno(), body.descriptor, position, left)
            if sent == 0:
                raise TransferError("the prepared file is too short")
            position, left = position + sent, left - sent

    def read_answer(self) -> Answer:
        """Reads an answer with its body."""
        answer = self.read_head()
        if answer.status in (204, 304):
            return answer
        if answer.headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            body = self._read_exactly(int(answer.headers.get("content-length", 0)))
        return Answer(answer.status, answer.headers, body)

    def fetch(self, path: str, headers: Iterable[str] = (), received: Callable[[memoryview], None] | None = None) -> int:
        """Downloads a file and returns its number of bytes; calls `received` with each piece."""
        self.send_head("GET", path, headers)
        answer = self.read_head()
        if answer.status != 200:
            raise TransferError(f"GET {path}: {answer.status}")
        if "content-length" not in answer.headers:
            raise TransferError(f"GET {path}: no Content-Length")
        size_bytes = int(answer.headers["content-length"])
        left = size_bytes - len(self._ahead)
        if received:
            received(memoryview(self._ahead))
        self._ahead = b""
        while left > 0:
            count = self._socket.recv_into(self._buffer, min(left, BUFFER_BYTES))
            if count == 0:
                raise TransferError(f"GET {path}: cut {left} bytes before the end")
            if received:
                received(self._buffer[:count])
            left -= count
        return size_bytes

    def checksum(self, path: str, headers: Iterable[str] = ()) -> tuple[int, int]:
        """Downloads a file and returns its number of bytes and its CRC-32."""
        crc = 0

        def add(piece: memoryview) -> None:
            nonlocal crc
            crc = zlib.crc32(piece, crc)

        return self.fetch(path, headers, add), crc

    def read_head(self) -> Answer:
        """Reads an answer's status and headers, but not its body."""
        while b"\r\n\r\n" not in self._ahead:
            self._read_more()
        head, _, self._ahead = self._ahead.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return Answer(int(status.split(" ", 2)[1]), {name.lower(): value.strip() for name, _, value in pairs})

    def _read_more(self) -> None:
        count = self._socket.recv_into(self._buffer)
        if count == 0:
            raise TransferError("the server closed the connection")
        self._ahead += self._buffer[:count]

    def _read_exactly(self, size_bytes: int) -> bytes:
        while len(self._ahead) < size_bytes:
            self._read_more()
        body, self._ahead = self._ahead[:size_bytes], self._ahead[size_bytes:]
        return body

    def _read_line(self) -> bytes:
        while b"\r\n" not in self._ahead:
            self._read_more()
        line, _, self._ahead = self._ahead.partition(b"\r\n")
        return line

    def _read_chunks(self) -> bytes:
        """Reads a body in chunked transfer coding (RFC 9112, section 7.1) that has no trailers."""
        body = b""
        while size_bytes := int(self._read_line().partition(b";")[0], 16):
            body += self._read_exactly(size_bytes)
            self._read_line()
        self._read_line()
        return body


class TlsConnection(Connection):
    """The same over TLS. A body passes through this program, because `sendfile` cannot encrypt; that is so for every server."""

    def __init__(self, port: int):
        super().__init__(port)
        # Whether the certificate is trusted does not matter for what a transfer costs.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._socket = context.wrap_socket(self._socket)

    def send_head(self, method: str, path: str, headers: Iterable[str], more: bool = False) -> None:
        """Sends a request's head, as a record of its own."""
        head = "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "\r\n"))
        self._socket.sendall(head.encode())

    def send_body(self, body: Slice) -> None:
        """Sends a part of a file."""
        position, end = body.start, body.start + body.size_bytes
        while position < end:
            piece = os.pread(body.descriptor, min(BUFFER_BYTES, end - position), position)
            if not piece:
                raise TransferError("the prepared file is too short")
            self._socket.sendall(piece)
            position += len(piece)
