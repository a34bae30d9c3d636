"""The broker inside the process, and a reader of it."""

import itertools
import json
import time
from typing import Protocol, cast

from bridge.drivers.virtual.mqtt import VirtualBus

BASE = "offhook/1/desk"

Json = dict[str, object]


def unix_ms() -> int:
    """Unix time, real: the machine decides whether a command is too old."""
    return round(time.time() * 1000)


class HasName(Protocol):
    """A headset, by its id in the daemon."""

    @property
    def name(self) -> str:
        """Empty while it is not attached."""


class Broker(VirtualBus):
    """The broker inside the process, with what a reader makes of it."""

    commands = itertools.count(1)

    def body(self, topic: str) -> Json:
        """What is retained under a topic; empty when nothing is."""
        payload = self.retained.get(f"{BASE}/{topic}")
        return cast("Json", json.loads(payload)) if payload else {}

    @property
    def calls(self) -> list[Json]:
        """The calls, as everybody can read them."""
        return cast("list[Json]", self.body("calls").get("calls", []))

    @property
    def window(self) -> object:
        """The newest token that a command without a call may quote."""
        return cast("list[str]", self.body("info")["window"])[0]

    def all_events(self) -> list[Json]:
        """Everything with a place in the order of events, repetitions included."""
        said = [p for p in self.published if not p.retain and "/reply/" not in p.topic]
        return [cast("Json", json.loads(p.payload)) for p in said]

    def lamps(self, headset: HasName) -> set[str]:
        """The lamps of a device that readers are told are on."""
        told = cast("dict[str, bool]", self.body(f"device/{headset.name}/state")["lamps"])
        return {name for name, on in told.items() if on}

    def events(self, topic: str) -> list[Json]:
        """What was said under a topic and not retained, oldest first."""
        said = [p for p in self.published if p.topic == f"{BASE}/{topic}" and not p.retain]
        return [cast("Json", json.loads(p.payload)) for p in said]

    def command(self, name: str, **members: object) -> str:
        """Publish a command; return its id. Members left out are right, None leaves them out."""
        return self._command(name, members, retained=False)

    def stored_command(self, name: str, **members: object) -> str:
        """Publish a command as one that the broker had kept."""
        return self._command(name, members, retained=True)

    def _command(self, name: str, members: Json, *, retained: bool) -> str:
        number = f"test-{next(self.commands):08d}"
        right: Json = {"v": 1, "id": number, "ts": unix_ms(), "ttl_ms": 3000}
        body = {**right, "epoch": self.epoch, **members}
        payload = json.dumps({k: v for k, v in body.items() if v is not None}).encode()
        answer_to = f"{BASE}/reply/test"
        self.say(f"{BASE}/cmd/{name}", payload, retained=retained, response_topic=answer_to)
        return str(body["id"])

    def replies(self, number: str) -> list[str]:
        """The words a command was answered with, in order."""
        return [str(r["status"]) for r in self.events("reply/test") if r.get("id") == number]
