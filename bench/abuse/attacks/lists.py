"""Attacks by long lists: rooms of thousands of files, and the archives of such rooms."""

import socket
import time

from ..client import ATTACKER, Answer, Client, Seat, connect
from ..stage import Seen, Stage, at_once, attack, counted

MIB = 1 << 20
LONG_NAME = "n" * 996 + ".txt"


@attack("{max_files_per_room:,} files of a room: 413 too_many_files", grows_mib=64, flags=("--max-new-files-per-room", "0"))
def many_files(stage: Stage) -> Seen:
    """A room is filled as fast as the server takes it. A smoke run ends before the room is full."""
    count = stage.number(stage.limits["max_files_per_room"], 500)
    with Client(stage.server.port) as client:
        owner = client.create_room()
        folder_before = stage.server.disk_bytes()
        began = time.monotonic()
        owner.fill(count)
        secs = time.monotonic() - began
        folder = (stage.server.disk_bytes() - folder_before) / MIB
        refusal = owner.add_file("one more", b"x")
    if not stage.is_smoke:
        stage.require((refusal.status, refusal.code) == (413, "too_many_files"), f"file {count + 1} got {refusal}")
    return Seen(
        f"one owner adds {count:,} files of one byte as fast as possible, without the limit of new files",
        f"{count / secs:,.0f} files/s; the data folder grows by {folder:.1f} MiB"
        + ("" if stage.is_smoke else f"; file {count + 1:,}: {refusal}"),
    )


@attack("{max_archives_per_member} archives of a member at the same time: 429 too_many_at_once with Retry-After", grows_mib=48)
def archive_heads(stage: Stage) -> Seen:
    """The head of an archive has its length, for which every name has to be made unique. The list changes all the while,
    so that no head is known from before."""
    files, secs = stage.number(1000, 300) - 1, stage.number(10, 1)
    port = stage.server.port
    with Client(port) as client:
        owner = client.create_room()
        owner.add_large_file("large.bin", 64 * MIB)
        owner.fill(files - 50, LONG_NAME)
        stage.begin()
        ends_at = time.monotonic() + secs

        def ask_heads() -> list[str]:
            with Client(port) as other:
                seat, answers = owner.at(other), []
                while time.monotonic() < ends_at:
                    answers.append(str(seat.ask("HEAD", "/archive.zip")))
                return answers

        def change_the_list() -> list[str]:
            for _ in range(50):
                time.sleep(secs / 60)
                owner.add_file(LONG_NAME, b"x")
            return []

        answers = [answer for some in at_once([ask_heads] * 4 + [change_the_list]) for answer in some]
        held = [archive(port, owner), archive(port, owner)]
        third = owner.ask("HEAD", "/archive.zip")
        for one in held:
            one.close()
    stage.require(set(answers) <= {"200", "429"} and "200" in answers, f"heads got {counted(answers)}")
    check_refusal(stage, third, "a third archive")
    return Seen(
        f"the head of an archive of {files:,} files that all have one name of 1,000 letters, four at a time for {secs} s, while "
        "files are added; then a head beside two archives that are not read",
        f"{counted(answers)}; the third at a time: 429",
    )


@attack(
    "{max_archives_per_member} archives of a member: 429 too_many_at_once with Retry-After; those of others go on",
    grows_mib=160,
)
def archives(stage: Stage) -> Seen:
    """Archives that are asked for and not read."""
    port, in_all = stage.server.port, stage.number(512, 16)
    with Client(port) as client:
        owner = client.create_room()
        owner.add_large_file("large.bin", 64 * MIB)
        guests = [client.join(owner.pin) for _ in range(in_all // 2)]
        stage.begin()
        held = [archive(port, owner), archive(port, owner)]
        third = owner.ask("GET", "/archive.zip", {"Range": "bytes=0-0"})
        held += [archive(port, guest) for guest in guests[:-1] for _ in range(2)]
        one_more = guests[-1].ask("GET", "/archive.zip", {"Range": "bytes=0-0"})
        stage.require(one_more.status == 206, f"archive {in_all + 1} got {one_more}")
        lines = [one.recv(12).decode() for one in held]
        for one in held:
            one.close()
        deadline = time.monotonic() + 10
        while (
            after := owner.ask("GET", "/archive.zip", {"Range": "bytes=0-0"})
        ).status != 206 and time.monotonic() < deadline:
            time.sleep(0.1)
    stage.require(set(lines) == {"HTTP/1.1 200"}, f"the first {in_all} got {counted(lines)}")
    check_refusal(stage, third, "a third archive of a member")
    stage.require(after.status == 206, f"when they had ended, another one got {after}")
    return Seen(
        f"3 archives of one member at the same time, {in_all + 1} of {in_all // 2 + 1} members, none of which is read",
        f"the third of a member: {third}; that of somebody else, beside {in_all}: {one_more.status}; afterwards another one is sent",
    )


@attack(
    "two pages of large rooms are rendered at a time, for one address as well; 64 MiB that one address has asked for and not read",
    grows_mib=320,
    flags=("--max-new-files-per-room", "0"),
)
def pages(stage: Stage) -> Seen:
    """The page of a large room, asked for over many connections at once and not read."""
    files, count, port = stage.number(4000, 300), stage.number(200, 30), stage.server.port
    with Client(port) as client:
        owner = client.create_room()
        owner.fill(files, "a file of a large room, number {}.txt")
        guest = client.join(owner.pin)
        stage.begin()
        held = [request(port, guest, f"/r/{guest.pin}", "Accept-Encoding: br\r\n") for _ in range(count)]
        time.sleep(stage.number(15, 2))
        for one in held:
            one.close()
        page = guest.client.ask("GET", f"/r/{guest.pin}", {"Cookie": f"snapdrop-{guest.pin}={guest.token}"})
    stage.require(page.status == 200 and page.body.count(b"a file of a large room") >= files, f"afterwards a page got {page}")
    return Seen(
        f"one guest asks for the page of a room of {files:,} files over {count} connections, and reads none",
        f"afterwards, a page has all files: {page}",
    )


@attack(
    "{max_snapshots_per_member} lists of a member at the same time: 429 too_many_at_once with Retry-After",
    grows_mib=160,
    flags=("--max-new-files-per-room", "0"),
)
def unread_lists(stage: Stage) -> Seen:
    """Long lists that are asked for one after the other and not read."""
    # A list that the kernel keeps for the client is sent. These names have six characters of JSON for each byte.
    files, port = stage.number(4000, 2000), stage.server.port
    with Client(port) as client:
        owner = client.create_room()
        owner.fill(files, "\x01" * 900 + "{}")
        guest = client.join(owner.pin)
        stage.begin()
        held = [request(port, guest, guest.path) for _ in range(50)]
        lines = [one.recv(12).decode() for one in held]
        for one in held:
            one.close()
        deadline = time.monotonic() + 10
        while (after := guest.ask("GET")).status != 200 and time.monotonic() < deadline:
            time.sleep(0.1)
    most = stage.limits["max_snapshots_per_member"]
    stage.require(lines.count("HTTP/1.1 200") == most, f"50 lists got {counted(lines)}")
    stage.require(after.status == 200, f"when they had ended, another one got {after}")
    return Seen(
        f"one guest asks 50 times for a list of {len(after.body) / MIB:.0f} MiB, and reads 12 bytes of each",
        f"{counted(lines)}; afterwards another one is sent",
    )


def archive(port: int, seat: Seat) -> socket.socket:
    """Asks for an archive, and reads nothing of it."""
    connection = request(port, seat, f"{seat.path}/archive.zip")
    # A byte that has come shows that the request is running.
    connection.recv(1, socket.MSG_PEEK)
    return connection


def request(port: int, seat: Seat, path: str, headers: str = "") -> socket.socket:
    """Sends a request of a member, and reads nothing of the answer."""
    connection = connect(port, ATTACKER, receive_bytes=4096)
    proof = f"Authorization: Bearer {seat.token}\r\nCookie: snapdrop-{seat.pin}={seat.token}\r\n"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{proof}{headers}\r\n".encode())
    return connection


def check_refusal(stage: Stage, answer: Answer, what: str) -> None:
    """Checks the answer to a request that is one too many. A head has no body, and so no code."""
    is_right = answer.status == 429 and answer.code in ("too_many_at_once", "") and "retry-after" in answer.headers
    stage.require(is_right, f"{what} got {answer}, Retry-After {answer.headers.get('retry-after')}")
