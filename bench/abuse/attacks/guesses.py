"""Attacks by one address that takes more and more: seats, rooms, and guesses of PINs."""

import json
import random
from functools import partial

from ..client import SOMEBODY_ELSE, Answer, Client
from ..stage import Seen, Stage, at_once, attack, counted


def is_refusal(answer: Answer, code: str) -> bool:
    """Whether this is the refusal 429 of this code, with the time to wait."""
    return (answer.status, answer.code) == (429, code) and "retry-after" in answer.headers


@attack(
    "{max_joins_per_address} new seats of an address at once, then 10 a minute: 429 too_many_requests with Retry-After",
    grows_mib=16,
)
def seats(stage: Stage) -> Seen:
    """One address takes seats in a room of somebody else."""
    most = stage.limits["max_joins_per_address"]
    with Client(stage.server.port) as attacker, Client(stage.server.port, SOMEBODY_ELSE) as other:
        pin = other.create_room().pin
        answers = [attacker.ask_to_join(pin) for _ in range(most + stage.number(200, 50))]
        joined = other.ask_to_join(pin)
    taken = sum(answer.status == 201 for answer in answers)
    # One comes back every six seconds.
    stage.require(most <= taken <= most + 3, f"{taken} seats were taken")
    refused = [answer for answer in answers if answer.status != 201]
    stage.require(all(is_refusal(answer, "too_many_requests") for answer in refused), f"the others got {counted(refused)}")
    stage.require(joined.status == 201, f"another address got {joined}")
    return Seen(f"one address asks for {len(answers)} seats in a room", f"{counted(answers)}; another address joins")


@attack(
    "{max_rooms_per_address} open rooms of an address: 429 too_many_rooms; "
    "{max_creations_per_address} new ones at once, then one a second: 429 too_many_requests",
    grows_mib=16,
)
def rooms(stage: Stage) -> Seen:
    """One address opens rooms and keeps them, then closes and opens them again and again."""
    most, at_a_time = stage.limits["max_rooms_per_address"], stage.limits["max_creations_per_address"]
    with Client(stage.server.port) as attacker, Client(stage.server.port, SOMEBODY_ELSE) as other:
        opened = [attacker.create_room() for _ in range(most)]
        kept = [attacker.ask("POST", "/api/rooms") for _ in range(20)]
        elsewhere = other.ask("POST", "/api/rooms")
        again = []
        for _ in range(at_a_time - most + stage.number(200, 50)):
            if opened:
                opened.pop().ask("DELETE")
            again.append(attacker.ask("POST", "/api/rooms"))
            if again[-1].status == 201:
                seat = json.loads(again[-1].body)
                attacker.ask("DELETE", f"/api/rooms/{seat['pin']}", {"Authorization": f"Bearer {seat['token']}"})
        still = other.ask("POST", "/api/rooms")
    stage.require(
        all((answer.status, answer.code) == (429, "too_many_rooms") for answer in kept),
        f"the 20 rooms beyond {most} got {counted(kept)}",
    )
    created = most + sum(answer.status == 201 for answer in again)
    # One comes back each second.
    stage.require(created <= at_a_time + 20, f"{created} rooms were created within seconds")
    refused = [answer for answer in again if answer.status != 201]
    stage.require(
        bool(refused) and all(is_refusal(answer, "too_many_requests") for answer in refused), f"the others got {counted(refused)}"
    )
    stage.require(elsewhere.status == still.status == 201, f"another address got {elsewhere} and {still}")
    return Seen(
        f"one address opens {most + 20} rooms, then closes and opens {len(again)} more",
        f"after {most}: {counted(kept)}; closing and opening: {counted(again)}; another address opens a room",
    )


@attack("{max_guesses_per_address} wrong PINs of an address at once, then 2.75 an hour: 429 too_many_requests", grows_mib=16)
def pins(stage: Stage) -> Seen:
    """PINs are guessed, first by one address, then by a hundred."""
    port, most = stage.server.port, stage.limits["max_guesses_per_address"]
    with Client(port, SOMEBODY_ELSE) as other, Client(port) as attacker:
        pin = other.create_room().pin
        tried: list[str] = []

        def guess(client: Client, count: int) -> list[Answer]:
            wrong = [text for text in (f"{random.randrange(10**6):06}" for _ in range(count)) if text != pin]
            tried.extend(wrong)
            return [client.ask_to_join(text) for text in wrong]

        answers = guess(attacker, 2 * most)
        right = attacker.ask_to_join(pin)
        warning = "too many wrong PINs client.address=127.0.0.2"
        warnings = [line for line in stage.server.warnings() if "too many wrong PINs" in line]
        joined = other.ask_to_join(pin)

        def guess_from(address: str) -> list[Answer]:
            with Client(port, address) as client:
                return guess(client, most + 10)

        addresses = [f"127.0.1.{number + 1}" for number in range(stage.number(100, 20))]
        of_many = []
        for first in range(0, len(addresses), 10):
            for some in at_once(partial(guess_from, address) for address in addresses[first : first + 10]):
                of_many += some
        still = other.ask_to_join(pin)
    wrong = [answer for answer in answers if answer.status != 429]
    # A guess may meet the room of the bystander.
    stage.require(most <= len(wrong) <= most + 1, f"{len(wrong)} guesses of one address got through")
    stage.require(is_refusal(right, "too_many_requests"), f"whoever has guessed too much and names the right PIN got {right}")
    stage.require(len(warnings) == 1 and warning in warnings[0], f"the log says {warnings} of one address")
    through = sum(answer.status != 429 for answer in of_many)
    stage.require(through <= (most + 1) * len(addresses), f"{through} guesses of {len(addresses)} addresses got through")
    log = "\n".join(stage.server.warnings())
    stage.require("this server is being guessed at" in log, "the log does not say that the server is being guessed at")
    told = [text for text in (*tried, pin) if text in log]
    stage.require(not told, f"the log has PINs: {told[:3]}")
    stage.require(joined.status == still.status == 201, f"another address got {joined} and {still}")
    return Seen(
        f"one address tries {2 * most} PINs, then {len(addresses)} addresses try {most + 10} each",
        f"one address: {counted(answers)}, with the right PIN then {right}; "
        f"{len(addresses)} addresses: {through:,} of {len(of_many):,} guesses got through, {through / 10**4:.2f} % of all PINs; "
        f"the log has {len(stage.server.warnings())} lines of it, and no PIN; another address joins",
    )
