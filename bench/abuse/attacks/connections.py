"""Attacks by the number of connections."""

import json
import socket
import time

from ..client import ATTACKER, Client, connect, read_until_end
from ..stage import Seen, Stage, attack, counted

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


@attack("{max_connections_per_address:,} connections of an address: 503 too_many_connections with Retry-After", grows_mib=96)
def many_connections(stage: Stage) -> Seen:
    """More connections from one address than it may have, first one after another, then many at the same time."""
    port, most = stage.server.port, stage.limits["max_connections_per_address"]
    inside = [connect(port, ATTACKER) for _ in range(most)]
    first = [status_of(one) for one in inside]
    stage.require(set(first) == {"200"}, f"the first {most} got {counted(first)}")

    refusals = []
    for _ in range(100):
        with connect(port, ATTACKER) as beyond:
            refusals.append(refusal(read_until_end(beyond)))
    right = "503 too_many_connections, Retry-After"
    stage.require(set(refusals) == {right}, f"the connections beyond got {counted(refusals)}")

    flood = [connect(port, ATTACKER) for _ in range(300)]
    flooded = [refusal(read_until_end(one)) for one in flood]
    stage.require(set(flooded) <= {right, "cut"}, f"300 beyond at once got {counted(flooded)}")
    files = stage.server.open_files()

    again = [status_of(one) for one in inside]
    stage.require(set(again) == {"200"}, f"those inside got {counted(again)}")
    inside.pop().close()
    stage.require(is_admitted_soon(port), "a connection that ended made no room")
    for one in (*inside, *flood):
        one.close()
    return Seen(
        f"{most:,} connections of one address, 100 beyond one by one, 300 beyond at the same time",
        f"beyond: {counted(refusals)}; at the same time: {counted(flooded)}; the {most:,} inside go on; {files:,} open files",
    )


def is_admitted_soon(port: int) -> bool:
    """Whether another connection of the attacker is admitted within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with Client(port, ATTACKER) as client:
            try:
                if client.ask("GET", "/healthz").status == 200:
                    return True
            except ConnectionError:
                pass  # it was cut as one of too many
        time.sleep(0.05)
    return False


def status_of(connection: socket.socket) -> str:
    """Asks for `/healthz`, and returns the status of the answer."""
    connection.sendall(HEALTH)
    return connection.recv(4096).decode().split(" ")[1:2][0]


def refusal(answer: bytes) -> str:
    """What a connection beyond the limit got."""
    if not answer:
        return "cut"
    head, _, body = answer.decode().partition("\r\n\r\n")
    retry = ", Retry-After" if "\r\nretry-after: " in head else ""
    return f"{head.split(' ')[1]} {json.loads(body)['code']}{retry}"
