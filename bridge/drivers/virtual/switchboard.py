"""An engine without SIP: takes the messages of the real one, and a peer that tests play.

Refuses what the real one refuses, and sends events in the order in which the real one sends them
(``tests/contract/test_engine.py`` holds both to it). No clock, no sockets, no threads.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from bridge.model.calls import Cause, Direction, EndedBy, Party, RegistrationState
from bridge.model.effects import (
    AnswerCall,
    ConnectCalls,
    DivertCall,
    EndCall,
    EngineOrder,
    HoldCall,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
    SoundNotice,
    TransferCall,
)
from bridge.model.engine import AccountSettings
from bridge.model.engine_limits import STAND_IN_NOTE
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallRinging,
    DtmfReceived,
    HoldChanged,
    MediaChanged,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import Ring
from bridge.protocols.engine_wire import SipEvent
from bridge.protocols.sip_reasons import cause_of_end
from bridge.protocols.sip_text import BadAddress, digits, target_uri

_CODEC = "G722"

_CallOrder = (
    RingCall
    | AnswerCall
    | RejectCall
    | EndCall
    | HoldCall
    | ResumeCall
    | SetMicrophone
    | SendDtmf
    | SoundNotice
    | DivertCall
    | TransferCall
    | ConnectCalls
    | JoinCalls
    | RecordCall
)


@dataclass(slots=True)
class VirtualCall:
    """One call as both ends see it; tests read it.

    ``rings``: 180 was sent; ``up``: answered; ``heard``: digits we sent.
    """

    call: CallId
    account: AccountId
    direction: Direction
    remote: Party
    rings: bool = False
    up: bool = False
    held_here: bool = False
    held_there: bool = False
    muted: bool = False
    heard: str = ""


@dataclass(slots=True)
class Switchboard:
    """The state of the virtual engine.

    Args:
        emit: takes each event; must not call back.
        now: stamps events, seconds.
        max_calls: 0 for the stand-in that cannot call.
    """

    emit: Callable[[SipEvent], None]
    now: Callable[[], float]
    max_calls: int = 4
    accounts: dict[AccountId, AccountSettings] = field(default_factory=dict)
    calls: dict[CallId, VirtualCall] = field(default_factory=dict)
    ring: Ring = Ring.OFF
    notices: list[SoundNotice] = field(default_factory=list)

    # -- what the daemon says -------------------------------------------------

    def add_account(self, settings: AccountSettings) -> None:
        """Register at once; nothing can go wrong here, except that there is no SIP."""
        self.accounts[settings.account] = settings
        state, reason = RegistrationState.REGISTERED, ""
        if not self.max_calls:
            state, reason = RegistrationState.OFFLINE, STAND_IN_NOTE
        elif not settings.server:
            state = RegistrationState.NONE
        self.registration(settings.account, state, 0, reason)

    def registration(
        self, account: AccountId, state: RegistrationState, sip: int = 0, reason: str = ""
    ) -> None:
        """Report a registration; tests call it too."""
        self.emit(RegistrationChanged(self.now(), account, state, sip, reason))

    def order(self, order: EngineOrder) -> None:
        """Carry out one order."""
        match order:
            case PlaceCall():
                self._place(order)
            case SetRinger(ring):
                self.ring = ring
            case _:
                self._with_call(order)

    def _with_call(self, order: _CallOrder) -> None:
        call = self.calls.get(order.call)
        if call is None:
            self._refuse(order.call, type(order).__name__, "there is no such call (any more)")
            return
        match order:
            case RingCall():
                call.rings = call.rings or call.direction is Direction.INCOMING
            case AnswerCall():
                self._answer(call)
            case RejectCall(_, status):
                self._reject(call, status)
            case EndCall():
                self._end(call, Cause(EndedBy.LOCAL, 0, "hung up here"))
            case HoldCall():
                self._hold(call, "HoldCall", on=True)
            case ResumeCall():
                self._hold(call, "ResumeCall", on=False)
            case SetMicrophone(_, muted):
                call.muted = muted
            case SendDtmf(_, keys):
                self._press(call, keys)
            case SoundNotice():
                self.notices.append(order)
            case DivertCall() | TransferCall() | ConnectCalls() | JoinCalls() | RecordCall():
                self._refuse(order.call, type(order).__name__, "not done yet")
            case _:
                assert_never(order)

    def _place(self, order: PlaceCall) -> None:
        if order.call in self.calls:
            return
        reason = self._obstacle(order)
        if reason:
            self._refuse(order.call, "PlaceCall", reason)
            cause = Cause(EndedBy.ERROR, 0, reason)
            self.emit(CallEnded(self.now(), order.call, cause))
            return
        remote = Party(order.target)
        call = VirtualCall(order.call, order.account, Direction.OUTGOING, remote)
        self.calls[order.call] = call

    def _obstacle(self, order: PlaceCall) -> str:
        if not self.max_calls:
            return STAND_IN_NOTE
        if order.account not in self.accounts:
            return f"there is no account {order.account}"
        if len(self.calls) >= self.max_calls:
            return f"{self.max_calls} calls at once are the most this engine can carry"
        settings = self.accounts[order.account]
        try:
            target_uri(order.target, settings.domain or settings.server.partition(":")[0])
        except BadAddress as e:
            return str(e)
        return ""

    def _answer(self, call: VirtualCall) -> None:
        if call.direction is Direction.INCOMING and not call.up:
            self._connect(call)

    def _reject(self, call: VirtualCall, status: int) -> None:
        if call.direction is Direction.OUTGOING or call.up:
            reason = "only a call that rings here can be rejected"
            self._refuse(call.call, "RejectCall", reason)
        elif not 400 <= status <= 699:
            self._refuse(call.call, "RejectCall", "expected a final status of 400 to 699")
        else:
            self._end(call, Cause(EndedBy.LOCAL, status, "rejected here"))

    def _hold(self, call: VirtualCall, order: str, *, on: bool) -> None:
        if call.held_here == on:
            return
        if not call.up:
            self._refuse(call.call, order, "not possible in this state of the call")
            return
        call.held_here = on
        self._say_hold(call)
        self._say_media(call, active=not on)

    def _press(self, call: VirtualCall, keys: str) -> None:
        try:
            pressed = digits(keys)
        except BadAddress as e:
            self._refuse(call.call, "SendDtmf", str(e))
            return
        if not call.up:
            self._refuse(call.call, "SendDtmf", "not possible in this state of the call")
            return
        call.heard += pressed

    # -- what the peer does ---------------------------------------------------

    def peer_calls(self, call: CallId, account: AccountId, remote: Party) -> bool:
        """A call comes in; return False when all lines are taken (it hears "busy")."""
        if len(self.calls) >= self.max_calls:
            return False
        self.calls[call] = VirtualCall(call, account, Direction.INCOMING, remote)
        self.emit(CallArrived(self.now(), call, account, remote))
        return True

    def peer_rings(self, call: CallId) -> None:
        """The phone over there rings (180)."""
        if not self.calls[call].rings:
            self.calls[call].rings = True
            self.emit(CallRinging(self.now(), call))

    def peer_answers(self, call: CallId) -> None:
        """They pick up (200)."""
        self._connect(self.calls[call])

    def peer_rejects(self, call: CallId, status: int) -> None:
        """They refuse with a final status, 300..699."""
        found = self.calls[call]
        self._end(found, cause_of_end(status, "", found.account, connected=False))

    def peer_hangs_up(self, call: CallId, *, elsewhere: bool = False) -> None:
        """BYE, or CANCEL while it still rings here, perhaps for another telephone of the line."""
        found = self.calls[call]
        status = 200 if found.up else 487
        cause = cause_of_end(status, "", found.account, connected=found.up, elsewhere=elsewhere)
        self._end(found, cause)

    def peer_holds(self, call: CallId, *, on: bool) -> None:
        """They hold, or resume."""
        found = self.calls[call]
        if found.held_there != on:
            found.held_there = on
            self._say_hold(found)

    def peer_presses(self, call: CallId, digit: str) -> None:
        """They press a key."""
        self.emit(DtmfReceived(self.now(), call, digits(digit)))

    # -- events ---------------------------------------------------------------

    def _connect(self, call: VirtualCall) -> None:
        call.up = True
        self._say_media(call, active=True)
        self.emit(CallConnected(self.now(), call.call))

    def _end(self, call: VirtualCall, cause: Cause) -> None:
        del self.calls[call.call]
        self.emit(CallEnded(self.now(), call.call, cause))

    def _say_hold(self, call: VirtualCall) -> None:
        self.emit(HoldChanged(self.now(), call.call, call.held_here, call.held_there))

    def _say_media(self, call: VirtualCall, *, active: bool) -> None:
        self.emit(MediaChanged(self.now(), call.call, active, _CODEC if active else ""))

    def _refuse(self, call: CallId, order: str, reason: str) -> None:
        self.emit(OrderFailed(self.now(), call, order, 0, reason))
