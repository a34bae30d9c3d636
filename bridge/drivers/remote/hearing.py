"""Hears another bridge: finds it, keeps its states, and knows whether it is up.

Theory of operation. It is *up* when four things are true: the broker has sent what it had stored,
``availability`` says online, and ``info`` and ``calls`` are of that run. Whatever ends one of them
ends everything that is known.
"""

import asyncio
import logging
from typing import Protocol

from bridge.drivers.ports import Incoming, StateBus
from bridge.model.calls import Cause, RegistrationState
from bridge.model.ids import CallId
from bridge.model.remote import RemoteSettings
from bridge.protocols.mqtt_availability import Availability, read_availability
from bridge.protocols.mqtt_topics import Topics
from bridge.protocols.remote_bridge import (
    FarCalls,
    FarInfo,
    FarLine,
    FarReply,
    read_calls,
    read_end,
    read_info,
    read_line,
    read_reply,
)

_log = logging.getLogger(__name__)

SILENT_S = 75.0  # a living bridge says ``info`` every 30 s; one that died with its broker does not
_UNHEARD = "the broker has not been heard yet"
_OFF = "MQTT is off, the other bridge cannot be heard: set mqtt.broker"
_WORKS = frozenset({RegistrationState.REGISTERED, RegistrationState.NONE})


class Listener(Protocol):
    """Whoever shows the other bridge here."""

    def came_up(self) -> None:
        """It is up: ``calls`` and ``info`` are there and true."""

    def went_down(self, reason: str) -> None:
        """Nothing is known of it; said once for each reason."""

    def picture(self, now: FarCalls, before: FarCalls) -> None:
        """Its calls or switches have changed while it is up."""

    def call_ended(self, call: CallId, cause: Cause) -> None:
        """Why one of its calls ended; before or after the picture without it."""

    def line_changed(self, line: FarLine) -> None:
        """The best of its lines, perhaps the same as before."""

    def replied(self, reply: FarReply) -> None:
        """What became of a command of ours."""


class FarBridge:
    """An ``Ear`` of the bus.

    Args:
        settings: which bridge.
        bus: the link to the broker, None where there is none.
        root: first level of all topics.
        ours: our id, by which the other bridge replies.
        listener: told what happens.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        bus: StateBus | None,
        root: str,
        ours: str,
        listener: Listener,
    ) -> None:
        self._settings, self._bus, self._root, self._ours = settings, bus, root, ours
        self._listener = listener
        self._availability = Availability()
        self._lines: dict[str, FarLine] = {}
        self._in_step = False
        self._alarm: asyncio.TimerHandle | None = None
        self.is_up = False
        self.reason = ""
        self.info: FarInfo | None = None
        self.calls: FarCalls | None = None
        self.bridge = "" if settings.finds else settings.bridge
        self.topics = Topics(f"{root}/1/{self.bridge or '-'}")

    def start(self) -> None:
        """Begin to hear; the first thing told is that nothing is known."""
        self._fall(_OFF if self._bus is None else _UNHEARD)
        self._listen()

    def stop(self) -> None:
        """Hear no more."""
        self.is_up = False
        if self._bus is not None:
            self._bus.listen(frozenset(), self)
        if self._alarm is not None:
            self._alarm.cancel()

    def _listen(self) -> None:
        if self._bus is None:
            return
        topics = self.topics
        wanted = {f"{self._root}/1/+/info"} if self._settings.finds else set[str]()
        if self.bridge:
            wanted |= {topics.availability, topics.info, topics.calls, topics.call_event}
            wanted |= {topics.reply(self._ours), f"{topics.base}/line/+"}
        self._in_step = False
        self._bus.listen(frozenset(wanted), self)

    # -- Ear ------------------------------------------------------------------

    def heard(self, message: Incoming) -> None:
        """One message of the other bridge, or of one that may be it."""
        topic, payload = message.topic, message.payload
        if topic.endswith("/info"):
            self._hear_info(topic, payload)
        elif topic == self.topics.reply(self._ours):
            if (reply := read_reply(payload)) is not None and not message.retained:
                self._listener.replied(reply)
        elif topic == self.topics.call_event:
            if (told := read_end(payload)) is not None and self.is_up and not message.retained:
                self._listener.call_ended(*told)
        else:
            self._hear_state(topic, payload)
        self._settle()

    def _hear_state(self, topic: str, payload: bytes) -> None:
        if topic == self.topics.availability:
            self._availability = read_availability(payload)
        elif topic == self.topics.calls:
            self._hear_calls(payload)
        elif (line := read_line(payload)) is not None:
            self._lines[topic] = line
            self._show_line()

    def in_step(self) -> None:
        """What is stored has been heard."""
        self._in_step = True
        self._settle()

    def deaf(self, reason: str) -> None:
        """The broker cannot be heard."""
        self._in_step, self._availability = False, Availability()
        self.info = self.calls = None
        self._lines.clear()
        self._fall(reason)

    def _hear_info(self, topic: str, payload: bytes) -> None:
        info = read_info(payload)
        if info is None:
            return
        if self._settings.finds and not self.is_up:
            self._find(topic.split("/")[-2], info)
        if topic == self.topics.info:
            self.info = info
            self._expect_word()

    def _find(self, bridge: str, info: FarInfo) -> None:
        """Take the bridge that serves our account, if this is one."""
        if self._settings.address not in info.serves or bridge in {self._ours, self.bridge}:
            return
        self.bridge, self.topics = bridge, Topics(f"{self._root}/1/{bridge}")
        self._availability, self.calls = Availability(), None
        self._lines.clear()
        asyncio.get_running_loop().call_soon(self._listen)  # not while the bus is telling us

    def _hear_calls(self, payload: bytes) -> None:
        calls, before = read_calls(payload), self.calls
        if calls is None:
            return
        if before is not None and before.epoch == calls.epoch and calls.rev < before.rev:
            return
        self.calls = calls
        if self.is_up and before is not None and calls.epoch == self._availability.epoch:
            self._listener.picture(calls, before)

    def _show_line(self) -> None:
        lines = [one for one in self._lines.values() if one.epoch == self._availability.epoch]
        if lines and self.is_up:
            self._listener.line_changed(min(lines, key=lambda one: one.registration not in _WORKS))

    # -- up and down ----------------------------------------------------------

    def _expect_word(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(SILENT_S, self._miss_word)

    def _miss_word(self) -> None:
        self._availability = Availability()
        self._fall(f"the bridge {self.bridge} has said nothing for {SILENT_S:.0f} s: is it dead?")

    def _settle(self) -> None:
        """See whether the other bridge is up now."""
        if not self._in_step:
            return
        if self._is_whole:
            if not self.is_up:
                self.is_up, self.reason = True, ""
                _log.info("controls the bridge %s", self.bridge)
                self._listener.came_up()
                self._show_line()
        elif self._availability.state != "online" or self.is_up:
            self._fall(self._why_down())

    @property
    def _is_whole(self) -> bool:
        epoch, info, calls = self._availability.epoch, self.info, self.calls
        is_online = self._availability.state == "online" and bool(epoch)
        same = info is not None and calls is not None and info.epoch == calls.epoch == epoch
        return is_online and same

    def _why_down(self) -> str:
        if not self.bridge:
            return "no bridge at this broker serves our account: is it running, and may we read it?"
        if self._availability.state == "offline":
            return f"the bridge {self.bridge} is offline: its calls, if any, are not known here"
        if self._availability.state == "online":
            return f"the bridge {self.bridge} was started again"
        return (
            f"the bridge {self.bridge} has never spoken here: is it running, and may this user "
            f"read {self.topics.base}/#?"
        )

    def _fall(self, reason: str) -> None:
        if self.is_up or reason != self.reason:
            self.is_up, self.reason = False, reason
            self._listener.went_down(reason)
