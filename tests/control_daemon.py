"""A daemon reduced to what the control socket asks of it, for the tests of socket and command."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.drivers.ports import Tracer
from bridge.model.errors import BridgeError
from bridge.model.habits import HeadsetMode
from bridge.model.ids import CallId, DeviceId
from bridge.model.intents import Intent, Outcome
from bridge.model.sound import SoundPart
from bridge.model.trace import TraceEntry
from bridge.protocols.control_answers import Reply
from bridge.protocols.control_records import RecordQuestion


def nothing() -> None:
    """Do nothing."""


@dataclass
class SmallDaemon:
    """Answers like a daemon with one ringing call. What it was asked is in its fields."""

    body: dict[str, object] = field(default_factory=lambda: {"health": "ok", "calls": []})
    reply: Reply = field(default_factory=lambda: Reply(Outcome.DONE, "", CallId("abc")))
    intents: list[Intent] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    modes: dict[DeviceId, HeadsetMode] = field(default_factory=dict)
    volumes: dict[SoundPart, str] = field(default_factory=dict)
    questions: list[RecordQuestion] = field(default_factory=list)
    answers: list[Mapping[str, object] | BridgeError] = field(default_factory=list)
    tracers: list[Tracer] = field(default_factory=list)
    on_tracer: Callable[[], None] = nothing
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def status(self) -> Mapping[str, object]:
        return self.body

    def devices(self) -> Sequence[Mapping[str, object]]:
        return [{"device": "jabra-evolve-link", "name": "Jabra EVOLVE LINK"}]

    async def give_intent(self, intent: Intent) -> Reply:
        self.intents.append(intent)
        return self.reply

    async def open_link(self, link: str) -> Reply:
        self.links.append(link)
        return self.reply

    async def set_mode(self, device: DeviceId, mode: HeadsetMode) -> str:
        self.modes[device] = mode
        return "" if device.startswith("0b0e") else f"found no device {device}, expected 0b0e-…"

    def set_volume(self, part: SoundPart, volume: str) -> Mapping[str, object]:
        self.volumes[part] = volume
        return {one.value: 100 for one in SoundPart} | {part.value: 70}

    async def answer_records(self, question: RecordQuestion) -> Mapping[str, object]:
        self.questions.append(question)
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, BridgeError):
            raise answer
        return answer

    def add_tracer(self, tracer: Tracer) -> None:
        self.tracers.append(tracer)
        self.on_tracer()

    def remove_tracer(self, tracer: Tracer) -> None:
        self.tracers.remove(tracer)
        self.on_tracer()

    def trace(self, entry: TraceEntry) -> None:
        for tracer in tuple(self.tracers):
            tracer(entry)

    def stop(self) -> None:
        self.stopped.set()
