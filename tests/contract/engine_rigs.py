"""The engine under test and the other end of its calls: virtual, or real over loopback."""

import tempfile
import time
from collections.abc import Callable
from typing import Self

from bridge.drivers.ports import CallEngine
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
)
from bridge.model.engine import AccountSettings, RecordingSettings
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallRinging,
    DtmfReceived,
    HoldChanged,
)
from bridge.model.ids import CallId
from tests.engine.log import EventLog
from tests.engine.phones import LINE, Phone, new_call, quiet_settings

PEER_NUMBER = "4711"


class VirtualRig:
    """The twin; its peer is a method call."""

    target = f"sip:{PEER_NUMBER}@192.0.2.1"

    def __init__(self) -> None:
        self.log = EventLog()
        self.engine = VirtualEngine([AccountSettings(LINE, "me")], self.log, time.monotonic)
        self.peer_rings = self.engine.peer_rings
        self.peer_answers = self.engine.peer_answers
        self.peer_rejects = self.engine.peer_rejects
        self.peer_hangs_up = self.engine.peer_hangs_up
        self.peer_holds = self.engine.peer_holds
        self.peer_resumes = self.engine.peer_resumes
        self.peer_presses = self.engine.peer_presses

    def peer_declines_transfer(self, call: CallId) -> None:
        self.engine.peer_tells(call, 603, "Decline")

    async def __aenter__(self) -> Self:
        await self.engine.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.engine.__aexit__(*exc)

    async def peer_calls(self) -> CallId:
        call = self.engine.peer_calls(PEER_NUMBER, "Peer")
        assert call is not None
        await self.log.until(CallArrived, call)
        return call

    async def peer_is_called(self, call: CallId) -> None:
        assert call in self.engine.calls

    async def peer_hears_ringing(self, call: CallId) -> bool:
        return self.engine.calls[call].rings

    async def peer_has_ended(self, call: CallId) -> None:
        assert call not in self.engine.calls

    async def peer_heard_digits(self, call: CallId, digits: str) -> None:
        assert self.engine.calls[call].heard == digits


class RealRig:
    """Two engines on loopback; the second one is the peer."""

    def __init__(self) -> None:
        self._recordings = tempfile.TemporaryDirectory(prefix="offhook-")
        recording = RecordingSettings(self._recordings.name)
        self._phone = Phone("me", quiet_settings(recording=recording))
        self._peer = Phone(PEER_NUMBER)
        self._ends: dict[CallId, CallId] = {}
        self.engine: CallEngine = self._phone.engine
        self.log = self._phone.log
        self.target = ""

    async def __aenter__(self) -> Self:
        await self._phone.__aenter__()
        await self._peer.__aenter__()
        self.target = self._peer.uri
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._phone.__aexit__(*exc)
        await self._peer.__aexit__(*exc)
        self._recordings.cleanup()

    async def peer_calls(self) -> CallId:
        seen = len(self.log.events)
        theirs = new_call()
        self._peer.engine.order(PlaceCall(theirs, LINE, self._phone.uri))
        arrived = await self.log.until(CallArrived, after=seen)
        self._ends[arrived.call] = theirs
        return arrived.call

    async def peer_is_called(self, call: CallId) -> None:
        known = set(self._ends.values())
        arrived = await self._peer.log.until(CallArrived, where=lambda e: e.call not in known)
        self._ends[call] = arrived.call

    async def peer_hears_ringing(self, call: CallId) -> bool:
        await self._peer.log.until(CallRinging, self._ends[call])
        return True

    async def peer_has_ended(self, call: CallId) -> None:
        await self._peer.log.until(CallEnded, self._ends[call])

    async def peer_heard_digits(self, call: CallId, digits: str) -> None:
        theirs = self._ends[call]

        def all_there(_event: DtmfReceived) -> bool:
            heard = self._peer.log.of(DtmfReceived, theirs)
            return "".join(e.digit for e in heard) == digits

        await self._peer.log.until(DtmfReceived, theirs, where=all_there)

    def peer_declines_transfer(self, call: CallId) -> None:
        """It has no PBX and takes none, by itself."""

    def peer_rings(self, call: CallId) -> None:
        self._peer.engine.order(RingCall(self._ends[call]))

    def peer_answers(self, call: CallId) -> None:
        self._peer.engine.order(AnswerCall(self._ends[call]))

    def peer_rejects(self, call: CallId, status: int) -> None:
        self._peer.engine.order(RejectCall(self._ends[call], status))

    def peer_hangs_up(self, call: CallId) -> None:
        self._peer.engine.order(EndCall(self._ends[call]))

    def peer_holds(self, call: CallId) -> None:
        self._peer.engine.order(HoldCall(self._ends[call]))

    def peer_resumes(self, call: CallId) -> None:
        self._peer.engine.order(ResumeCall(self._ends[call]))

    def peer_presses(self, call: CallId, digit: str) -> None:
        self._peer.engine.order(SendDtmf(self._ends[call], digit))


Rig = VirtualRig | RealRig


async def dial(rig: Rig) -> CallId:
    """Place a call that has reached the peer."""
    call = new_call()
    rig.engine.order(PlaceCall(call, LINE, rig.target))
    await rig.peer_is_called(call)
    return call


async def answered(rig: Rig) -> CallId:
    """A call that came in and was answered."""
    call = await rig.peer_calls()
    rig.engine.order(AnswerCall(call))
    await rig.log.until(CallConnected, call)
    return call


def is_hold(*, local: bool, remote: bool) -> Callable[[HoldChanged], bool]:
    return lambda e: (e.local, e.remote) == (local, remote)
