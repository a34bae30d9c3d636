"""What strangers may publish, mutated by the ten thousand, and judged by rules of its own.

States and words of a PBX for the real watch on the bus in this process; commands of Home Assistant
and of a PBX for parser and guard; edits of favourites.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.blf.favourites import Edits, FavouriteError, edited, merged
from bridge.core.guard import Guard, Moment
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.virtual.mqtt import VirtualBus
from bridge.model.blf import Extension, Fact, Favourite, KeyType, LineFact, LineState, PbxId
from bridge.model.bus import Command, MqttSettings, Unreadable
from bridge.model.favourites import (
    EditFavourites,
    MoveFavourite,
    PutFavourite,
    RemoveFavourite,
    flaws,
)
from bridge.protocols.mqtt_commands import parse_command
from bridge.protocols.mqtt_home import parse_home
from bridge.protocols.pbx_commands import PBX_NAMES, parse_pbx_command
from bridge.protocols.pbx_states import Refusal, read_state
from bridge.protocols.pbx_topics import PbxTopics
from tests.mqtt.mutations import PER_GUARD, RAW, RAW_SHARE, STRANGE_NAMES, mutated
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.words import EPOCH, NOW_MS, WINDOW

TOPICS = PbxTopics(PBX_BASE)
EXTENSIONS = [Extension(str(number)) for number in range(200, 208)]
LONGEST_SENTENCE = 300  # characters of a reason; a stranger's text in it is cut
_HEAD: dict[str, Any] = {"v": 1, "epoch": EPOCH, "rev": 1}
_ANN = {"peer": "201", "name": "Ann", "since": NOW_MS, "dir": "in"}
_DIALOG = {"call_id": "a", "from_tag": "b", "to_tag": "c", "caller": "sip:201@pbx"}
_MEMBER = {"ext": "201", "logged_in": True, "paused": False}
STATES: dict[str, dict[str, Any]] = {
    "ext/{}/state": {"state": "ringing", "dialog": _DIALOG} | _ANN,
    "ext/{}/presence": {"presence": "away", "text": "at lunch", "until": NOW_MS},
    "ext/{}/forwarding": {"profile": 3, "forwarding": True, "title": "Home"},
    "mwi/{}": {"waiting": True, "new": 2, "old": 1},
    "park/{}": {"state": "busy"} | _ANN,
    "queue/{}": {"members": [_MEMBER], "waiting": 2},
}
ONLINE = {"v": 1, "epoch": EPOCH, "state": "online", "seq": 0, "health": "ok", "reasons": []}
INFO = _HEAD | {"window": [WINDOW], "commands": ["pickup"]}
REPLY = {"v": 1, "id": "desk-0123456789ab", "status": "done", "detail": "done"}
_OWN = {"availability": ONLINE, "info": INFO, "reply/desk": REPLY}
_OWN_SHARE = 0.1


@dataclass
class Heard:
    """What came of a run against the watch.

    Args:
        facts: how many the watch told.
        counts: what it refused, by rule.
        uncounted: what was refused and not counted, or counted and not refused.
        errors: what escaped into the loop.
        is_true: whether every lamp showed the truth when the noise was over.
    """

    facts: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    uncounted: list[tuple[str, bytes]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    is_true: bool = False


class _Listener:
    """A bridge that hears a PBX."""

    def __init__(self) -> None:
        self.lines: dict[Extension, LineState] = {}
        self.facts = 0
        self.bus = VirtualBus(
            MqttSettings(), lambda _: None, now=lambda: 0.0, wall_ms=lambda: NOW_MS, epoch=EPOCH
        )
        self.watch = PbxWatch(
            self.bus, PbxId("office"), "offhook", "desk", self._learn, now=lambda: 0.0
        )
        self.watch.start(EXTENSIONS)

    def _learn(self, _pbx: PbxId, fact: Fact) -> None:
        self.facts += 1
        if isinstance(fact, LineFact):
            self.lines[fact.extension] = fact.state

    async def hears(self, topic: str, payload: bytes) -> None:
        """Have it read one message."""
        self.bus.say(f"{PBX_BASE}/{topic}", payload)
        for _ in range(4):  # reading, and coming up behind it
            await asyncio.sleep(0)

    async def ends_true(self) -> bool:
        """Let the gateway start anew and say everything; return whether it is believed."""
        epoch = "f" * 16
        for subject in EXTENSIONS:
            said = {"v": 1, "epoch": epoch, "rev": 1, "state": "held"}
            await self.hears(f"ext/{subject}/state", json.dumps(said).encode())
        await self.hears("availability", json.dumps(ONLINE | {"epoch": epoch}).encode())
        for _ in range(50):
            await asyncio.sleep(0)
        held = {self.lines.get(subject) for subject in EXTENSIONS} == {LineState.HELD}
        return held and self.watch.source.is_up


def _refused(watch: PbxWatch) -> int:
    """Return how many messages were counted as nonsense, late and early ones left out."""
    sensible = {"late", "epoch", "resyncs", "lost"}
    return sum(count for rule, count in watch.counts.items() if rule not in sensible)


async def hear_noise(count: int, seed: int) -> Heard:
    """Let a bridge hear mutated words of a PBX."""
    rng, heard, desk = random.Random(seed), Heard(), _Listener()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.errors.append(str(context)))
    for _ in range(count):
        topic, payload = _word(rng)
        before = _refused(desk.watch)
        await desk.hears(topic, payload)
        if topic not in _OWN and (_refused(desk.watch) - before == 1) is not _is_refused(
            topic, payload
        ):
            heard.uncounted.append((topic, payload))
    heard.facts, heard.counts = desk.facts, desk.watch.counts
    heard.is_true = await desk.ends_true()
    desk.watch.stop()
    return heard


def _word(rng: random.Random) -> tuple[str, bytes]:
    """One message: what a gateway says of itself, or a state."""
    if rng.random() < _OWN_SHARE:
        topic = rng.choice(sorted(_OWN))
        body = dict(_OWN[topic])
    else:
        shape = rng.choice(sorted(STATES))
        topic = shape.format(rng.choice(EXTENSIONS))
        body = _HEAD | STATES[shape] | {"rev": rng.randrange(1, 1000)}
    if rng.random() < RAW_SHARE:
        return topic, rng.choice([*RAW, b" " * 100_000])
    return topic, mutated(rng, body, sorted(body))


def _is_refused(topic: str, payload: bytes) -> bool:
    """Whether a state is none; its reason has to be a sentence."""
    place = TOPICS.place(f"{PBX_BASE}/{topic}")
    assert place is not None
    if not payload:
        return False
    told = read_state(*place, payload)
    if isinstance(told, Refusal):
        assert told.rule in {"size", "json", "version", "content"}
        assert is_sentence(told.reason), told.reason
        return True
    body = json.loads(payload)
    assert (body["v"], body["epoch"], body["rev"]) == (1, told.epoch, told.rev)
    return False


def is_sentence(text: str) -> bool:
    """Whether a reason can be shown to a person as it is."""
    return 0 < len(text) <= LONGEST_SENTENCE and text.isprintable()


# -- commands -----------------------------------------------------------------------


@dataclass
class Asked:
    """What came of commands.

    Args:
        acted: how many may act.
        rules: how often each rule of the guard decided.
        wrong: what may act and should not, or was refused without a sentence.
    """

    acted: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, bytes, bool]] = field(default_factory=list)


Parse = Callable[[str, bytes], Command[Any] | Unreadable]
HOME_ARGS: dict[str, dict[str, Any]] = {
    "ha_hangup": {},
    "ha_mute": {"on": True},
    "ha_press": {"position": 3},
}
PBX_ARGS: dict[str, dict[str, Any]] = {name: {"ext": "201"} for name in PBX_NAMES} | {
    "pickup": {"ext": "201", "by": "200"},
    "fetch": {"slot": "71", "by": "200"},
    "queue_login": {"ext": "201", "queue": "900"},
    "dnd": {"ext": "201", "on": True},
    "profile": {"ext": "201", "profile": 3},
    "presence": {"ext": "201", "presence": "away", "text": "x", "until": NOW_MS},
    "forward": {"ext": "201", "when": "busy", "to": "number", "number": "205"},
    "originate": {"ext": "201", "number": "205"},
    "park": {"ext": "201", "slot": "71"},
    "redirect": {"ext": "201", "number": "205"},
}


def ask_home(count: int, seed: int) -> Asked:
    """Mutated commands of Home Assistant; it knows neither epoch nor window."""
    return _ask(parse_home, HOME_ARGS, {"v": 1, "ts": NOW_MS, "ttl_ms": 3000}, count, seed)


def ask_pbx(count: int, seed: int) -> Asked:
    """Mutated commands to a gateway."""
    head = {"v": 1, "ts": NOW_MS, "ttl_ms": 3000, "epoch": EPOCH, "window": WINDOW}
    return _ask(parse_pbx_command, PBX_ARGS, head, count, seed)


def _ask(
    parse: Parse, right: dict[str, dict[str, Any]], head: dict[str, Any], count: int, seed: int
) -> Asked:
    rng, asked, ids = random.Random(seed), Asked(), set[str]()
    guard = Guard(EPOCH)
    for number in range(count):
        if number % PER_GUARD == 0:
            asked.rules += guard.counts
            guard, ids = Guard(EPOCH), set()
            guard.rotate(WINDOW)
        name = rng.choice(sorted(right))
        args = dict(right[name])
        body = {**head, "id": f"id-{number:08d}", "args": args}
        if args and rng.random() < 0.4:
            args[rng.choice(sorted(args))] = rng.choice([None, [], {}, -1, 1e9, "\u0000", "x" * 99])
        name = rng.choice(STRANGE_NAMES) if rng.random() < 0.02 else name
        payload = mutated(rng, body, sorted(body))
        if rng.random() < RAW_SHARE:
            payload = rng.choice([*RAW, b" " * 100_000])
        retained = rng.random() < 0.1
        said = parse(name, payload)
        verdict = guard.check(said, retained=retained, calls={}, at=Moment(1.0, NOW_MS))
        is_told = verdict.act or is_sentence(verdict.reply.detail) or verdict.rule == "repeated"
        if not is_told or (verdict.act and (retained or not _may(name, payload, right, ids))):
            asked.wrong.append((name, payload, retained))
        asked.acted += verdict.act
    asked.rules += guard.counts
    return asked


def _may(name: str, payload: bytes, right: dict[str, dict[str, Any]], ids: set[str]) -> bool:
    """Judge again, from the bytes alone: new, of now, and no other arguments than there are."""
    body = json.loads(payload)
    is_new = body["id"] not in ids
    ids.add(body["id"])
    is_of_now = -2000 <= NOW_MS - body["ts"] <= body["ttl_ms"] + 2000 <= 7000
    optional = {"after_s", "until", "queue", "text", "to", "number"}
    is_plain = body["v"] == 1 and "call" not in body
    return bool(is_new and is_of_now and is_plain) and set(body.get("args", {})) <= {
        *right[name],
        *optional,
    }


# -- favourites ---------------------------------------------------------------------

BASE = tuple(Favourite(n, f"Key {n}", KeyType.BLF, str(200 + n)) for n in range(1, 9))
EDIT_ARGS: dict[str, dict[str, Any]] = {
    "favourites_add": {
        "position": 3,
        "name": "Ann",
        "type": "blf",
        "target": "201",
        "subject": "",
        "long_press": "",
        "replace": True,
    },
    "favourites_remove": {"position": 3},
    "favourites_move": {"position": 3, "to": 5},
}
_ODD: list[Any] = [
    None,
    0,
    1,
    2,
    5,
    9,
    999,
    1000,
    -1,
    1.5,
    "",
    "x" * 65,
    "9" * 129,
    "\u0007",
    " ",
    [],
    {},
]
_ODD += [True, False, "*78", "away", "global", "7", *(one.value for one in KeyType)]


@dataclass
class Edited:
    """What came of edits.

    Args:
        done: edits that changed the list.
        refused: by where: ``command`` or ``list``.
        wrong: what left a list that may not be, or was refused without a sentence.
    """

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def edit_favourites(count: int, seed: int) -> Edited:
    """Mutated edits of one list, by command."""
    rng, outcome = random.Random(seed), Edited()
    edits: Edits = {}
    for number in range(count):
        name = rng.choice(sorted(EDIT_ARGS))
        args = dict(EDIT_ARGS[name]) | {"position": rng.randrange(1, 12)}
        for _ in range(rng.randrange(3)):
            args[rng.choice(sorted(args))] = rng.choice(_ODD)
        head = {"v": 1, "id": f"id-{number:08d}", "ts": NOW_MS, "ttl_ms": 3000}
        body = {**head, "epoch": EPOCH, "window": WINDOW, "args": args}
        payload = json.dumps(body).encode()
        if rng.random() < 0.3:
            payload = mutated(rng, body, ["args", "v"])
        said = parse_command(name, payload)
        if isinstance(said, Unreadable):
            outcome.refused["command"] += 1
            outcome.wrong += [] if is_sentence(said.reason) else [said.reason]
        elif isinstance(said.order, PutFavourite | RemoveFavourite | MoveFavourite):
            edits = _edit(edits, said.order, outcome)
    return outcome


def _edit(edits: Edits, wish: EditFavourites, outcome: Edited) -> Edits:
    """Do one edit; what it leaves has to be a list that could stand in a configuration."""
    try:
        after = edited(BASE, edits, wish)
    except FavouriteError as error:
        outcome.refused["list"] += 1
        outcome.wrong += [] if is_sentence(str(error)) else [str(error)]
        return edits
    outcome.done += 1
    listed = merged(BASE, after)
    outcome.wrong += [repr(one) for one in listed if any(flaws(one))]
    if len({one.position for one in listed}) != len(listed):
        outcome.wrong.append(f"a position twice after {wish}")
    return after if len(listed) < 500 else {}
