"""Where events meet the core and effects meet the drivers."""

import secrets
import string
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, assert_never

from bridge.core.snapshot import Shown, snapshot
from bridge.core.state import State
from bridge.core.step import step
from bridge.drivers.ports import CallEngine, Now, Timers
from bridge.model.calls import Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    AnswerCall,
    AnswerRequest,
    AskPbx,
    ConnectCalls,
    DivertCall,
    Effect,
    EndCall,
    EngineOrder,
    HoldCall,
    Ignored,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetIndication,
    SetMicrophone,
    SetRinger,
    SoundNotice,
    StartTimer,
    StopTimer,
    Tell,
    TransferCall,
    UseSound,
)
from bridge.model.events import ControlChanged, Event, IntentGiven, TimerFired
from bridge.model.hid import Indication
from bridge.model.ids import CallId, DeviceId, RequestId
from bridge.model.intents import Intent, Outcome
from bridge.model.pbx import PbxAnswer, PbxAnswered, PbxCommand

_ALPHABET = string.ascii_lowercase + string.digits
_CALL_ID_LENGTH = 20

CLOCK_STEP_S = 0.5
"""The clock was set if it moved by more than this against the monotonic one."""

Announcement = AnnounceCall | AnnounceKey | AnnounceDigit | Tell
OnAnswer = Callable[[AnswerRequest], None]


def fresh_call_id() -> CallId:
    """Return a call id that was never used and cannot be guessed."""
    # Drawn once: each key change gets one, and twenty draws took as long as deciding about it.
    number = secrets.randbelow(len(_ALPHABET) ** _CALL_ID_LENGTH)
    letters = []
    for _ in range(_CALL_ID_LENGTH):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return CallId("".join(letters))


class Indicators(Protocol):
    """Whoever can write to the devices."""

    def show(self, device: DeviceId, indication: Indication, *, force: bool) -> None:
        """Queue what a device is to show; unknown devices are ignored. Never blocks."""


class Pbx(Protocol):
    """Whoever can ask the PBX."""

    def ask(self, command: PbxCommand, told: Callable[[PbxAnswer], None]) -> None:
        """Ask; ``told`` gets one answer, later. Never blocks."""


class Sound(Protocol):
    """Whoever chooses microphone and speaker."""

    def follow(self, whose: UseSound) -> None:
        """Use those of a headset from now on. Never blocks."""


class Reader(Protocol):
    """Whoever wants to know what became of each event (MQTT, trace)."""

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """See one step, after its effects are on their way."""

    def changed(self, now: Snapshot) -> None:
        """See the new public state, only when it differs."""

    def announced(self, what: Announcement) -> None:
        """See one thing that happened."""


@dataclass
class Switchboard:
    """The one owner of the core's state; used on the event loop only.

    Args:
        timers: the clock.
        unix: Unix time in seconds, for time stamps that people read.
        state: to start with (the configured lines).
    """

    timers: Timers
    unix: Now = time.time
    state: State = field(default_factory=State)
    engine: CallEngine | None = None
    indicators: Indicators | None = None
    sound: Sound | None = None
    pbx: Pbx | None = None
    readers: list[Reader] = field(default_factory=list)
    _queue: deque[Event] = field(default_factory=deque)
    _waiting: dict[RequestId, OnAnswer] = field(default_factory=dict)
    _shown: Shown | None = None  # what readers were told last, its calls without time of day
    _busy: bool = False
    _unix_offset_s: float | None = None

    def post(self, event: Event) -> None:
        """Take one event; its effects are on their way on return. Never blocks or raises."""
        if isinstance(event, ControlChanged) and not event.new_call:
            event = replace(event, new_call=fresh_call_id())
        self._queue.append(event)
        if self._busy:  # an effect caused it: its turn comes when the present step is done
            return
        self._busy = True
        try:
            while self._queue:
                self._step(self._queue.popleft())
        finally:
            self._busy = False

    def ask(self, intent: Intent, on_answer: OnAnswer, source: str = "control") -> RequestId:
        """Give an intent on behalf of somebody off the headset.

        Args:
            intent: what.
            on_answer: gets ``ACCEPTED`` and one final answer, or the final answer alone.
            source: who asks; how often it may dial is counted for each.
        """
        request = RequestId(secrets.token_hex(8))
        self._waiting[request] = on_answer
        self.post(IntentGiven(self.timers.now(), intent, fresh_call_id(), request, source))
        return request

    def give(self, intent: Intent, request: RequestId, source: str = "mqtt") -> None:
        """Give an intent whose answer a reader will pick out of the effects (MQTT)."""
        self.post(IntentGiven(self.timers.now(), intent, fresh_call_id(), request, source))

    def forget(self, request: RequestId) -> None:
        """The asker is gone; the intent itself stands."""
        self._waiting.pop(request, None)

    def view(self) -> Snapshot:
        """Return the public state now."""
        return snapshot(self.state, self._offset())

    def _offset(self) -> float:
        """Return Unix minus monotonic time; held still so that time stamps do not jitter."""
        offset = self.unix() - self.timers.now()
        if self._unix_offset_s is None or abs(offset - self._unix_offset_s) > CLOCK_STEP_S:
            self._unix_offset_s = offset
        return self._unix_offset_s

    # -- one step -------------------------------------------------------------

    def _step(self, event: Event) -> None:
        self.state, effects = step(self.state, event)
        for effect in effects:
            self._carry_out(effect)
        for reader in self.readers:
            reader.stepped(event, effects)
        self._publish(effects)

    def _publish(self, effects: tuple[Effect, ...]) -> None:
        # Time of day may jump; a snapshot that differs in nothing else is no news.
        before = self._shown
        self._shown = Shown(self.state, snapshot(self.state, 0.0, before))
        if before is None or self._shown.view != before.view:
            view = snapshot(self.state, self._offset(), self._shown)
            for reader in self.readers:
                reader.changed(view)
        for effect in effects:
            if isinstance(effect, AnnounceCall | AnnounceKey | AnnounceDigit | Tell):
                for reader in self.readers:
                    reader.announced(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SetIndication(device, indication, force):
                if self.indicators is not None:
                    self.indicators.show(device, indication, force=force)
            case UseSound():
                if self.sound is not None:
                    self.sound.follow(effect)
            case StartTimer(name, after_s):
                self.timers.start(name, after_s, self._fired)
            case StopTimer(name):
                self.timers.stop(name)
            case AnswerRequest():
                self._answer(effect)
            case AskPbx(command, request):
                self._ask_pbx(command, request)
            case AnnounceCall() | AnnounceKey() | Ignored() | AnnounceDigit() | Tell():
                pass  # readers get them once the state is published
            case (
                RingCall()
                | AnswerCall()
                | RejectCall()
                | EndCall()
                | PlaceCall()
                | HoldCall()
                | ResumeCall()
                | SetMicrophone()
                | SendDtmf()
                | SetRinger()
                | SoundNotice()
                | DivertCall()
                | TransferCall()
                | ConnectCalls()
                | JoinCalls()
                | RecordCall()
            ):
                self._order(effect)
            case _ as unreachable:
                assert_never(unreachable)

    def _order(self, order: EngineOrder) -> None:
        if self.engine is not None:
            self.engine.order(order)

    def _ask_pbx(self, command: PbxCommand, request: RequestId | None) -> None:
        def told(answer: PbxAnswer) -> None:
            self.post(PbxAnswered(self.timers.now(), request, answer))

        if self.pbx is not None:
            self.pbx.ask(command, told)

    def _fired(self, name: str) -> None:
        self.post(TimerFired(self.timers.now(), name))

    def _answer(self, answer: AnswerRequest) -> None:
        final = answer.outcome is not Outcome.ACCEPTED
        on_answer = (
            self._waiting.pop(answer.request, None) if final else self._waiting.get(answer.request)
        )
        if on_answer is not None:
            on_answer(answer)
