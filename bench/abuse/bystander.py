"""Somebody else who uses the server all the while, and notes how long each answer takes.

The bystander is a process of its own, because in a thread of the attacker its times would be those of Python's
interpreter lock. It asks for `/healthz` and for its own room over a kept connection, and joins its room again and again
as somebody new, each time from another address, so that it never meets the limits of an address itself.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from statistics import median

from .client import Answer, Client, Seat

PAUSE_SECS = 0.02
JOINS_OF_A_ROOM = 50
"""After so many joins the bystander opens another room, because the list of a large room would take longer by itself."""
EXPECTED = {"healthz": 200, "room": 200, "join": 201}


@dataclass(frozen=True)
class Sample:
    """One request of the bystander, with the status of its answer, or what went wrong."""

    began: float
    what: str
    millis: float
    answer: str

    @property
    def is_right(self) -> bool:
        """Whether the bystander got what it wanted."""
        return self.answer == str(EXPECTED[self.what])


class Samples:
    """The bystander's requests within some time."""

    def __init__(self, samples: list[Sample]):
        self.all = samples

    def between(self, began: float, ended: float) -> "Samples":
        """Those that were sent within this time."""
        return Samples([sample for sample in self.all if began <= sample.began < ended])

    def failures(self) -> list[str]:
        """What went wrong."""
        return [f"{sample.what}: {sample.answer}" for sample in self.all if not sample.is_right]

    def p50(self, *whats: str) -> float:
        """Median time of an answer, in milliseconds, of all kinds of requests or of these."""
        times = [sample.millis for sample in self.all if not whats or sample.what in whats]
        return median(times) if times else float("nan")

    def worst(self) -> float:
        """The longest time of an answer, in milliseconds."""
        return max((sample.millis for sample in self.all), default=float("nan"))


class Bystander:
    """The process of a bystander, seen from the attacker."""

    def __init__(self, port: int):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "abuse.bystander", str(port)],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        output = self._process.stdout
        if not output or output.readline() != "begins\n":
            self.kill()
            raise RuntimeError("the bystander does not begin")

    def stop(self) -> Samples:
        """Ends the bystander, and returns everything that it noted."""
        output, _ = self._process.communicate(timeout=60)
        return Samples([Sample(*sample) for sample in json.loads(output)])

    def kill(self) -> None:
        """Ends the bystander if it is still there."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


class Living:
    """What the bystander does in its own process."""

    def __init__(self, port: int):
        self._port = port
        self._joins = 0
        self._samples: list[Sample] = []
        self._client = Client(port, "127.0.0.1")
        self._owner = self._open_room()

    def run(self) -> None:
        """Uses the server until the standard input ends, then prints what was noted."""
        print("begins", flush=True)
        while not select.select([sys.stdin], [], [], PAUSE_SECS)[0]:
            self._note("healthz", lambda: self._client.ask("GET", "/healthz"))
            if self._joins >= JOINS_OF_A_ROOM:
                self._joins = 0
                self._owner.ask("DELETE")
                self._owner = self._open_room()
            self._note("room", lambda: self._owner.ask("GET"))
            self._note("join", self._join)
        print(json.dumps([[one.began, one.what, one.millis, one.answer] for one in self._samples]))

    def _open_room(self) -> Seat:
        return self._client.create_room()

    def _join(self) -> Answer:
        self._joins += 1
        number = len(self._samples)
        with Client(self._port, f"127.9.{number // 250 % 250}.{number % 250 + 1}") as newcomer:
            return newcomer.ask_to_join(self._owner.pin)

    def _note(self, what: str, ask: Callable[[], Answer]) -> None:
        began = time.monotonic()
        try:
            answer = str(ask())
        except (OSError, HTTPException) as error:
            answer = f"no answer ({error or type(error).__name__})"
        self._samples.append(Sample(began, what, (time.monotonic() - began) * 1000, answer))


if __name__ == "__main__":
    Living(int(sys.argv[1])).run()
