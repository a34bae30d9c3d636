"""What the page shows: its sections, made of what the daemon knows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.app.control import Control
from bridge.app.lamp_answers import lamps_body
from bridge.app.lamps import Lamps
from bridge.app.loudness import Loudness
from bridge.app.meetings import Meetings
from bridge.app.page_live import DEVICES, LAMPS, MEETINGS, STATUS, Hub
from bridge.app.switchboard import Switchboard
from bridge.kiosk.body import Body, Moments, Viewer, device_for, meetings_for, status_for
from bridge.kiosk.rights import Right
from bridge.model.calls import Phase, Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.events import Event
from bridge.model.ids import CallId, DeviceId
from bridge.protocols.control_status import DaemonFacts, status_body

_UP = frozenset({Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD})


class Around(Protocol):
    """Whoever tells that presence or queues changed (``app.around``)."""

    on_kept: list[Callable[[], None]]


@dataclass
class Seeing:
    """Makes the sections; a ``switchboard.Reader`` for when calls began.

    Args:
        switchboard: the core's world.
        control: what the control socket tells.
        lamps: the keys.
        loudness: volumes.
        around: presence and queues.
        facts: about the daemon.
        meetings: of the room.
        virtual: which device is pressed on the page.
    """

    switchboard: Switchboard
    control: Control
    lamps: Lamps
    loudness: Loudness
    around: Around
    facts: Callable[[], DaemonFacts]
    meetings: Meetings
    virtual: Callable[[], DeviceId | None] = lambda: None
    gestures: Callable[[DeviceId], Sequence[Any]] = lambda _device: ()
    on_meeting_over: Callable[[], None] = lambda: None
    """Told that a meeting in the room has ended."""
    _running: set[object] = field(default_factory=set)
    _moments: dict[CallId, Moments] = field(default_factory=dict)

    def begin(self, hub: Hub) -> None:
        """Tell the hub what changes from now on."""
        self._mark = lambda *_what: hub.mark(STATUS)
        self._lit = lambda _changes: hub.mark(LAMPS)
        self.switchboard.readers += [self, hub]
        self.lamps.on_changes.append(self._lit)
        self.loudness.on_turned.append(self._mark)
        self.around.on_kept.append(self._mark)
        self._planned = lambda: self._plan(hub)
        self.meetings.on_changed.append(self._planned)
        self.changed(self.switchboard.view())

    def end(self, hub: Hub) -> None:
        """Tell it no more."""
        self.switchboard.readers.remove(self)
        self.switchboard.readers.remove(hub)
        self.lamps.on_changes.remove(self._lit)
        self.loudness.on_turned.remove(self._mark)
        self.around.on_kept.remove(self._mark)
        self.meetings.on_changed.remove(self._planned)

    def _plan(self, hub: Hub) -> None:
        hub.mark(MEETINGS)
        running = {one.get("id") for one in self._bookings() if one.get("running")}
        over, self._running = self._running - running, running
        if over:
            self.on_meeting_over()

    def _bookings(self) -> Sequence[Mapping[str, Any]]:
        bookings: Sequence[Mapping[str, Any]] = meetings_for(self.meetings.body)["meetings"]
        return bookings

    @property
    def sections(self) -> Mapping[str, Callable[[Viewer], Body]]:
        """What makes each section."""
        return {
            STATUS: self._status,
            LAMPS: self._lamps,
            DEVICES: self._devices,
            MEETINGS: lambda _viewer: meetings_for(self.meetings.body),
        }

    def now_ms(self) -> int:
        """Unix milliseconds, by the clock that calls are stamped with."""
        return round(self.switchboard.unix() * 1000)

    def _status(self, viewer: Viewer) -> Body:
        view = self.switchboard.view()
        sound = {"volume": self.loudness.volumes}
        status = status_body(view, self.facts(), sound)
        status["endpoints"] = [name for name, _ in self.switchboard.state.habits.endpoints]
        return status_for(viewer, status, view, self.now_ms(), self._moments)

    def _lamps(self, viewer: Viewer) -> Body:
        del viewer  # the list of keys is the same for everybody
        return lamps_body(self.lamps.board, self.lamps.panel_bodies())

    def _devices(self, viewer: Viewer) -> Body:
        pressed = self.virtual()
        is_seen = Right.CALL in viewer.may  # a viewer sees no hand at work
        return {
            "devices": [
                device_for(
                    body,
                    self.gestures(DeviceId(str(body["device"]))) if is_seen else (),
                    virtual=body["device"] == pressed,
                )
                for body in self.control.devices()
            ]
        }

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Only what came of it is of interest."""

    def changed(self, now: Snapshot) -> None:
        moments = {}
        for call in now.calls:
            known = self._moments.get(call.call)
            started_ms = known.started_ms if known else call.since_ms
            answered_ms = known.answered_ms if known else 0
            if call.phase in _UP and not answered_ms:
                answered_ms = call.since_ms
            moments[call.call] = Moments(started_ms, answered_ms)
        self._moments = moments

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        """Nor is what is told."""
