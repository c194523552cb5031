"""Attacks on the handshakes of TLS."""

import selectors
import socket
import ssl
import time

from ..client import connect, read_until_end
from ..server import Server
from ..stage import Seen, Stage, attack

PATIENCE_SECS = 25
"""How long the ends of handshakes are waited for; it is generous, because the machine may be busy."""
BEGINNING = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""The first bytes of a ClientHello of 512 bytes (RFC 8446, sections 4.1.2 and 5.1)."""
CONNECTIONS_OF_AN_ADDRESS = 100


@attack("10 s for a handshake: the connection is cut; it takes no more memory than half a head without TLS", grows_mib=64, waits=True)
def half_open_handshakes(stage: Stage) -> Seen:
    """Handshakes of which the beginning comes, or one more byte each second. As many halves of heads on a server without TLS
    show what a connection takes."""
    count = stage.number(1000, 200)
    with Server(stage.program, stage.server.folder.with_name("half-open-handshakes-tls"), ("--tls-self-signed",)) as secure:
        plain, plain_mib = hold(stage.server, count, b"GET /healthz HTTP/1.1\r\nHost: a")
        for one in plain:
            one.close()
        began = time.monotonic()
        held, secure_mib = hold(secure, count, BEGINNING)
        handshake_ms = shake_hands(secure)
        last_secs = drip_until_cut(held) - began
        handshake_after_ms = shake_hands(secure)
        stage.require(secure.is_running() and "panicked" not in secure.log(), "the server with TLS has ended or panicked")
    stage.require(last_secs <= PATIENCE_SECS, f"some of them were open after {PATIENCE_SECS} s")
    stage.require(
        secure_mib <= 1.25 * plain_mib + 2, f"they took {secure_mib:.1f} MiB, and halves of heads without TLS {plain_mib:.1f} MiB"
    )
    return Seen(
        f"{count:,} handshakes from {count // CONNECTIONS_OF_AN_ADDRESS} addresses, one more byte each second on half of them",
        f"all cut after {last_secs:.1f} s at the latest; {secure_mib / count * 1024:.1f} KiB each, {plain_mib / count * 1024:.1f} KiB "
        f"without TLS; a whole handshake took {handshake_ms:.1f} ms beside them, {handshake_after_ms:.1f} ms afterwards",
    )


def hold(server: Server, count: int, beginning: bytes) -> tuple[list[socket.socket], float]:
    """Opens connections and sends so much on each; returns them, and by how many MiB the memory grew."""
    before = server.memory()
    held = []
    for number in range(count):
        one = connect(server.port, f"127.2.{number // CONNECTIONS_OF_AN_ADDRESS}.1")
        one.sendall(beginning)
        held.append(one)
    # The answer to this comes after the server has taken all of them.
    with connect(server.port, "127.2.250.1") as last:
        last.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        read_until_end(last)
    return held, server.memory() - before


def shake_hands(server: Server) -> float:
    """The milliseconds that the handshake of somebody else takes."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connect(server.port, "127.2.251.1") as one:
        began = time.monotonic()
        with context.wrap_socket(one):
            return (time.monotonic() - began) * 1000


def drip_until_cut(held: list[socket.socket]) -> float:
    """Sends one more byte each second on half of these, until the server has ended all; returns when it ended the last one, or
    infinity if some stay open."""
    waiting = set(held)
    began = last = time.monotonic()
    next_drip = began + 1
    with selectors.DefaultSelector() as selector:
        for one in held:
            selector.register(one, selectors.EVENT_READ)
        while waiting:
            if time.monotonic() > began + PATIENCE_SECS:
                return float("inf")
            for key, _ in selector.select(timeout=0.1):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                try:
                    ended = not one.recv(4096)
                except ConnectionError:
                    ended = True
                if ended:
                    selector.unregister(one)
                    one.close()
                    waiting.discard(one)
                    last = time.monotonic()
            if time.monotonic() > next_drip:
                next_drip += 1
                for one in waiting.intersection(held[::2]):
                    try:
                        one.send(b"x")
                    except ConnectionError:
                        pass  # the server has ended it, which is read next
    return last
