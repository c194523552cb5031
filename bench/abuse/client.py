"""What a person, or a script, asks the server for: an HTTP client with a chosen address, and seats in rooms."""

import base64
import http.client
import json
import socket
import time
from dataclasses import dataclass

ATTACKER = "127.0.0.2"
SOMEBODY_ELSE = "127.0.0.3"
TIMEOUT_SECS = 30


@dataclass(frozen=True)
class Answer:
    """A response: status, headers by lower-case name, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes = b""

    @property
    def code(self) -> str:
        """The code of the problem with which the server refuses a request; empty in every other answer."""
        if "problem+json" not in self.headers.get("content-type", ""):
            return ""
        return json.loads(self.body).get("code", "") if self.body else ""

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip()


class Client:
    """A kept-alive connection from one address, which is opened again when the server has ended it."""

    def __init__(self, port: int, source: str = ATTACKER):
        self.port = port
        self.source = source
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECS, source_address=(source, 0))
        self._is_kept = False
        self.reconnections = 0
        """How often the server had ended the connection when the next request was sent."""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the next request opens another one."""
        self._connection.close()
        self._is_kept = False

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """Sends a request and reads the whole answer. A server may end a kept connection after any answer, so the request is
        sent again over a new one if the old one brings nothing, as browsers and curl do."""
        try:
            return self._ask_once(method, path, headers or {}, body)
        except ConnectionError:
            if not self._is_kept:
                raise
            self.close()
            self.reconnections += 1
            return self._ask_once(method, path, headers or {}, body)

    def _ask_once(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            try:
                self._connection.request(method, path, body or None, headers)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server may have refused the request before its body was here as a whole
            response = self._connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, fields, response.read())
            self._is_kept = True
            return answer
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def create_room(self) -> "Seat":
        """Opens a room."""
        return Seat(self, expect(self.ask("POST", "/api/rooms"), 201))

    def ask_to_join(self, pin: str, name: str = "") -> Answer:
        """Asks for a seat in a room."""
        body = json.dumps({"name": name}).encode() if name else b""
        return self.ask("POST", f"/api/rooms/{pin}/members", {"Content-Type": "application/json"}, body)

    def join(self, pin: str, name: str = "") -> "Seat":
        """Takes a seat in a room."""
        return Seat(self, expect(self.ask_to_join(pin, name), 201))


class Seat:
    """A member's place in a room, and the connection over which the member asks."""

    def __init__(self, client: Client, entered: Answer):
        seat = json.loads(entered.body)
        self.client = client
        self.pin: str = seat["pin"]
        self.token: str = seat["token"]
        self.path = f"/api/rooms/{self.pin}"

    def at(self, client: Client) -> "Seat":
        """The same seat over another connection, or on a server that was started again."""
        body = json.dumps({"pin": self.pin, "token": self.token}).encode()
        return Seat(client, Answer(201, {}, body))

    def ask(self, method: str, path: str = "", headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """Sends a request about the room; `path` is what follows its address."""
        fields = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.ask(method, self.path + path, fields, body)

    def add_file(self, name: str, content: bytes) -> Answer:
        """Asks to add a file that comes as a whole, in one request."""
        return self.ask("POST", "/files", {**creation(name, len(content)), **OFFSET_STREAM}, content)

    def announce(self, name: str, size_bytes: int, headers: dict[str, str] | None = None) -> Answer:
        """Asks to add a file whose bytes come later."""
        return self.ask("POST", "/files", {**creation(name, size_bytes), **(headers or {})})

    def append(self, location: str, offset: int, content: bytes) -> Answer:
        """Sends bytes of an announced file."""
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **OFFSET_STREAM}
        return self.ask("PATCH", location.removeprefix(self.path), headers, content)

    def add_large_file(self, name: str, size_bytes: int) -> str:
        """Adds a file of many bytes, and returns its path."""
        location = expect(self.announce(name, size_bytes), 201).headers["location"]
        expect(self.append(location, 0, bytes(size_bytes)), 204)
        return location

    def add_text(self, text: str) -> Answer:
        """Asks to share a text with the room."""
        body = json.dumps({"text": text}).encode()
        return self.ask("POST", "/snippets", {"Content-Type": "application/json"}, body)

    def fill(self, count: int, name: str = "{}") -> None:
        """Adds files of one byte; the name may have a place for a number."""
        for number in range(count):
            expect(self.add_file(name.format(number), b"x"), 201)

    def room(self) -> dict:
        """The room as the member sees it."""
        return json.loads(expect(self.ask("GET"), 200).body)["room"]


OFFSET_STREAM = {"Content-Type": "application/offset+octet-stream"}


def creation(name: str, size_bytes: int) -> dict[str, str]:
    """The headers that announce a file (tus 1.0.0)."""
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    return {"Tus-Resumable": "1.0.0", "Upload-Length": str(size_bytes), "Upload-Metadata": metadata}


class Unexpected(Exception):
    """The server answered something else than what the attack needs to go on."""


def expect(answer: Answer, status: int) -> Answer:
    """Returns the answer if it has this status."""
    if answer.status != status:
        raise Unexpected(f"{answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer


def connect(port: int, source: str = ATTACKER, receive_bytes: int = 0) -> socket.socket:
    """Opens a bare connection. A small `receive_bytes` keeps the kernel from taking much for a client that reads nothing."""
    connection = socket.socket()
    connection.settimeout(TIMEOUT_SECS)
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    return connection


def read_until_end(connection: socket.socket, timeout_secs: float = TIMEOUT_SECS) -> bytes:
    """Reads everything that comes until the server ends the connection; `TimeoutError` if it does not within this time."""
    deadline = time.monotonic() + timeout_secs
    received = b""
    while True:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            piece = connection.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            return received
        if not piece:
            return received
        received += piece
