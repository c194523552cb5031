"""A WebSocket client that can do what no polite client does: leave frames unfinished, and read nothing (RFC 6455)."""

import struct

from .client import Seat, connect

CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA
HEARTBEAT = b'{"type":"heartbeat"}'
CUT = 1006
"""What stands for an end without a close frame, as in a browser."""


class NoSocket(Exception):
    """The server did not open a live socket."""


def frame(opcode: int, payload: bytes = b"", fin: bool = True, declared: int | None = None) -> bytes:
    """A frame, masked with zeros. It is unfinished if it declares more bytes than its payload has."""
    length = len(payload) if declared is None else declared
    head = bytes([(0x80 if fin else 0) | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 1 << 16:
        head += b"\xfe" + struct.pack(">H", length)
    else:
        head += b"\xff" + struct.pack(">Q", length)
    return head + bytes(4) + payload


class WebSocket:
    """A live socket of a member."""

    def __init__(self, seat: Seat, receive_bytes: int = 0, source: str = ""):
        self.raw = connect(seat.client.port, source or seat.client.source, receive_bytes)
        self._ahead = b""
        key = "AAAAAAAAAAAAAAAAAAAAAA=="
        head = (
            f"GET {seat.path}/live HTTP/1.1\r\nHost: 127.0.0.1:{seat.client.port}\r\nAuthorization: Bearer {seat.token}\r\n"
            f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        self.raw.sendall(head.encode())
        # Only the head is read, byte by byte, so that a client that reads nothing afterwards has read nothing.
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = self.raw.recv(1)
            if not byte:
                break
            answer += byte
        if not answer.startswith(b"HTTP/1.1 101 "):
            self.raw.close()
            raise NoSocket(answer.partition(b"\r\n")[0].decode(errors="replace"))

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection without a word."""
        self.raw.close()

    def send(self, opcode: int, payload: bytes = b"", fin: bool = True, declared: int | None = None) -> None:
        """Sends a frame."""
        self.raw.sendall(frame(opcode, payload, fin, declared))

    def read_frame(self) -> tuple[int, bytes] | None:
        """The next frame's kind and payload; `None` when the connection is over."""
        try:
            first, second = self._exactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._exactly(8))
            return first & 0x0F, self._exactly(length)
        except (EOFError, ConnectionError):
            return None

    def read_message(self, kind: bytes) -> bytes:
        """Reads until a text message of this type."""
        mark = b'{"type":"' + kind + b'"'
        while got := self.read_frame():
            if got[0] == TEXT and got[1].startswith(mark):
                return got[1]
        raise EOFError(f"the socket ended before a message of the type {kind.decode()}")

    def read_pong(self) -> None:
        """Reads until the answer to a ping."""
        while got := self.read_frame():
            if got[0] == PONG:
                return
        raise EOFError("the socket ended before the answer to a ping")

    def close_code(self, timeout_secs: float) -> int | None:
        """Reads until the server ends the socket, and returns the code of its close frame, or `CUT`; `None` if the server
        has not ended it within this time without a frame."""
        self.raw.settimeout(timeout_secs)
        try:
            while got := self.read_frame():
                if got[0] == CLOSE:
                    return struct.unpack(">H", got[1][:2])[0] if len(got[1]) >= 2 else 1005
        except TimeoutError:
            return None
        return CUT

    def _exactly(self, length: int) -> bytes:
        while len(self._ahead) < length:
            piece = self.raw.recv(1 << 16)
            if not piece:
                raise EOFError
            self._ahead += piece
        taken, self._ahead = self._ahead[:length], self._ahead[length:]
        return taken
