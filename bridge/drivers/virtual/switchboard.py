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
    CallReferred,
    CallReplaced,
    CallRinging,
    DtmfReceived,
    HoldChanged,
    MediaChanged,
    OrderFailed,
    RecordingChanged,
    RegistrationChanged,
    RemoteChanged,
    TransferChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import Ring
from bridge.protocols.engine_wire import SipEvent
from bridge.protocols.sip_reasons import cause_of_end
from bridge.protocols.sip_text import BadAddress, digits, target_uri

_CODEC = "G722"
_OVER = "the call ended"

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

    ``rings``: 180 was sent; ``up``: answered; ``heard``: digits we sent; ``sent_to``: where we sent
    the other end; ``joined``: what is mixed with it.
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
    sent_to: str = ""
    joined: frozenset[CallId] = frozenset()
    recorded: bool = False


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

    def _with_call(self, order: _CallOrder) -> None:  # noqa: C901, PLR0912  # one case per order
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
            case DivertCall():
                self._divert(call, order.target)
            case TransferCall() | ConnectCalls():
                self._transfer(call, order)
            case JoinCalls():
                self._join(call, order)
            case RecordCall(_, on):
                self._record(call, on=on)
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

    def _divert(self, call: VirtualCall, target: str) -> None:
        if call.direction is Direction.OUTGOING or call.up:
            reason = "only a call that rings here can be diverted"
            self._refuse(call.call, "DivertCall", reason)
        elif self._dials(call, "DivertCall", target):
            call.sent_to = target
            self._end(call, Cause(EndedBy.LOCAL, 302, "diverted here"))

    def _dials(self, call: VirtualCall, order: str, target: str) -> bool:
        """Say whether a target can be called, and refuse the order if not."""
        settings = self.accounts[call.account]
        try:
            target_uri(target, settings.domain or settings.server.partition(":")[0])
        except BadAddress as e:
            self._refuse(call.call, order, str(e))
            return False
        return True

    def _transfer(self, call: VirtualCall, order: TransferCall | ConnectCalls) -> None:
        name = type(order).__name__
        if not call.up:
            reason = "not possible in this state of the call: it is not connected"
            self._refuse(call.call, name, reason)
        elif call.sent_to:
            self._refuse(call.call, name, "a transfer of this call is under way")
        elif isinstance(order, TransferCall):
            if self._dials(call, name, order.target):
                call.sent_to = order.target
        else:
            other = self.calls.get(order.other)
            if other is None or not other.up or other is call:
                reason = "not possible in this state of the call: the other call is not connected"
                self._refuse(call.call, name, reason)
            else:
                call.sent_to = other.remote.number

    def _join(self, call: VirtualCall, order: JoinCalls) -> None:
        other = self.calls.get(order.other)
        if other is None or other is call:
            self._refuse(call.call, "JoinCalls", "there is no such other call (any more)")
            return
        for one, two in ((call, other), (other, call)):
            one.joined = one.joined | {two.call} if order.joined else one.joined - {two.call}

    def _record(self, call: VirtualCall, *, on: bool) -> None:
        if on and not call.up:
            self._refuse(call.call, "RecordCall", "not possible in this state of the call")
        elif on != call.recorded:
            call.recorded = on
            file = f"/virtual/{call.call}.wav"
            self.emit(RecordingChanged(self.now(), call.call, on, file))

    # -- what the peer does ---------------------------------------------------

    def peer_calls(self, arrived: CallArrived) -> bool:
        """A call comes in; return False when all lines are taken (it hears "busy")."""
        if len(self.calls) >= self.max_calls:
            return False
        self.calls[arrived.call] = VirtualCall(
            arrived.call, arrived.account, Direction.INCOMING, arrived.remote
        )
        self.emit(arrived)
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

    def peer_tells(self, call: CallId, status: int, reason: str = "") -> None:
        """They tell how the transfer we asked for goes; 200 and more is the end of it."""
        found = self.calls[call]
        final = status >= 200
        found.sent_to = "" if final else found.sent_to
        self.emit(TransferChanged(self.now(), call, status, reason, final))

    def peer_refers(self, call: CallId, new_call: CallId, target: Party) -> None:
        """They send us elsewhere: a new call of ours is under way."""
        old = self.calls[call]
        self.calls[new_call] = VirtualCall(new_call, old.account, Direction.OUTGOING, target)
        self.emit(CallReferred(self.now(), call, new_call, target))

    def peer_is_replaced(self, call: CallId, new_call: CallId, remote: Party) -> None:
        """Another one takes the place of the other end."""
        old = self.calls[call]
        self.calls[new_call] = VirtualCall(new_call, old.account, Direction.INCOMING, remote)
        self.emit(CallReplaced(self.now(), call, new_call, remote))
        self._connect(self.calls[new_call])
        reason = "another telephone took the place of this one"
        self._end(old, Cause(EndedBy.REMOTE, 200, reason))

    def peer_sends_on(self, call: CallId, remote: Party) -> None:
        """Our call is sent on by 302, and we follow."""
        self.calls[call].remote = remote
        self.emit(RemoteChanged(self.now(), call, remote))

    def peer_presses(self, call: CallId, digit: str) -> None:
        """They press a key."""
        self.emit(DtmfReceived(self.now(), call, digits(digit)))

    # -- events ---------------------------------------------------------------

    def _connect(self, call: VirtualCall) -> None:
        call.up = True
        self._say_media(call, active=True)
        dialog = f"{call.call}@virtual;to-tag=there;from-tag=here"
        self.emit(CallConnected(self.now(), call.call, dialog))

    def _end(self, call: VirtualCall, cause: Cause) -> None:
        del self.calls[call.call]
        for other in self.calls.values():
            other.joined -= {call.call}
        if call.recorded:
            self.emit(
                RecordingChanged(self.now(), call.call, False, f"/virtual/{call.call}.wav", _OVER)
            )
        self.emit(CallEnded(self.now(), call.call, cause))

    def _say_hold(self, call: VirtualCall) -> None:
        self.emit(HoldChanged(self.now(), call.call, call.held_here, call.held_there))

    def _say_media(self, call: VirtualCall, *, active: bool) -> None:
        self.emit(MediaChanged(self.now(), call.call, active, _CODEC if active else ""))

    def _refuse(self, call: CallId, order: str, reason: str) -> None:
        self.emit(OrderFailed(self.now(), call, order, 0, reason))
