"""Runs the attacks one after another, each on a server of its own, and says which limits did not hold."""

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, wait
from http.client import HTTPException
from pathlib import Path
from subprocess import SubprocessError

from .attacks import ATTACKS
from .bystander import Bystander, Samples
from .client import Unexpected
from .limits import limits_of
from .report import Report
from .server import Server, ServerFailed
from .stage import Attack, Outcome, Seen, Stage
from .websocket import NoSocket

ROOT = Path(__file__).resolve().parent.parent.parent
QUIET_SECS, SMOKE_QUIET_SECS = 0.5, 0.2
"""How long the bystander is alone before an attack. As long it is given afterwards to get its last answers."""
MOST_SECS = 300
"""After so long the run ends by itself, whatever hangs."""


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, or 1 when a limit did not hold, or 2 when there is no SnapDrop to attack."""
    options = parse(arguments)
    if not options.program.is_file():
        print(f"there is no {options.program}; build it, or name one in SNAPDROP_BIN", file=sys.stderr)
        return 2
    # On SIGTERM the program exits through an exception, so that servers are ended and files are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the run takes too long, and ends here"))
    signal.alarm(MOST_SECS)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    began = time.monotonic()
    attacks = [one for one in ATTACKS if not options.only or one.name in options.only]
    with tempfile.TemporaryDirectory(prefix="snapdrop-abuse-") as folder:
        outcomes = carry_out_all(attacks, Path(folder), options)
    report = Report(outcomes, time.monotonic() - began)
    print(f"\n{report.markdown()}")
    if options.results and not options.is_smoke and not options.only:
        options.results.write_text(report.markdown())
        print(f"written to {options.results}")
    for outcome in outcomes:
        for failure in outcome.failures:
            print(f"DID NOT HOLD: {outcome.attack.name}: {failure}", file=sys.stderr)
    return 0 if all(outcome.held for outcome in outcomes) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="bench/abuse/run",
        description="Does to a running SnapDrop what strangers could do to it, and checks that its limits hold.",
        epilog="It attacks target/release/snapdrop, or the program that SNAPDROP_BIN names. The exit status is 1 when a "
        "limit did not hold.",
    )
    parser.add_argument("--smoke", action="store_true", dest="is_smoke", help="smaller numbers, under a minute, no file")
    parser.add_argument("--only", metavar="NAMES", type=lambda text: text.split(","), help="some attacks, divided by commas")
    parser.add_argument(
        "--results", metavar="FILE", type=Path, default=ROOT / "bench/results/abuse.md", help="where the table goes"
    )
    options = parser.parse_args(arguments)
    unknown = set(options.only or ()) - {one.name for one in ATTACKS}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(one.name for one in ATTACKS)}")
    options.program = Path(os.environ.get("SNAPDROP_BIN", ROOT / "target/release/snapdrop")).resolve()
    return options


def carry_out_all(attacks: list[Attack], folder: Path, options: argparse.Namespace) -> list[Outcome]:
    """Carries out the attacks one after another, except for those that only wait, which are carried out side by side: before
    the others, or in a smoke run, whose figures do not matter, beside them."""
    limits = limits_of(options.program)

    def carry_out_and_say(one: Attack) -> Outcome:
        outcome = carry_out(one, folder / one.name, limits, options)
        print(f"{'held  ' if outcome.held else 'FAILED'} {one.name}, {outcome.secs:.1f} s: {outcome.what.seen}", flush=True)
        return outcome

    waiting = [one for one in attacks if one.waits]
    with ThreadPoolExecutor(max(1, len(waiting))) as pool:
        running = {one.name: pool.submit(carry_out_and_say, one) for one in waiting}
        if not options.is_smoke:
            wait(running.values())
        outcomes = {one.name: carry_out_and_say(one) for one in attacks if not one.waits}
        outcomes.update((name, one.result()) for name, one in running.items())
    return [outcomes[one.name] for one in attacks]


def carry_out(one: Attack, folder: Path, limits: dict[str, int], options: argparse.Namespace) -> Outcome:
    """Carries out one attack on a new server, beside a bystander."""
    started = time.monotonic()
    flags = one.smoke_flags if options.is_smoke else one.flags
    quiet_secs = SMOKE_QUIET_SECS if options.is_smoke else QUIET_SECS
    with Server(options.program, folder, flags) as server:
        bystander = Bystander(server.port)
        try:
            time.sleep(quiet_secs)
            quiet_until = time.monotonic()
            stage = Stage(server, options.is_smoke, options.program, limits)
            what = perform(one, stage)
            time.sleep(quiet_secs)
            ended = time.monotonic()
            memory = check_server(one, stage)
            samples = bystander.stop()
        finally:
            bystander.kill()
    quiet, meanwhile = samples.between(0, quiet_until), samples.between(stage.began, ended)
    check_bystander(stage, samples.between(quiet_until, ended), meanwhile)
    return Outcome(
        one, flags, one.limit.format(**limits), what, memory, quiet, meanwhile, time.monotonic() - started, stage.failures
    )


def perform(one: Attack, stage: Stage) -> Seen:
    """Performs an attack. One that could not go on did not hold, whatever the reason."""
    try:
        return one.perform(stage)
    except (Unexpected, NoSocket, ServerFailed, OSError, EOFError, HTTPException, SubprocessError) as error:
        stage.require(False, f"the attack could not go on: {type(error).__name__}: {error}")
        return Seen(one.name, "it could not go on")


def check_server(one: Attack, stage: Stage) -> tuple[float, float, float]:
    """Checks what is true after every attack: the server runs, nothing panicked, and its memory is bounded. Returns the
    memory before, at the peak, and now."""
    if not stage.server.is_running():
        stage.require(False, f"the server has ended: {stage.server.log()[-500:]}")
        return (stage.memory_before, float("nan"), float("nan"))
    stage.require("panicked" not in stage.server.log(), "something panicked in the server")
    peak = stage.server.peak_memory()
    grown = peak - stage.memory_before
    stage.require(grown <= one.grows_mib, f"the memory grew by {grown:.1f} MiB, and {one.grows_mib:.0f} are allowed")
    return (stage.memory_before, peak, stage.server.memory())


def check_bystander(stage: Stage, since_quiet: Samples, meanwhile: Samples) -> None:
    """Checks that the bystander asked during the attack, and got every answer."""
    stage.require(bool(meanwhile.all), "the bystander asked for nothing meanwhile")
    failures = since_quiet.failures()
    stage.require(
        not failures, f"the bystander did not get {len(failures)} of {len(since_quiet.all)} answers: {', '.join(failures[:3])}"
    )
