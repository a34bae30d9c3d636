"""What the daemon does for the control socket."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from bridge.app.asking import ask
from bridge.app.loudness import Loudness
from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.drivers.ports import Tracer
from bridge.model.habits import HeadsetMode
from bridge.model.hid import DeviceInfo
from bridge.model.ids import DeviceId
from bridge.model.intents import Intent
from bridge.model.sound import SoundPart
from bridge.protocols.control_answers import Reply
from bridge.protocols.control_records import RecordQuestion
from bridge.protocols.control_status import DaemonFacts, device_body, status_body

FINAL_WITHIN_S = 8.0
"""How long an asker waits for a final answer before it hears ``accepted``: SIP timer B is 32 s,
a person at a prompt does not wait that long; the call goes on."""


class Desk(Protocol):
    """Whoever has the headsets (``app.devices``)."""

    @property
    def infos(self) -> Mapping[DeviceId, DeviceInfo]:
        """What is attached."""

    def mode_of(self, device: DeviceId) -> HeadsetMode:
        """Return what becomes of a device's keys and lamps."""

    async def set_mode(self, device: DeviceId, mode: HeadsetMode) -> str:
        """Change it; return an objection or an empty text."""


class Clicked(Protocol):
    """Whoever dials links (``app.desktop``)."""

    async def open_link(self, link: str) -> Reply:
        """Ask the user, then dial."""


AnswersRecords = Callable[[RecordQuestion], Awaitable[Mapping[str, object]]]
"""Returns the body of an answer; raises ``BridgeError`` where there is none."""


class Control:
    """``drivers.control.ControlHandler`` of the running daemon.

    Args:
        switchboard: the core's world.
        trace: for ``devices trace`` and the demo.
        desk: the attached devices.
        facts: one sentence each about engine, bus and sound, asked anew each time.
        stop: begins the end of the daemon.
        records: answers about call list, contacts, keys, presence and queues.
        clicked: what becomes of links.
        loudness: volumes and figures of the sound.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        trace: Trace,
        desk: Desk,
        facts: Callable[[], DaemonFacts],
        stop: Callable[[], None],
        records: AnswersRecords,
        clicked: Clicked,
        loudness: Loudness,
    ) -> None:
        self._switchboard = switchboard
        self._trace = trace
        self._desk = desk
        self.facts = facts
        self._stop = stop
        self._answer_records = records
        self._clicked = clicked
        self.loudness = loudness
        self.whole = asyncio.Event()
        """Set once the daemon has everything: what is asked before waits for it."""

    async def status(self) -> Mapping[str, object]:
        await self.whole.wait()
        sound = await self.loudness.body()
        return status_body(self._switchboard.view(), self.facts(), sound)

    def set_volume(self, part: SoundPart, volume: str) -> Mapping[str, object]:
        return self.loudness.turn(part, volume)

    def devices(self) -> Sequence[Mapping[str, object]]:
        views = {view.device: view for view in self._switchboard.view().devices}
        return [
            device_body(info, views.get(device), self._desk.mode_of(device))
            for device, info in self._desk.infos.items()
        ]

    async def open_link(self, link: str) -> Reply:
        return await self._clicked.open_link(link)

    async def set_mode(self, device: DeviceId, mode: HeadsetMode) -> str:
        return await self._desk.set_mode(device, mode)

    async def give_intent(self, intent: Intent, source: str = "control") -> Reply:
        await self.whole.wait()
        return await ask(self._switchboard, intent, FINAL_WITHIN_S, source)

    async def answer_records(self, question: RecordQuestion) -> Mapping[str, object]:
        return await self._answer_records(question)

    def add_tracer(self, tracer: Tracer) -> None:
        self._trace.add(tracer)

    def remove_tracer(self, tracer: Tracer) -> None:
        self._trace.remove(tracer)

    def stop(self) -> None:
        self._stop()
