"""Plays a recording back through decoder and core: ``offhook devices replay``.

Nothing is written and nobody is called: the headset is the recording, the SIP engine is the
virtual one, time is that of the recording.
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum

from bridge.app.switchboard import Announcement, Switchboard
from bridge.core.state import Line, State
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.calls import Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    AnswerRequest,
    Effect,
    Ignored,
    SetIndication,
    StartTimer,
    StopTimer,
    Tell,
)
from bridge.model.engine import AccountSettings
from bridge.model.errors import TransportError
from bridge.model.events import ControlChanged, DeviceAttached, DeviceFaulted, Event, IntentGiven
from bridge.model.hid import ControlChange, Indication, Malformed
from bridge.model.ids import AccountId, CallId, DeviceId
from bridge.model.intents import Intent, Verb
from bridge.model.trace import Stage, TraceEntry
from bridge.profiles.library import Library
from bridge.protocols.hid_recorder import Recording
from bridge.protocols.hid_telephony import Decoder, Encoder

ACCOUNT = AccountId("replay")
CALLER = "100"
READY_S = 1.0  # longer than any device is left to itself after plugging in
AFTER_S = 5.0  # what timers still do after the last report


class Before(Enum):
    """What goes on when the first report comes."""

    IDLE = "idle"
    INCOMING = "incoming"
    ACTIVE = "active"
    HELD = "held"


class Replay:
    """One recording against a core of its own.

    Args:
        recording: what the device sent.
        library: profiles.
        tell: takes each line of what happened; ``at_s`` counts from the start of the recording.

    Raises:
        TransportError: the daemon would leave such a device alone.
    """

    def __init__(
        self, recording: Recording, library: Library, tell: Callable[[TraceEntry], None]
    ) -> None:
        self._recording = recording
        self._device = _recognised(recording, library)
        self._tell = tell
        self._decoder = Decoder(self._device.layout)
        self._encoder = Encoder(self._device.layout, self._device.profile.lamps)
        self._known = self._encoder.encode(Indication())
        self._last: tuple[bytes, float] = (b"", float("-inf"))
        self._timers = VirtualTimers(0.0)
        self._soon: deque[Callable[[], None]] = deque()
        self._board = Switchboard(self._timers, self._timers.now, State(lines=(Line(ACCOUNT),)))
        self._engine = VirtualEngine(
            [AccountSettings(ACCOUNT, "replay")],
            self._board.post,
            self._timers.now,
            defer=self._soon.append,
        )
        self._board.engine = self._engine
        self._board.indicators = self
        self._board.readers.append(self)
        self._began_s = float("inf")  # nothing is told before the recording begins

    def run(self, before: Before) -> None:
        """Play all of it.

        Args:
            before: the situation when the first report comes.
        """
        self._post(DeviceAttached(self._timers.now(), self._device.info))
        self._engine.comes_back()
        self._advance(READY_S)
        for step in self._steps(before):
            step()
            self._advance(READY_S)
        self._began_s = self._timers.now()
        last_us = 0
        for one in self._recording.reports:
            self._advance(max(one.at_us - last_us, 0) / 1_000_000)
            last_us = max(one.at_us, last_us)
            self._take(one.report)
        self._advance(AFTER_S)

    def _steps(self, before: Before) -> Iterator[Callable[[], None]]:
        """Yield what leads to a situation."""
        if before is Before.IDLE:
            return
        yield self._calls_in
        if before is Before.INCOMING:
            return
        yield lambda: self._intend(Verb.ANSWER)
        if before is Before.HELD:
            yield lambda: self._intend(Verb.HOLD)

    def _calls_in(self) -> None:
        self._engine.peer_calls(CALLER)

    def _intend(self, verb: Verb) -> None:
        now_s = self._timers.now()
        self._post(IntentGiven(now_s, Intent(verb), CallId("replay")))

    # -- what a session would do ----------------------------------------------

    def _take(self, report: bytes) -> None:
        now_s = self._timers.now()
        last, last_s = self._last
        self._last = (report, now_s)
        self._note(Stage.REPORT, report.hex(" "))
        if report == last and now_s - last_s < self._device.info.conduct.duplicate_s:
            self._note(Stage.SWALLOWED, "the same report again")
            return
        for change in self._decoder.decode(report):
            match change:
                case ControlChange(control, on, key):
                    state = "on" if on else "off"
                    self._note(Stage.KEY, f"{control.value} {key} {state}".replace("  ", " "))
                    self._post(ControlChanged(now_s, self._device.info.device, change))
                case Malformed(reason):
                    self._note(Stage.NOTE, f"malformed report: {reason}")
                    self._post(DeviceFaulted(now_s, self._device.info.device, reason))

    def show(self, device: DeviceId, indication: Indication, *, force: bool) -> None:  # noqa: ARG002
        """Tell what would be written; a ``switchboard.Indicators``."""
        ringing = indication.ring and not indication.off_hook
        rejects = self._device.info.conduct.reject_by_on_hook > 0
        self._decoder.tells_on_hook = rejects and ringing
        for number, data in self._encoder.encode(indication).items():
            if force or self._known.get(number) != data:
                self._known[number] = data
                self._note(Stage.LAMP, f"would write {data.hex(' ')}")

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:  # noqa: ARG002
        """Tell what a press was taken for, and what would be done."""
        for effect in effects:
            match effect:
                case AnnounceKey(_, control, _, key, meaning):
                    self._note(Stage.INTENT, f"{control.value} {key}".strip() + f": {meaning}")
                case Ignored(_, change, why):
                    self._note(Stage.SWALLOWED, f"{change.control.value}: {why}")
                case SetIndication() | StartTimer() | StopTimer() | AnswerRequest():
                    pass
                case AnnounceCall() | AnnounceDigit() | Tell():
                    pass
                case _:
                    self._note(Stage.SIP, f"would order {type(effect).__name__}")

    def changed(self, now: Snapshot) -> None:
        """Nobody is told of the state."""

    def announced(self, what: Announcement) -> None:
        """Already seen among the effects."""

    # -- time -----------------------------------------------------------------

    def _post(self, event: Event) -> None:
        self._board.post(event)
        self._settle()

    def _settle(self) -> None:
        while self._soon:
            self._soon.popleft()()

    def _advance(self, seconds: float) -> None:
        self._settle()
        self._timers.advance(seconds)
        self._settle()

    def _note(self, stage: Stage, text: str) -> None:
        at_s = self._timers.now() - self._began_s
        if at_s >= 0:
            self._tell(TraceEntry(at_s, stage, self._device.info.device, text))


def _recognised(recording: Recording, library: Library) -> Recognised:
    node = HidNode(
        "(recording)",
        recording.bus,
        recording.vendor,
        recording.product,
        recording.name,
        "",
        "",
        recording.descriptor,
    )
    found = recognise(node, library)
    if isinstance(found, Recognised):
        return found
    raise TransportError(f"this device would be left alone: {found.reason}")
