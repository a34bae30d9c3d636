"""The bridge that has the headset, controlled over MQTT, as a ``CallEngine``.

Theory of operation. Its pictures become events, our core's orders become its commands. What our
core orders by itself because of a picture (to ring, to hold the other call, to refuse a third one)
the other bridge decides alone; only what somebody here asked for is sent to it, now or never: while
it is not up orders fail, and nothing is kept for later.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from bridge.drivers.ports import Now, Sink, StateBus
from bridge.drivers.remote.alarms import Alarms
from bridge.drivers.remote.hearing import FarBridge
from bridge.drivers.remote.mirror import Mirror
from bridge.model.calls import Cause, EndedBy
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    EngineOrder,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SetRinger,
    TransferCall,
)
from bridge.model.errors import TransportTimeout
from bridge.model.events import (
    EngineEvent,
    EngineLost,
    EngineReady,
    Event,
    MailboxChanged,
    OrderFailed,
    RegistrationChanged,
    TransferChanged,
)
from bridge.model.ids import CallId
from bridge.model.intents import Outcome
from bridge.model.remote import RemoteSettings
from bridge.model.sound import SoundPart, SoundSettings, SoundStats, Volumes, percent_of
from bridge.protocols.remote_bridge import (
    COMMAND_TTL_MS,
    FarCalls,
    FarCommand,
    FarLine,
    FarReply,
    command_for,
    encode_command,
)

MOST_CALLS = 4  # the other bridge takes fewer anyway
ATTEND_S = 30.0  # the other bridge hears so often that it is controlled from here
REPLY_S = 6.0  # an order is accepted within 250 ms; behind a broker that comes back, later
CAUSE_S = 0.3  # why a call ended comes behind the picture without it
SENT_ON_S = 2.0  # how a transfer went is said behind the end of its call
UNSEEN_S = 10.0  # a call that was accepted and is in no picture
MOST_CAUSES = 8  # of calls that ended, for pictures that come late

_OK = 200  # RFC 3261 21.2.1
_BY_ITSELF = (AnswerCall, RejectCall, EndCall, HoldCall, ResumeCall, DivertCall)

OnSwitches = Callable[[FarCalls, FarCalls | None], None]
"""Told its switches: now, and before; None where all count, whatever was wished here."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command under way: the order it is for, None for a switch; and our id of the call."""

    order: EngineOrder | None
    near: CallId


class RemoteEngine:
    """See the module; also a ``hearing.Listener``.

    Args:
        settings: which bridge.
        bus: the link to the broker, None where there is none.
        root: first level of all topics.
        ours: our id, by which the other bridge replies.
        sink: takes events.
        now: monotonic seconds.
        on_switches: told the switches of the other bridge.
        wall_ms: Unix milliseconds.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        bus: StateBus | None,
        root: str,
        ours: str,
        sink: Sink,
        now: Now,
        on_switches: OnSwitches,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._settings, self._bus, self._ours = settings, bus, ours
        self._sink, self._now, self._wall_ms = sink, now, wall_ms
        self._on_switches = on_switches
        self._mirror = Mirror(settings.account)
        self._alarms = Alarms()
        self._telling = False
        self._asked: dict[str, _Asked] = {}
        self._unnamed: dict[CallId, list[EngineOrder]] = {}
        self._causes: dict[CallId, Cause] = {}
        self._held_back: set[CallId] = set()
        self._volumes = Volumes()
        self.far = FarBridge(settings, bus, root, ours, self)

    async def __aenter__(self) -> Self:
        """Begin to hear; returns at once."""
        self.far.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let go; its calls go on."""
        self.say(FarCommand("remote_off", args={"by": self._ours}))
        self.far.stop()
        self._alarms.stop_all()

    @property
    def address(self) -> str:
        """In words."""
        return f"that of the bridge {self.far.bridge}" if self.far.is_up else ""

    @property
    def text(self) -> str:
        """One sentence about what is controlled."""
        if self.far.is_up:
            return f"controls {self.far.bridge}, which has the headset and the lines"
        return self.far.reason

    @property
    def silent_s(self) -> float:
        """Nothing here hangs but the loop that asks."""
        return 0.0

    def select_sound(self, sound: SoundSettings) -> None:
        """Turn the volumes over there; devices are its own."""
        before, self._volumes = self._volumes, sound.volumes
        for part in SoundPart:
            volume: float = getattr(sound.volumes, part.value)
            if volume != getattr(before, part.value):
                args = {"part": part.value, "volume": str(percent_of(volume))}
                self.say(FarCommand("volume", args=args))

    async def sound_stats(self) -> SoundStats:
        """There are no figures of sound here."""
        raise TransportTimeout("the sound is at the other bridge")

    # -- orders ---------------------------------------------------------------

    def order(self, order: EngineOrder) -> None:
        """Send an order to the other bridge, unless it does so by itself."""
        if isinstance(order, SetRinger):
            return
        if self._telling and isinstance(order, _BY_ITSELF):
            return
        if isinstance(order, JoinCalls) and self._is_conference:
            return
        if isinstance(order, PlaceCall):
            self._mirror.placed(order.call)
        elif self._mirror.knows(order.call) and self._mirror.far_of(order.call) is None:
            self._unnamed.setdefault(order.call, []).append(order)
            return
        self._send(order)

    @property
    def _is_conference(self) -> bool:
        calls = () if self.far.calls is None else self.far.calls.calls
        return sum(call.conference for call in calls) > 1

    def _send(self, order: EngineOrder) -> None:
        near = CallId("") if isinstance(order, SetRinger) else order.call
        command = command_for(order, self._mirror.far_of(near))
        if command is not None and not self.say(command, order, near):
            reason = self.far.reason or f"the bridge {self.far.bridge} does not obey {command.name}"
            loop = asyncio.get_running_loop()
            loop.call_soon(self._failed, order, near, reason)  # no event comes inside ``order``

    def say(
        self, command: FarCommand, order: EngineOrder | None = None, near: CallId | None = None
    ) -> bool:
        """Send a command now or never; False: it was not sent."""
        far, info, bus = self.far, self.far.info, self._bus
        if not far.is_up or info is None or bus is None or command.name not in info.commands:
            return False
        name = f"{self._ours}-{secrets.token_hex(8)}"
        payload = encode_command(
            command, info, name=name, ts_ms=self._wall_ms(), reply_to=self._ours
        )
        if not bus.tell(far.topics.command(command.name), payload, COMMAND_TTL_MS / 1000):
            return False
        self._asked[name] = _Asked(order, near or CallId(""))
        self._alarms.start(name, REPLY_S, lambda: self._unanswered(name))
        return True

    def _unanswered(self, name: str) -> None:
        asked = self._asked.pop(name, None)
        if asked is not None:
            self._refused(asked, f"the bridge {self.far.bridge} did not answer: look at its state")

    def _refused(self, asked: _Asked, reason: str) -> None:
        if asked.order is not None:
            self._failed(asked.order, asked.near, reason)
        elif self.far.calls is not None:
            self._on_switches(self.far.calls, None)

    def _failed(self, order: EngineOrder, near: CallId, reason: str) -> None:
        at_s = self._now()
        self._tell([OrderFailed(at_s, near, type(order).__name__, 0, reason)])
        if isinstance(order, PlaceCall) and self._mirror.far_of(near) is None:
            self._unnamed.pop(near, None)
            self._tell(self._mirror.end(near, Cause(EndedBy.ERROR, 0, reason), at_s))

    def replied(self, reply: FarReply) -> None:
        asked = self._asked.get(reply.id)
        if asked is None:
            return
        self._alarms.stop(reply.id)
        if reply.outcome is not Outcome.ACCEPTED:
            del self._asked[reply.id]
        if reply.outcome not in {Outcome.ACCEPTED, Outcome.DONE}:
            self._refused(asked, reply.detail or f"the other bridge says {reply.outcome.value}")
        elif isinstance(asked.order, PlaceCall) and reply.call is not None:
            self._named(asked.near, reply.call)
        elif reply.outcome is Outcome.DONE:
            self._done(asked)

    def _done(self, asked: _Asked) -> None:
        at_s, near = self._now(), asked.near
        match asked.order:
            case HoldCall() | ResumeCall():
                self._tell(self._mirror.hold_again(near, at_s))
            case TransferCall() | ConnectCalls():
                self._tell([TransferChanged(at_s, near, _OK, "OK", final=True)])
                if near in self._held_back:
                    self._end(near)
            case _:
                pass

    def _named(self, near: CallId, far: CallId) -> None:
        """A call from here got its name over there: what waited for that goes out."""
        if self._mirror.far_of(near) is not None:
            return
        self._mirror.named(near, far)
        for order in self._unnamed.pop(near, []):
            self._send(order)
        if far in self._causes:
            self._end(near)
            return
        self._alarms.start(f"unseen {near}", UNSEEN_S, lambda: self._unseen(near))
        self._show()

    def _unseen(self, near: CallId) -> None:
        if not self._mirror.is_seen(near):
            self._causes[self._mirror.far_of(near) or near] = Cause(
                EndedBy.ERROR, 0, "the other bridge does not show the call"
            )
            self._end(near)

    # -- as the listener ------------------------------------------------------

    def came_up(self) -> None:
        self._tell([EngineReady(self._now(), MOST_CALLS)])
        self._attend()
        self._show()
        if self.far.calls is not None:
            self._on_switches(self.far.calls, None)

    def went_down(self, reason: str) -> None:
        self._alarms.stop_all()
        for known in (self._asked, self._unnamed, self._causes, self._held_back):
            known.clear()
        self._mirror = Mirror(self._settings.account)
        self._tell([EngineLost(self._now(), reason)])  # which ends every call of our core

    def picture(self, now: FarCalls, before: FarCalls) -> None:
        self._show()
        self._on_switches(now, before)

    def call_ended(self, call: CallId, cause: Cause) -> None:
        self._causes[call] = cause
        while len(self._causes) > MOST_CAUSES:
            del self._causes[next(iter(self._causes))]
        shown = () if self.far.calls is None else self.far.calls.calls
        near = self._mirror.near_of(call)
        if near is not None and all(one.call != call for one in shown):
            self._end(near)

    def line_changed(self, line: FarLine) -> None:
        at_s, account = self._now(), self._settings.account
        events: list[EngineEvent] = [
            RegistrationChanged(at_s, account, line.registration, line.sip, line.reason)
        ]
        if line.mailbox is not None:
            events.append(MailboxChanged(at_s, account, line.mailbox))
        self._tell(events)

    def _attend(self) -> None:
        """Tell the other bridge that it is controlled from here."""
        self.say(FarCommand("remote_on", args={"by": self._ours}))
        self._alarms.start("attend", ATTEND_S, self._attend)

    def _show(self) -> None:
        if self.far.calls is None or not self.far.is_up:
            return
        picture = self.far.calls.calls
        self._tell(self._mirror.show(picture, self._now()))
        for near in self._mirror.gone(picture):
            if self._mirror.far_of(near) in self._causes:
                self._end(near)
            else:
                self._alarms.start(f"end {near}", CAUSE_S, lambda near=near: self._end(near))  # type: ignore[misc]

    def _end(self, near: CallId) -> None:
        sent_on = any(
            isinstance(one.order, TransferCall | ConnectCalls) and one.near == near
            for one in self._asked.values()
        )
        if sent_on and near not in self._held_back:  # how that went is about to be said
            self._held_back.add(near)
            self._alarms.start(f"end {near}", SENT_ON_S, lambda: self._end(near))
            return
        self._held_back.discard(near)
        self._alarms.stop(f"end {near}")
        self._alarms.stop(f"unseen {near}")
        cause = self._causes.get(self._mirror.far_of(near) or near, Cause(EndedBy.REMOTE))
        self._tell(self._mirror.end(near, cause, self._now()))

    def _tell(self, events: Sequence[EngineEvent]) -> None:
        for event in events:
            self.follow(event)

    def follow(self, event: Event) -> None:
        """Hand over an event that only says how it is over there already."""
        self._telling = True
        try:
            self._sink(event)
        finally:
            self._telling = False
