"""What an attack has at hand, what it is described by, and what is known after it."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .bystander import Samples
from .server import Server

T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """What an attack tried, with numbers, and what it saw."""

    tried: str
    seen: str


@dataclass(frozen=True)
class Attack:
    """One kind of attack."""

    perform: Callable[["Stage"], Seen]
    limit: str
    """The limit that holds against it."""
    grows_mib: float
    """By how much the memory of the server may grow."""
    flags: tuple[str, ...]
    """The server's flags where its defaults would take too long."""
    smoke_flags: tuple[str, ...]
    """The flags in a smoke run."""
    waits: bool
    """Whether the attack does nothing but wait, so that others of that kind can be carried out beside it."""

    @property
    def name(self) -> str:
        """The name by which it can be chosen."""
        return self.perform.__name__.replace("_", "-")


def attack(
    limit: str, grows_mib: float, flags: tuple[str, ...] = (), smoke_flags: tuple[str, ...] | None = None, waits: bool = False
) -> Callable[[Callable[["Stage"], Seen]], Attack]:
    """Makes an attack of a function. The text of the limit may name a default of the server's flags in braces."""
    return lambda perform: Attack(perform, limit, grows_mib, flags, flags if smoke_flags is None else smoke_flags, waits)


class Stage:
    """One attack on one server, which nobody else uses but the bystander."""

    def __init__(self, server: Server, is_smoke: bool, program: Path, limits: dict[str, int]):
        self.server = server
        self.is_smoke = is_smoke
        self.program = program
        self.limits = limits
        self.failures: list[str] = []
        self.last_words = ""
        """What another server said last that did not start."""
        self.begin()

    def begin(self) -> None:
        """Lets the figures of the attack begin now. It is called again by an attack that had to prepare something."""
        self.server.reset_peak()
        self.memory_before = self.server.memory()
        self.began = time.monotonic()

    def require(self, condition: bool, otherwise: str) -> None:
        """Notes that the limit did not hold, unless the condition is true."""
        if not condition:
            self.failures.append(otherwise)

    def number(self, full: int, smoke: int) -> int:
        """How many: fewer in a smoke run."""
        return smoke if self.is_smoke else full


@dataclass(frozen=True)
class Outcome:
    """What is known after an attack."""

    attack: Attack
    flags: tuple[str, ...]
    limit: str
    what: Seen
    memory: tuple[float, float, float]
    """Before, at the peak and afterwards, MiB."""
    quiet: Samples
    meanwhile: Samples
    secs: float
    failures: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether everything was as it should be."""
        return not self.failures


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Makes all the calls at the same time, each in a thread, and returns what they return, in their order."""
    calls = list(calls)
    with ThreadPoolExecutor(len(calls)) as pool:
        return [running.result() for running in [pool.submit(call) for call in calls]]


def counted(things: Iterable[object]) -> str:
    """How often each thing is there, as text: `3 × 201, 1 × 429 too_many_rooms`."""
    counts: dict[str, int] = {}
    for thing in things:
        counts[str(thing)] = counts.get(str(thing), 0) + 1
    return ", ".join(f"{count:,} × {thing}" for thing, count in counts.items()) or "nothing"
