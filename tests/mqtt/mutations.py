"""Makes commands that are wrong in many ways and judges the guard by rules of its own."""

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.core.guard import Guard, Moment
from bridge.model.calls import Phase
from bridge.protocols.mqtt_commands import NAMES, parse_command
from tests.mqtt.words import CALL, EPOCH, NOW_MS, WINDOW

NEEDS_CALL = {"answer", "reject", "hangup", "hold", "resume", "dtmf"}
NAMES_NO_CALL = {"dial", "redial", "replay"}
STRANGE_NAMES = ["", "../x", "ANSWER", "shutdown", "answer\0", "selftest"]
MEMBERS = ["v", "id", "ts", "ttl_ms", "epoch", "call", "expect", "window", "args"]
MASHED_SHARE, RAW_SHARE, RETAINED_SHARE = 0.2, 0.002, 0.1
PER_GUARD = 900  # a guard remembers 1024 commands that acted; a new one keeps the time still
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, 1e308, -1e308, 2**70, "", "x" * 70, "abcdefgh"),
    *([], {}, [1], {"a": 1}, {"target": "201"}, {"since": 0}, {"digits": "1"}, math.nan, math.inf),
    *(NOW_MS, NOW_MS - 1000, NOW_MS + 1000, NOW_MS - 86_400_000, NOW_MS + 86_400_000),
    *(
        CALL,
        EPOCH,
        WINDOW,
        "held",
        "ringing",
        "connected",
        "\u0000",
        "٣",
        "\ud800",
        5000,
        5001,
        "deep",
    ),
]
DEEP_MARK = b'"deep"'
RAW = [
    *(b"[" * 100_000, b'{"a":' * 900, b"9" * 5000, b"\xff\xfe", b"", b"null", b"[]", b"1" * 4000),
    *(b'{"v":1,"v":1}', b'"', b"NaN", b"\xef\xbb\xbf{}"),
]


@dataclass
class Outcome:
    """What came of a run.

    Args:
        acted: commands that acted.
        rules: rules of the guard that spoke.
        wrong: commands that acted and may not have; empty is right.
    """

    acted: int = 0
    rules: set[str] = field(default_factory=set)
    wrong: list[tuple[str, bytes, bool]] = field(default_factory=list)


def run_mutations(count: int, seed: int) -> Outcome:
    """Send mutated commands through parser and guard."""
    rng, outcome = random.Random(seed), Outcome()
    guard, acted_ids = _new_guard(), set[str]()
    names = [*sorted(NAMES) * 3, *STRANGE_NAMES]
    for number in range(count):
        if number % PER_GUARD == 0:
            guard, acted_ids = _new_guard(), set()
        name, payload = rng.choice(names), _mutate(rng, number)
        retained = rng.random() < RETAINED_SHARE
        said = parse_command(name, payload)
        verdict = guard.check(
            said, retained=retained, calls={CALL: Phase.RINGING}, at=Moment(1.0, NOW_MS)
        )
        outcome.rules.add(verdict.rule)
        if verdict.act:
            outcome.acted += 1
            if retained or not _may_act(name, payload, acted_ids):
                outcome.wrong.append((name, payload, retained))
    return outcome


def _new_guard() -> Guard:
    guard = Guard(EPOCH)
    guard.rotate(WINDOW)
    return guard


def _mutate(rng: random.Random, number: int) -> bytes:
    """One command: right, with some members replaced, its bytes mashed, or no command at all."""
    if rng.random() < RAW_SHARE:
        return rng.choice(RAW)
    return mutated(rng, _right(rng, number), MEMBERS)


def mutated(rng: random.Random, body: dict[str, Any], members: Sequence[str]) -> bytes:
    """Return a body with some members replaced, or its bytes mashed, or nothing done to it.

    Args:
        rng: decides.
        body: is changed.
        members: that may be taken out or replaced.
    """
    for _ in range(rng.randrange(4)):
        _change(rng, body, members)
    payload = json.dumps(body).encode()
    payload = payload.replace(DEEP_MARK, _deep(rng))
    return _mash(rng, payload) if rng.random() < MASHED_SHARE else payload


def _deep(rng: random.Random) -> bytes:
    """Lists in lists, about as many as Python's own limit; deeper than it is in ``RAW``."""
    depth = rng.randint(800, 1000)
    return b"[" * depth + b"]" * depth


def _right(rng: random.Random, number: int) -> dict[str, Any]:
    # One in ten uses an id that was used before.
    command_id = f"id-{number - number % 7 if rng.random() < RETAINED_SHARE else number:08d}"
    body = {"v": 1, "id": command_id, "ts": NOW_MS, "ttl_ms": 3000, "epoch": EPOCH}
    if rng.random() < 0.6:
        return body | {"call": CALL, "expect": "ringing"}
    return body | {"window": WINDOW, "args": rng.choice([{}, {"target": "201"}, {"since": 3}])}


def _change(rng: random.Random, body: dict[str, Any], members: Sequence[str]) -> None:
    member, chance = rng.choice(members), rng.random()
    if chance < 0.2:
        body.pop(member, None)
    elif chance < 0.9:
        body[member] = rng.choice(ODD)
    else:
        body[rng.choice(["", "x", "__proto__", "toggle"])] = rng.choice(ODD)


def _mash(rng: random.Random, payload: bytes) -> bytes:
    mashed = bytearray(payload)
    for _ in range(rng.randint(1, 6)):
        mashed[rng.randrange(len(mashed))] = rng.randrange(256)
    return bytes(mashed)


def _may_act(name: str, payload: bytes, acted_ids: set[str]) -> bool:
    """Judge again, from the bytes alone, with the plain words of the page."""
    body = json.loads(payload)
    is_new = body["id"] not in acted_ids
    acted_ids.add(body["id"])
    age_ms = NOW_MS - body["ts"]
    is_of_now = -2000 <= age_ms <= body["ttl_ms"] + 2000 and 0 < body["ttl_ms"] <= 5000
    is_ours = body["v"] == 1 and body["epoch"] == EPOCH and name in NAMES
    if "call" in body:
        is_meant = body["call"] == CALL and body.get("expect", "ringing") == "ringing"
        is_meant = is_meant and name not in NAMES_NO_CALL
    else:
        is_meant = body["window"] == WINDOW and name not in NEEDS_CALL
    return bool(is_new and is_of_now and is_ours and is_meant)
