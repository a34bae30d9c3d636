"""The calls of the other bridge as events of an engine. No I/O; time is passed in.

Its ``calls`` is a picture, an engine tells changes: here is what was told last. A call that was
dialled from here has our id; the other bridge gives it one of its own, and says which.
"""

from dataclasses import dataclass, field

from bridge.model.calls import Cause, Direction, Party, Phase
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    CallEnded,
    CallRinging,
    EngineEvent,
    HoldChanged,
    MediaChanged,
    RecordingChanged,
    RemoteChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.protocols.remote_bridge import FarCall

_UP = frozenset({Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD})
# Those on hold first: whoever is shown as connected last is whom the user talks with.
_ORDER = (Phase.HELD, Phase.REMOTE_HELD, Phase.CONNECTED, Phase.DIALING, Phase.EARLY, Phase.RINGING)


@dataclass(slots=True)
class Mirrored:
    """One call.

    Args:
        near: our id.
        far: its id over there; None while the other bridge has not said it.
        remote: as shown last.
        seen: it stood in a picture.
    """

    near: CallId
    far: CallId | None
    remote: Party | None = None
    seen: bool = False
    rung: bool = False
    up: bool = False
    held: tuple[bool, bool] = (False, False)
    codec: str = ""
    recording: bool = False


@dataclass(slots=True)
class Mirror:
    """All calls of the other bridge.

    Args:
        account: our line, which stands for all of its lines.
    """

    account: AccountId
    calls: list[Mirrored] = field(default_factory=list)

    def far_of(self, near: CallId) -> CallId | None:
        """Return the id of a call over there, None where it is not known."""
        call = self._near(near)
        return None if call is None else call.far

    def near_of(self, far: CallId) -> CallId | None:
        """Return our id of a call over there, None where we have none of it."""
        call = self._far(far)
        return None if call is None else call.near

    def is_seen(self, near: CallId) -> bool:
        """Say whether a call stood in a picture."""
        call = self._near(near)
        return call is not None and call.seen

    def knows(self, near: CallId) -> bool:
        """Say whether there is such a call, over there or on its way."""
        return self._near(near) is not None

    # -- calls from here ------------------------------------------------------

    def placed(self, near: CallId) -> None:
        """A call is dialled from here."""
        self.calls.append(Mirrored(near, None))

    def named(self, near: CallId, far: CallId) -> None:
        """The other bridge has said which call of its own that is."""
        call = self._near(near)
        if call is not None and call.far is None:
            call.far = far

    @property
    def awaits_name(self) -> bool:
        """Whether a call from here may stand in a picture under a name we do not know."""
        return any(call.far is None for call in self.calls)

    # -- pictures -------------------------------------------------------------

    def show(self, picture: tuple[FarCall, ...], at_s: float) -> list[EngineEvent]:
        """Return what has changed, but for calls that are gone."""
        events: list[EngineEvent] = []
        for far in sorted(picture, key=lambda one: _ORDER.index(one.phase)):
            call = self._far(far.call)
            if call is None:
                if far.direction is Direction.OUTGOING and self.awaits_name:
                    continue  # it may be ours: its name is on the way
                call = Mirrored(far.call, far.call)
                self.calls.append(call)
                events.append(self._began(far, at_s))
            events += _moved(call, far, at_s)
        return events

    def gone(self, picture: tuple[FarCall, ...]) -> list[CallId]:
        """Return which calls stood in the last picture and are not in this one, by our ids."""
        there = {far.call for far in picture}
        return [call.near for call in self.calls if call.seen and call.far not in there]

    def _began(self, far: FarCall, at_s: float) -> EngineEvent:
        if far.direction is Direction.INCOMING:
            return CallArrived(at_s, far.call, self.account, far.remote, far.diverted_by)
        return CallDialed(at_s, far.call, self.account, far.remote)

    def hold_again(self, near: CallId, at_s: float) -> list[EngineEvent]:
        """Tell once more how a call stands: what was asked for was so already."""
        call = self._near(near)
        return [] if call is None or not call.up else [HoldChanged(at_s, near, *call.held)]

    # -- ends -----------------------------------------------------------------

    def end(self, near: CallId, cause: Cause, at_s: float) -> list[EngineEvent]:
        """Forget a call; tell its end if it was there."""
        if not self.knows(near):
            return []
        self.calls = [call for call in self.calls if call.near != near]
        return [CallEnded(at_s, near, cause)]

    def _near(self, near: CallId) -> Mirrored | None:
        return next((call for call in self.calls if call.near == near), None)

    def _far(self, far: CallId) -> Mirrored | None:
        return next((call for call in self.calls if call.far == far), None)


def _moved(call: Mirrored, far: FarCall, at_s: float) -> list[EngineEvent]:
    """Return what is new about a call, and note it."""
    events: list[EngineEvent] = []
    if far.phase is Phase.EARLY and not call.rung:
        events.append(CallRinging(at_s, call.near))
        call.rung = True
    if far.phase in _UP and not call.up:
        events.append(CallConnected(at_s, call.near))
        call.up = True
    held = (far.phase is Phase.HELD, far.phase is Phase.REMOTE_HELD)
    if call.up and held != call.held:
        events.append(HoldChanged(at_s, call.near, *held))
        call.held = held
    if call.seen and far.remote != call.remote:
        events.append(RemoteChanged(at_s, call.near, far.remote))
    if far.codec != call.codec:
        events.append(MediaChanged(at_s, call.near, bool(far.codec), far.codec))
    if far.recording != call.recording:
        events.append(RecordingChanged(at_s, call.near, far.recording))
    call.codec, call.recording = far.codec, far.recording
    call.remote, call.seen = far.remote, True
    return events
