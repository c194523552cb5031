"""What the disk may do: change single bits of the database and of its log."""

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from ..client import Client, Seat
from ..server import Server, ServerFailed
from ..stage import Seen, Stage, attack, counted

ROOMS = 6
DATABASE, LOG = "snapdrop.redb", "snapdrop.log"
ENDS = {"stop": "an orderly end", "wait_and_kill": "a kill half a second later", "kill": "a kill at once"}


@attack("a room that the disk damaged is set aside and named, and the others go on; one bit in ten may cost more", grows_mib=16)
def flipped_bits_after_an_orderly_end(stage: Stage) -> Seen:
    """One bit of the database is flipped, which a server that was stopped has left behind."""
    return flip_bits(stage, stage.number(40, 4), DATABASE, Server.stop)


@attack("a room that the disk damaged is set aside and named, and the others go on; one bit in ten may cost more", grows_mib=16)
def flipped_bits_after_a_kill(stage: Stage) -> Seen:
    """One bit of the database is flipped, which a server has left behind that was killed when nothing was in its log any
    more."""

    def wait_and_kill(server: Server) -> None:
        time.sleep(0.5)
        server.kill()

    return flip_bits(stage, stage.number(40, 4), DATABASE, wait_and_kill)


@attack("a room that the disk damaged is set aside and named, and the others go on; one bit in ten may cost more", grows_mib=16)
def flipped_bits_of_the_log(stage: Stage) -> Seen:
    """One bit of the log is flipped, in which half of the rooms still were when the server was killed."""
    return flip_bits(stage, stage.number(20, 4), LOG, Server.kill)


def flip_bits(stage: Stage, flips: int, name: str, end: Callable[[Server], None]) -> Seen:
    """Makes rooms, flips one bit in a copy of the data folder, and starts a server on it, again and again."""
    original = stage.server.folder.with_name(f"original-of-{stage.server.folder.name}")
    with Server(stage.program, original) as server:
        seats = [room_of(server, number) for number in range(ROOMS // 2)]
        time.sleep(0.5)  # what came so far is in the database then
        seats += [room_of(server, number) for number in range(ROOMS // 2, ROOMS)]
        end(server)
    lost = [try_flip(stage, original, name, number, seats) for number in range(flips)]
    # A few bits describe the whole file, or its structure.
    most = max(1, flips // 10)
    without = lost.count(None)
    stage.require(without <= most, f"with {without} of {flips} flips the server did not start: {stage.last_words}")
    several = [rooms for rooms in lost if rooms is not None and rooms > 1]
    stage.require(len(several) <= most, f"{len(several)} of {flips} flips cost more than one of {ROOMS} rooms")
    rooms = counted("does not start" if one is None else f"{one} rooms lost" for one in sorted(lost, key=str))
    return Seen(f"{flips} times one flipped bit of {name}, with {ROOMS} rooms, after {ENDS[end.__name__]}", rooms)


def room_of(server: Server, number: int) -> Seat:
    """Makes a room with a text and a file."""
    with Client(server.port) as client:
        seat = client.create_room()
        seat.add_text(f"text {number}")
        seat.add_file(f"file {number}", f"content {number}".encode())
        return seat


def try_flip(stage: Stage, original: Path, name: str, number: int, seats: list[Seat]) -> int | None:
    """Flips a random bit in a copy, and returns how many rooms are not whole on a server that is started with it; `None`
    if none starts."""
    folder = original.with_name(f"flip-{name}-{number}-of-{original.name}")
    shutil.copytree(original, folder)
    path = folder / name
    content = bytearray(path.read_bytes())
    # Most of the database's file is free space; a flip there would test nothing.
    used = [at for at, byte in enumerate(content) if byte]
    at = random.choice(used)
    content[at] ^= 1 << random.randrange(8)
    path.write_bytes(content)
    server = Server(stage.program, folder)
    try:
        with server, Client(server.port) as client:
            lost = [is_whole(seat.at(client), room) for room, seat in enumerate(seats)].count(False)
            stage.require(lost == 0 or any(folder.glob("damaged-*")), f"byte {at:,}: {lost} rooms were lost in silence")
            return lost
    except ServerFailed:
        stage.last_words = f"byte {at:,}: {server.log().strip().rpartition(chr(10))[2]}".replace(str(folder), "…")
        return None
    finally:
        shutil.rmtree(folder)


def is_whole(seat: Seat, number: int) -> bool:
    """Whether the room is there with its text and its file."""
    if seat.ask("GET").status != 200:
        return False
    room = seat.room()
    files = [file["name"] for file in room.get("files", [])]
    if (files, [snippet["text"] for snippet in room.get("snippets", [])]) != ([f"file {number}"], [f"text {number}"]):
        return False
    return seat.ask("GET", f"/files/{room['files'][0]['id']}").body == f"content {number}".encode()
