"""Attacks over live sockets: without end, unfinished, too fast, too many, and without reading."""

import time
from functools import partial

from ..client import Client
from ..stage import Seen, Stage, at_once, attack, counted
from ..websocket import CONTINUATION, HEARTBEAT, PING, PONG, TEXT, NoSocket, WebSocket, frame

MIB = 1 << 20
POLICY, TOO_LONG = 1008, 1009


@attack("60 frames of a member at once, then 20 a second: the socket is closed", grows_mib=16)
def pings(stage: Stage) -> Seen:
    """A guest sends pings as fast as the connection takes them, reads none of the answers, and comes back at once."""
    with Client(stage.server.port) as owner, Client(stage.server.port) as client:
        guest = client.join(owner.create_room().pin)
        secs = stage.number(20, 2)
        stage.begin()
        deadline = time.monotonic() + secs
        flood = frame(PING, bytes(125)) * 500
        sent = opened = closed = refused = 0
        longest = 0.0
        while time.monotonic() < deadline:
            try:
                with WebSocket(guest, receive_bytes=4096) as socket:
                    opened += 1
                    since = time.monotonic()
                    socket.raw.settimeout(10)
                    while time.monotonic() < since + 10:
                        socket.raw.sendall(flood)
                        sent += len(flood)
            except TimeoutError:
                continue
            except ConnectionError:
                closed += 1
                longest = max(longest, time.monotonic() - since)
            except NoSocket:
                refused += 1
                time.sleep(0.02)
        stage.require(opened > 0 and closed >= opened, f"{opened - closed} of {opened} sockets were not closed")
    return Seen(
        f"one guest sends pings without a pause for {secs} s, reads nothing, and opens another socket whenever one is closed",
        f"{closed} of {opened} sockets closed, the slowest after {longest:.1f} s; {refused} not opened; "
        f"the server read {sent / MIB:,.0f} MiB in all",
    )


@attack("16 KiB in a frame or message: the socket is closed (1009)", grows_mib=16)
def unfinished_frames(stage: Stage) -> Seen:
    """Frames that declare much and never end, and messages of ever more fragments."""
    with Client(stage.server.port) as owner, Client(stage.server.port) as client:
        room = owner.create_room()
        sockets = [WebSocket(guest) for guest in [client.join(room.pin) for _ in range(5)] for _ in range(8)]
        stage.begin()
        unfinished, fragmented = sockets[:20], sockets[20:]
        for socket in unfinished:
            socket.send(TEXT, bytes(8192), declared=15 * MIB)
        for socket in fragmented:
            socket.send(TEXT, bytes(4096), fin=False)
            for _ in range(4):
                socket.send(CONTINUATION, bytes(4096), fin=False)
        codes = [[socket.close_code(5) for socket in some] for some in (unfinished, fragmented)]
        for socket in sockets:
            socket.close()
    for some, what in zip(codes, ("unfinished frame", "endless message"), strict=True):
        stage.require(set(some) == {TOO_LONG}, f"sockets with an {what} ended with {counted(some)}")
    return Seen(
        "20 sockets with an unfinished frame that declares 15 MiB, 20 with a message in fragments that does not end",
        f"closed with {counted(codes[0] + codes[1])}",
    )


@attack("60 frames of a member at once, then 20 a second: the socket is closed (1008)", grows_mib=16)
def fast_frames(stage: Stage) -> Seen:
    """Messages, pings and pongs faster than any person causes them, beside a socket that keeps to the limit."""
    count = stage.number(2000, 500)
    kinds = {
        "messages": frame(TEXT, HEARTBEAT),
        "empty pings": frame(PING),
        "empty pongs": frame(PONG),
    }
    with Client(stage.server.port) as owner, Client(stage.server.port) as client:
        room = owner.create_room()
        steady = WebSocket(client.join(room.pin))
        codes = {}
        for kind, one in kinds.items():
            with WebSocket(client.join(room.pin)) as socket:
                socket.raw.sendall(one * count)
                codes[kind] = socket.close_code(5)
        for _ in range(stage.number(40, 8)):
            steady.send(PING)
            steady.read_pong()
            time.sleep(0.1)
        steady.close()
    for kind, code in codes.items():
        stage.require(code == POLICY, f"the socket with {count} {kind} at once ended with {code}")
    return Seen(
        f"sockets that send {count:,} {', '.join(kinds)} at once; one that sends 10 pings a second",
        f"closed with {', '.join(f'{code} ({kind})' for kind, code in codes.items())}; the slow one goes on",
    )


@attack("60 frames of a member at once, then 20 a second, of any kind: the socket is closed", grows_mib=16)
def empty_fragments(stage: Stage) -> Seen:
    """A message that is begun and goes on in empty fragments, so that it is never too long and never over."""
    secs = stage.number(6, 2)
    with Client(stage.server.port) as owner, Client(stage.server.port) as client:
        room = owner.create_room()
        with WebSocket(client.join(room.pin)) as socket:
            stage.begin()
            socket.send(TEXT, b"", fin=False)
            fragments = frame(CONTINUATION, fin=False) * 10_000
            socket.raw.settimeout(10)
            sent, is_closed, deadline = 0, False, time.monotonic() + secs
            while time.monotonic() < deadline and not is_closed:
                try:
                    socket.raw.sendall(fragments)
                    sent += 10_000
                except ConnectionError:
                    is_closed = True
    stage.require(is_closed, f"the socket was open after {sent:,} fragments in {secs} s")
    return Seen(
        f"one message in empty fragments without end, for {secs} s",
        f"{'closed' if is_closed else 'open'} after {sent:,} fragments",
    )


@attack("8 sockets of a member, 2,000 of a room; no limit on all rooms but that of connections", grows_mib=128)
def idle_sockets(stage: Stage) -> Seen:
    """Many sockets in many rooms that do nothing, from as many addresses as the limits of each make necessary."""
    rooms = stage.number(100, 20)
    port = stage.server.port
    sockets: list[WebSocket] = []

    def ten_sockets(number: int) -> list[WebSocket]:
        with Client(port, f"127.0.2.{1 + number // 10}") as client:
            owner = client.create_room()
            seats = [owner, *(client.join(owner.pin) for _ in range(9))]
            return [WebSocket(seat) for seat in seats]

    for number in range(rooms):
        sockets += ten_sockets(number)
    time.sleep(0.5)
    kib = (stage.server.memory() - stage.memory_before) * 1024 / len(sockets)
    files = stage.server.open_files()
    answered = 0
    for socket in sockets:
        socket.send(TEXT, HEARTBEAT)
        socket.read_message(b"heartbeat")
        answered += 1
    for socket in sockets:
        socket.close()
    stage.require(kib <= 100, f"a socket takes {kib:.0f} KiB")
    stage.require(answered == len(sockets), f"{answered} of {len(sockets)} sockets answered")
    return Seen(
        f"{len(sockets):,} idle sockets of as many members in {rooms} rooms",
        f"{kib:.0f} KiB for each socket with its member and its part of a room; {files:,} open files; all {answered:,} answer",
    )


@attack(
    "snapshots are encoded once for all guests, and 128 messages behind is the most",
    grows_mib=48,
    flags=("--max-new-files-per-room", "0"),
)
def deaf_sockets(stage: Stage) -> Seen:
    """Sockets in a large room that read nothing, neither the list nor what happens afterwards."""
    files, more, count = stage.number(4000, 300), stage.number(600, 300), 60
    port = stage.server.port
    with Client(port) as client, Client(port, "127.0.0.4") as guests:
        owner = client.create_room()
        owner.fill(files, "a file of a large room, number {}.txt")
        seats = [guests.join(owner.pin) for _ in range(count)]
        stage.begin()
        sockets = at_once([partial(WebSocket, seat, 4096) for seat in seats])
        time.sleep(1)
        owner.fill(more, "one more file, number {}.txt")
        stage.require(len(owner.room()["files"]) == files + more, "files are missing")
        for socket in sockets:
            socket.close()
    return Seen(
        f"{count} sockets in a room of {files:,} files that read nothing, while {more} files are added",
        f"{(stage.server.peak_memory() - stage.memory_before) * 1024 / count:.0f} KiB for each socket at the peak",
    )
