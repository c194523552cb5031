"""Attacks by what is claimed: space for bytes that do not come, copies, files and texts without end."""

import threading
import time

from ..client import ATTACKER, SOMEBODY_ELSE, Client, expect
from ..stage import Seen, Stage, at_once, attack, counted

MIB, GIB = 1 << 20, 1 << 30
PART_MIB = 24


@attack("what uploads claim ahead of their bytes keeps nobody out", grows_mib=32, flags=("--max-storage", "1TiB"))
def space(stage: Stage) -> Seen:
    """Uploads that declare as much as there is, and send nothing."""
    with Client(stage.server.port) as attacker, Client(stage.server.port, SOMEBODY_ELSE) as other:
        rooms = [attacker.create_room() for _ in range(4)]
        declared = [room.announce(f"{number}", 64 * GIB) for room in rooms for number in range(4)]
        owner = other.create_room()
        location = expect(owner.announce("large", 64 * GIB), 201).headers["location"]
        sent = owner.append(location, 0, bytes(32 * MIB))
        whole = owner.add_file("whole", bytes(MIB))
    stage.require(all(answer.status == 201 for answer in declared), f"the declarations got {counted(declared)}")
    stage.require(sent.status == 204 and whole.status == 201, f"another address got {sent} and {whole}")
    return Seen(
        f"one address declares {len(declared)} uploads of 64 GiB in 4 rooms, and sends nothing",
        f"{counted(declared)}; another address declares 64 GiB and sends 32 MiB of it: {sent}, and a whole file: {whole}",
    )


@attack(
    "of the store, a quarter is the most that all uploads together claim ahead of their bytes",
    grows_mib=32,
    flags=("--max-storage", "128MiB"),
)
def space_of_many(stage: Stage) -> Seen:
    """The same by many addresses, on a small store."""
    port = stage.server.port
    declared = []
    for number in range(8):
        with Client(port, f"127.0.4.{number + 1}") as attacker:
            room = attacker.create_room()
            declared += [room.announce(f"{number}", 64 * MIB) for number in range(4)]
    with Client(port, SOMEBODY_ELSE) as other:
        owner = other.create_room()
        location = expect(owner.announce("large", 90 * MIB), 201).headers["location"]
        sent = [owner.append(location, start * MIB, bytes(10 * MIB)) for start in range(0, 90, 10)]
    stage.require(all(answer.status == 201 for answer in declared), f"the declarations got {counted(declared)}")
    stage.require(all(answer.status == 204 for answer in sent), f"another address got {counted(sent)}")
    return Seen(
        f"8 addresses declare {len(declared)} uploads of 64 MiB, and send nothing",
        f"{counted(declared)}; another address declares 90 MiB of the 128, and sends them: {counted(sent)}",
    )


@attack("--max-storage, also by copies: no byte beyond it", grows_mib=32, flags=("--max-storage", f"{4 * PART_MIB}MiB"))
def joined_parts(stage: Stage) -> Seen:
    """The same parts are joined several times at the same moment. There is space for one copy of them."""
    port = stage.server.port
    most = 4 * PART_MIB * MIB
    with Client(port) as client:
        owner = client.create_room()
        parts = []
        for _ in range(2):
            part = expect(owner.announce("part", PART_MIB * MIB, {"Upload-Concat": "partial"}), 201).headers["location"]
            expect(owner.append(part, 0, bytes(PART_MIB * MIB)), 204)
            parts.append(part)
        other_files = stage.server.disk_bytes() - 2 * PART_MIB * MIB
        sizes, over = [], threading.Event()

        def measure() -> None:
            while not over.is_set():
                sizes.append(stage.server.disk_bytes())
                time.sleep(0.001)

        def join() -> str:
            with Client(port, ATTACKER) as another:
                headers = {"Tus-Resumable": "1.0.0", "Upload-Concat": f"final;{' '.join(parts)}"}
                return str(owner.at(another).ask("POST", "/files", headers))

        measuring = threading.Thread(target=measure)
        measuring.start()
        try:
            answers = at_once([join] * 5)
        finally:
            over.set()
            measuring.join()
        files = owner.room()["files"]
    stage.require(sorted(answers)[0] == "201" and answers.count("201") == 1, f"the requests got {counted(answers)}")
    highest = max(sizes)
    # The database and its log are no files of rooms, and may grow by a few MiB meanwhile.
    stage.require(
        highest - other_files <= most + 4 * MIB, f"{(highest - other_files) / MIB:.1f} MiB of {most / MIB:.0f} were in use"
    )
    stage.require([file["size_bytes"] for file in files] == [2 * PART_MIB * MIB], f"the room has {len(files)} files")
    return Seen(
        f"two parts of {PART_MIB} MiB are joined 5 times at the same moment",
        f"{counted(answers)}; at most {highest / MIB:.1f} of {most / MIB:.0f} MiB on the disk, seen {len(sizes):,} times",
    )


@attack("1,000 new files of a room at once, then 50 a second: 429 too_many_new_files with Retry-After", grows_mib=32)
def new_files(stage: Stage) -> Seen:
    """An owner adds files without a pause, and to another room afterwards."""
    secs = stage.number(6, 1)
    with Client(stage.server.port) as client:
        owner = client.create_room()
        began = time.monotonic()
        owner.fill(1000)
        answers = []
        beyond = time.monotonic()
        while time.monotonic() < beyond + secs:
            answers.append(owner.add_file("more", b"x"))
        taken = 1000 + sum(answer.status == 201 for answer in answers)
        allowed = 1000 + 50 * (time.monotonic() - began) + 1
        refused = [answer for answer in answers if answer.status != 201]
        elsewhere = client.create_room().add_file("another room", b"x")
    are_right = all((one.status, one.code) == (429, "too_many_new_files") and "retry-after" in one.headers for one in refused)
    stage.require(bool(refused) and are_right, f"what was too fast got {counted(refused)}")
    stage.require(taken <= allowed, f"{taken} files were taken, and {allowed:.0f} are allowed")
    stage.require(elsewhere.status == 201, f"another room got {elsewhere}")
    return Seen(
        f"one owner adds files without a pause, for {secs} s beyond the first 1,000",
        f"the first 1,000 in {beyond - began:.1f} s; then {counted(answers)}, "
        f"with {client.reconnections:,} new connections; another room takes files",
    )


@attack(
    "{max_text_per_room:,} bytes of names and texts of a room: 413 room_full",
    grows_mib=192,
    flags=("--max-new-files-per-room", "0"),
)
def texts(stage: Stage) -> Seen:
    """Rooms are filled with long texts, and with files that have long names. A smoke run fills one with texts only, of which
    there may be 100."""
    most = stage.limits["max_text_per_room"]
    rooms = stage.number(4, 1)
    answers, names = [], []
    with Client(stage.server.port) as client:
        for _ in range(rooms):
            owner = client.create_room()
            answers += [owner.add_text(f"{number:5}" + "t" * 16379) for number in range(101)]
            text_bytes = 100 * 16384
            for _ in range(stage.number(5000, 100)):
                names.append(owner.add_file("n" * 1024, b"x"))
                if names[-1].status != 201:
                    break
                text_bytes += 1024
            stage.require((answers[-1].status, answers[-1].code) == (413, "room_full"), f"text 101 got {answers[-1]}")
            if not stage.is_smoke:
                stage.require((names[-1].status, names[-1].code) == (413, "room_full"), f"the last name got {names[-1]}")
            stage.require(text_bytes <= most, f"a room has {text_bytes / MIB:.2f} MiB of names and texts")
    mib = (stage.server.memory() - stage.memory_before) / rooms
    return Seen(
        f"the owner of {rooms} rooms adds texts of 16 KiB, then files with names of 1 KiB, until none takes any more",
        f"texts: {counted(answers)}; names: {counted(names)}; {text_bytes / MIB:.2f} MiB of both in a room, "
        f"for which {mib:.0f} MiB of memory are in use",
    )
