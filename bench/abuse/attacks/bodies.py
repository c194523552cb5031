"""Attacks that go slowly: bodies and heads that do not come, and downloads that are not taken."""

import selectors
import socket
import time
from collections.abc import Callable

from ..client import ATTACKER, Client, connect
from ..stage import Seen, Stage, attack, counted

PATIENCE_SECS = 25
"""How long the ends of slow requests are waited for; it is generous, because the machine may be busy."""
STALLED_SECS = 60
MIB = 1 << 20


@attack("10 s for a body that is read as a whole: 408 request_timeout", grows_mib=32, waits=True)
def slow_bodies(stage: Stage) -> Seen:
    """Requests of whose bodies one byte comes, or one more each second."""
    head = b"POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    return slow_requests(stage, head + b"{", "send 1 of 99 bytes of a body", lambda answer: answer.startswith(b"HTTP/1.1 408 "))


@attack("10 s for the head of a request: the connection is cut", grows_mib=32, waits=True)
def slow_heads(stage: Stage) -> Seen:
    """Requests of whose heads a half comes, or one more byte each second."""
    return slow_requests(stage, b"GET /healthz HTTP/1.1\r\nHost: a", "send half a head", lambda answer: not answer)


def slow_requests(stage: Stage, beginning: bytes, what: str, is_right: Callable[[bytes], bool]) -> Seen:
    """Sends so much on 256 connections, one more byte each second on half of them, and waits for the server to end them."""
    count = 256
    with selectors.DefaultSelector() as selector:
        began = time.monotonic()
        answers: dict[socket.socket, bytes] = {}
        for _ in range(count):
            connection = connect(stage.server.port, ATTACKER)
            connection.sendall(beginning)
            answers[connection] = b""
            selector.register(connection, selectors.EVENT_READ, connection)
        dripping, waiting, next_drip = list(answers)[::2], set(answers), began + 1
        last_end = began
        while waiting and time.monotonic() < began + PATIENCE_SECS:
            for key, _ in selector.select(timeout=0.1):
                connection = key.data
                try:
                    piece = connection.recv(4096)
                except ConnectionError:
                    piece = b""
                answers[connection] += piece
                if not piece:
                    selector.unregister(connection)
                    waiting.discard(connection)
                    last_end = time.monotonic()
            if time.monotonic() > next_drip:
                next_drip += 1
                for connection in waiting.intersection(dripping):
                    try:
                        connection.send(b"x")
                    except ConnectionError:
                        continue
        for connection in answers:
            connection.close()
    right = sum(map(is_right, answers.values()))
    stage.require(not waiting, f"{len(waiting)} connections were open after {PATIENCE_SECS} s")
    first_lines = counted(answer.partition(b"\r\n")[0].decode() or "cut without an answer" for answer in answers.values())
    stage.require(right == count, f"{count - right} of {count} ended otherwise: {first_lines}")
    return Seen(
        f"{count} connections {what}, half of them one more byte each second",
        f"{first_lines}, the last after {last_end - began:.1f} s",
    )


@attack("60 s in which a client takes nothing: the connection is cut", grows_mib=48, waits=True)
def deaf_downloads(stage: Stage) -> Seen:
    """Downloads that are asked for and not taken. A smoke run does not wait until they are cut."""
    count = stage.number(64, 16)
    port = stage.server.port
    with Client(port) as client:
        owner = client.create_room()
        path = owner.add_large_file("large.bin", 64 * MIB)
        stage.begin()
        files_before = stage.server.open_files()
        request = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {owner.token}\r\n\r\n".encode()
        began = time.monotonic()
        connections = [connect(port, ATTACKER, receive_bytes=4096) for _ in range(count)]
        for connection in connections:
            connection.sendall(request)
        time.sleep(2)
        files_meanwhile = stage.server.open_files()
        stage.require(files_meanwhile >= files_before + count, "the downloads are not running")
        peak = stage.server.peak_memory() - stage.memory_before
        seen = f"{peak * 1024 / count:.0f} KiB for each"
        if not stage.is_smoke:
            # What the kernel holds for a client is not the server's any more, so its open files tell who was cut. The
            # bystander has up to four of them at any moment.
            while stage.server.open_files() > files_before + 4 and time.monotonic() < began + STALLED_SECS + PATIENCE_SECS:
                time.sleep(0.25)
            left = stage.server.open_files() - files_before
            stage.require(
                left <= 4,
                f"{left} of {files_meanwhile - files_before} files are still open after {time.monotonic() - began:.0f} s",
            )
            seen += f"; all cut after {time.monotonic() - began:.1f} s"
        for connection in connections:
            connection.close()
    return Seen(f"{count} downloads of a file of 64 MiB of which nothing is read", seen)
