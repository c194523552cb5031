"""Parses the command line into the options of a run."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from .peers import PEERS
from .scenarios import FULL, MIB, SMOKE, Scenario

BENCH = Path(__file__).resolve().parents[1]
BEAM = "beam"
SMOKE_PEERS = ("snapdrop", "nginx", "snapdrop-tls", "nginx-tls", "limit")


@dataclass(frozen=True)
class Options:
    """What one run measures, how often and where."""

    smoke: bool
    rounds: int
    peers: list[str]
    scenarios: list[Scenario]
    beam_bytes: int
    """Size of the beamed file; 0 leaves the beam out."""
    patience_secs: float
    folder: Path
    results: Path | None
    """The folder that the tables are written to; with `None` they are only printed."""


def parse(arguments: list[str]) -> Options:
    """Parses the command line; exits with a message if it is invalid."""
    known = [scenario.name for scenario in FULL] + [BEAM]
    parser = argparse.ArgumentParser(prog="bench/run", description="Moves the same files through SnapDrop and its peers.")
    parser.add_argument("--smoke", action="store_true", help="tiny files, one round: does everything work? writes no results")
    parser.add_argument("--rounds", type=at_least_one, help="how often everything is repeated (default 3, smoke 1)")
    parser.add_argument("--peers", type=some_of(PEERS), help=f"a comma-separated part of {','.join(PEERS)}")
    parser.add_argument("--scenarios", type=some_of(known), default=known, help=f"a comma-separated part of {','.join(known)}")
    parser.add_argument("--beam-size", type=at_least_one, metavar="MIB", help="size of the beamed file (default 512, smoke 16)")
    parser.add_argument(
        "--patience", type=float, metavar="SECS", help="waits so long in all for other programs to be idle (default 600, smoke 0)"
    )
    parser.add_argument(
        "--folder", type=Path, default=BENCH / ".work", help="where files are kept while it runs; sets the file system"
    )
    parser.add_argument("--results", type=Path, help="where the tables go (default bench/results, smoke: nowhere)")
    chosen = parser.parse_args(arguments)

    smoke = chosen.smoke
    beam_mib = chosen.beam_size or (16 if smoke else 512)
    return Options(
        smoke=smoke,
        rounds=chosen.rounds or (1 if smoke else 3),
        peers=chosen.peers or list(SMOKE_PEERS if smoke else PEERS),
        scenarios=[scenario for scenario in (SMOKE if smoke else FULL) if scenario.name in chosen.scenarios],
        beam_bytes=beam_mib * MIB if BEAM in chosen.scenarios else 0,
        patience_secs=chosen.patience if chosen.patience is not None else (0 if smoke else 600),
        folder=chosen.folder.resolve(),
        results=chosen.results or (None if smoke else BENCH / "results"),
    )


def at_least_one(text: str) -> int:
    """Parses a whole number above 0."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def some_of(known):
    """Returns a parser of comma-separated names, each of which has to be in `known`."""

    def names(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",") if name.strip()]
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return chosen

    return names
