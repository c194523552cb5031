"""What is left of a closed room, and requests that no client sends."""

import socket
import time

from ..client import SOMEBODY_ELSE, Client, connect, expect
from ..stage import Seen, Stage, attack

MARKS = {
    "text": "the secret text of the room",
    "file name": "the-secret-name-of-a-file.txt",
    "content": "the secret content of the file",
    "owner's name": "Secret Owner",
    "guest's name": "Secret Guest",
    "address": "127.0.0.77",
}


@attack("a search of the data folder finds nothing of a closed room", grows_mib=16)
def closed_room(stage: Stage) -> Seen:
    """Everything that a room can have is put into one. The data folder is searched for it while the room is open, which shows
    that the search finds what is there, and again when the room is closed."""
    with Client(stage.server.port, MARKS["address"]) as client, Client(stage.server.port, SOMEBODY_ELSE) as other:
        kept = other.create_room()
        expect(kept.add_file("kept.txt", b"what is kept"), 201)
        owner = client.create_room()
        expect(
            client.ask(
                "POST",
                f"{owner.path}/members",
                {"Authorization": f"Bearer {owner.token}", "Content-Type": "application/json"},
                b'{"name": "Secret Owner"}',
            ),
            200,
        )
        client.join(owner.pin, MARKS["guest's name"])
        expect(owner.add_text(MARKS["text"]), 201)
        expect(owner.add_file(MARKS["file name"], MARKS["content"].encode()), 201)
        large = expect(owner.announce(f"large {MARKS['file name']}", 1 << 20), 201).headers["location"]
        expect(owner.append(large, 0, MARKS["content"].encode() * 1000), 204)
        marks = {**MARKS, "PIN": owner.pin, "owner's token": owner.token, "file's id": large.rsplit("/", 1)[1]}
        open_finds = found(stage, marks)
        stage.require("content" in open_finds, "the search does not find the content of the open room, so it is no search")
        expect(owner.ask("DELETE"), 204)
        gone = owner.ask("GET")
    stage.require(gone.status in (401, 404, 410), f"the closed room answers {gone}")
    time.sleep(stage.number(2, 1) / 2)
    after_closing = found(stage, marks)
    stage.require(not after_closing, f"after closing there is the room's {', '.join(after_closing)}")
    searched = stage.server.disk_bytes()
    return Seen(
        f"a room with {', '.join(marks)} is closed, and {searched / (1 << 20):.1f} MiB of the data folder are searched for it",
        f"while it is open: {', '.join(open_finds) or 'nothing'}; when it is closed: {', '.join(after_closing) or 'nothing'}",
    )


def found(stage: Stage, marks: dict[str, str]) -> list[str]:
    """Which of these are in the data folder, in the files or in their names."""
    places = []
    for path in stage.server.folder.rglob("*"):
        try:
            places.append(
                str(path.relative_to(stage.server.folder)).encode() + (b"\n" + path.read_bytes() if path.is_file() else b"")
            )
        except FileNotFoundError:
            continue  # the server removed it meanwhile
    return [name for name, mark in marks.items() if any(mark.encode() in place for place in places)]


STRANGE = {
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n", True),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", True),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", True),
    "two lengths": (b"POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", True),
    "a negative length": (b"POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", True),
    "a length of 2^64": (b"POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", True),
    "a NUL in the path": (b"GET /\x00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", True),
    "a path that is not UTF-8": (b"GET /api/rooms/%ff%fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", True),
    "a path that climbs": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", True),
    "a head of 1 MiB": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * (1 << 20) + b"\r\nConnection: close\r\n\r\n", True),
    "1,000 fields": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: x\r\n" * 1000 + b"\r\n", True),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", False),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), False),
    "a bad chunk": (b"POST /api/rooms HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", True),
}
"""Requests, each with whether it has to be answered: what is not HTTP/1 at all may be cut."""


@attack("a request that makes no sense is refused with 4xx, and nothing panics", grows_mib=16)
def strange_requests(stage: Stage) -> Seen:
    """Requests that no client sends, each on a connection of its own. The runner looks for a panic in the log."""
    answers = {}
    for name, (request, is_answered) in STRANGE.items():
        with connect(stage.server.port) as connection:
            try:
                connection.sendall(request)
            except ConnectionError:
                pass  # it was refused before it was here as a whole
            answers[name] = status_of(connection)
        is_right = answers[name].startswith("4") or (not is_answered and answers[name] == "cut")
        stage.require(is_right, f"{name} got {answers[name]}")
    return Seen(
        f"{len(STRANGE)} requests that no client sends", ", ".join(f"{name}: {answer}" for name, answer in answers.items())
    )


def status_of(connection: socket.socket) -> str:
    """The status of the answer, or `cut` if the connection ends without one."""
    received = b""
    while b"\r\n" not in received:
        try:
            piece = connection.recv(4096)
        except ConnectionError:
            piece = b""
        if not piece:
            return "cut"
        received += piece
    return received.split(b" ")[1].decode(errors="replace")
