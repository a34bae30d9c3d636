"""What happened, in the past tense. Input of ``core.step``; ``at_s`` is monotonic seconds."""

from dataclasses import dataclass

from bridge.model.calls import Cause, Mailbox, Party, RegistrationState
from bridge.model.hid import ControlChange, DeviceInfo
from bridge.model.ids import AccountId, CallId, DeviceId, RequestId
from bridge.model.intents import Intent
from bridge.model.pbx import PbxAnswered

# -- devices ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceAttached:
    """A telephony device was opened and understood."""

    at_s: float
    info: DeviceInfo


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """A device went away; its handle is closed."""

    at_s: float
    device: DeviceId
    reason: str


@dataclass(frozen=True, slots=True)
class ControlChanged:
    """A device reported a change. Not yet known whether a person or an echo caused it.

    Args:
        new_call: a fresh id, used if this press starts a call (redial).
    """

    at_s: float
    device: DeviceId
    change: ControlChange
    new_call: CallId | None = None


@dataclass(frozen=True, slots=True)
class DeviceFaulted:
    """A malformed report or a failed write; the device stays."""

    at_s: float
    device: DeviceId
    reason: str


# -- SIP ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The SIP engine runs and has been given its accounts.

    Args:
        max_calls: calls it can carry at once; 0 for the stand-in that cannot call.
        note: one clear sentence if something is missing, else empty.
    """

    at_s: float
    max_calls: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The SIP engine died; every call it carried is gone."""

    at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """A REGISTER succeeded, failed or ran out."""

    at_s: float
    account: AccountId
    state: RegistrationState
    sip: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MailboxChanged:
    """The PBX told how many voice messages wait (RFC 3842)."""

    at_s: float
    account: AccountId
    mailbox: Mailbox


@dataclass(frozen=True, slots=True)
class CallArrived:
    """An INVITE came in. Nothing has been answered yet, not even 180.

    Args:
        diverted_by: who was called first and sent the call on to us (RFC 5806 Diversion, RFC 7044
            History-Info, Referred-By of a transfer), None when nobody was.
        answer_at_once: the caller asks us to answer by ourselves (intercom): ``Call-Info`` or
            ``Alert-Info`` with ``answer-after=0``, ``Answer-Mode: Auto`` (RFC 5373).
    """

    at_s: float
    call: CallId
    account: AccountId
    remote: Party
    diverted_by: Party | None = None
    answer_at_once: bool = False


@dataclass(frozen=True, slots=True)
class CallDialed:
    """A telephone of ours calls somebody by itself: its user has dialled on its own keys.

    Only desk phones do; the SIP engine calls nobody that it was not told to.
    """

    at_s: float
    call: CallId
    account: AccountId
    remote: Party


@dataclass(frozen=True, slots=True)
class CallRinging:
    """The other end of our outgoing call rings (180, or 183 with early media)."""

    at_s: float
    call: CallId


@dataclass(frozen=True, slots=True)
class CallConnected:
    """ACK received or sent: the call is up.

    Args:
        dialog: by which another telephone of ours may take our place in it (RFC 3891), empty where
            it is not known.
    """

    at_s: float
    call: CallId
    dialog: str = ""


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """Media direction was negotiated anew (RFC 3264 section 8.4)."""

    at_s: float
    call: CallId
    local: bool
    remote: bool


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """Audio of a call started or stopped.

    Args:
        active: RTP flows between the call and the bridge.
        codec: RTP payload name such as ``G722`` (RFC 3551), empty when inactive.
    """

    at_s: float
    call: CallId
    active: bool
    codec: str = ""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over, whatever the reason. Comes exactly once per call."""

    at_s: float
    call: CallId
    cause: Cause


@dataclass(frozen=True, slots=True)
class DtmfReceived:
    """The other end pressed a key (RFC 4733 or SIP INFO)."""

    at_s: float
    call: CallId
    digit: str


@dataclass(frozen=True, slots=True)
class TransferChanged:
    """The other end tells how the transfer we asked for goes (NOTIFY with sipfrag, RFC 3515).

    Args:
        call: whose other end was sent elsewhere.
        sip: status of its new call: 1xx on the way, 2xx done, 3xx and more failed.
        reason: phrase of that status, printable.
        final: nothing more will be told.
    """

    at_s: float
    call: CallId
    sip: int
    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class CallReferred:
    """The other end sent us elsewhere (REFER) and the policy allows it: a new call is under way.

    The old call goes on until the other end hangs up.
    """

    at_s: float
    call: CallId
    new_call: CallId
    target: Party


@dataclass(frozen=True, slots=True)
class CallReplaced:
    """Another party takes the place of the other end (INVITE with Replaces, RFC 3891).

    The new call is up; ``CallEnded`` of the old one follows.
    """

    at_s: float
    call: CallId
    new_call: CallId
    remote: Party


@dataclass(frozen=True, slots=True)
class RemoteChanged:
    """Whom a call reaches now: sent on (302), or the PBX has connected somebody else with us."""

    at_s: float
    call: CallId
    remote: Party


@dataclass(frozen=True, slots=True)
class RecordingChanged:
    """Recording of a call began, ended or failed.

    Args:
        file: where it is written, empty when none.
        reason: why it ended or could not begin, empty when somebody here ended it.
    """

    at_s: float
    call: CallId
    on: bool
    file: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OrderFailed:
    """The engine could not do what an effect asked.

    Args:
        order: name of the effect class, such as ``HoldCall``.
        sip: SIP status if the network refused, else 0.
        reason: one plain sentence.
    """

    at_s: float
    call: CallId
    order: str
    sip: int
    reason: str


@dataclass(frozen=True, slots=True)
class SoundChanged:
    """The sound side went away or came back.

    Args:
        ok: microphone and speaker are connected.
        note: one clear sentence when not, else empty.
    """

    at_s: float
    ok: bool
    note: str = ""


# -- users and time -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntentGiven:
    """Somebody asked for something off the headset.

    Args:
        intent: what.
        request: whom to answer, or None.
        new_call: a fresh id, used if this intent starts a call.
        source: who asked, such as ``mqtt``: dialling is limited for each. Empty = somebody at a
            device, who is not limited.
    """

    at_s: float
    intent: Intent
    new_call: CallId
    request: RequestId | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class PartyNamed:
    """A contact or directory knows the other end of a call.

    Args:
        name: replaces what the network said.
        company: may be empty.
        is_private: one of the user's own contacts says so.
    """

    at_s: float
    call: CallId
    name: str
    company: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class MatterChanged:
    """Something outside calls and devices does not work, or works again.

    Args:
        topic: stable short id of the matter, such as ``mqtt`` or ``hidraw3``.
        text: one clear sentence; empty when all is well.
    """

    at_s: float
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class SystemResumed:
    """The machine has slept. Devices that stayed may have forgotten what they showed."""

    at_s: float


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer started by the effect ``StartTimer`` ran out."""

    at_s: float
    name: str


DeviceEvent = DeviceAttached | DeviceLost | ControlChanged | DeviceFaulted

EngineEvent = (
    EngineReady
    | EngineLost
    | RegistrationChanged
    | MailboxChanged
    | CallArrived
    | CallDialed
    | CallRinging
    | CallConnected
    | HoldChanged
    | MediaChanged
    | CallEnded
    | DtmfReceived
    | TransferChanged
    | CallReferred
    | CallReplaced
    | RemoteChanged
    | RecordingChanged
    | OrderFailed
    | SoundChanged
)

Event = (
    DeviceEvent
    | EngineEvent
    | IntentGiven
    | PartyNamed
    | PbxAnswered
    | MatterChanged
    | SystemResumed
    | TimerFired
)
