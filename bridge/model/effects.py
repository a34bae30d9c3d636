"""What is to be done, as orders. Output of ``core.step``; drivers carry them out."""

from dataclasses import dataclass

from bridge.model.calls import Cause, Phase
from bridge.model.hid import Control, ControlChange, Indication
from bridge.model.ids import AccountId, CallId, DeviceId, RequestId
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxCommand
from bridge.model.sound import Notice, Ring

# -- to the SIP engine --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RingCall:
    """Send 180 Ringing to the caller."""

    call: CallId


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Send 200 OK."""

    call: CallId


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse an incoming call with a final status, 400..699."""

    call: CallId
    status: int


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up: BYE, or CANCEL while it still rings over there."""

    call: CallId


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Send an INVITE.

    Args:
        call: the id the call shall have.
        account: the line to call from.
        target: number, or a whole ``sip:``/``sips:`` URI.
        identity: number to show to the other end instead of the account's own, ``anonymous`` to
            show none (RFC 3323), empty = the account's.
        replaces: dialog of the called party whose place this call takes (RFC 3891), empty = none.
    """

    call: CallId
    account: AccountId
    target: str
    identity: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class HoldCall:
    """Offer ``sendonly`` (RFC 3264)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class ResumeCall:
    """Offer ``sendrecv`` again."""

    call: CallId


@dataclass(frozen=True, slots=True)
class SetMicrophone:
    """Connect the microphone to a call, or give it silence. No SIP traffic."""

    call: CallId
    muted: bool


@dataclass(frozen=True, slots=True)
class SendDtmf:
    """Send digits ``0-9*#A-D`` by RFC 4733."""

    call: CallId
    digits: str


@dataclass(frozen=True, slots=True)
class SetRinger:
    """Sound the tone of a kind of call, or stop it.

    ``WAITING`` is a beep in the ear and needs a call that has sound; the others are heard on the
    ringer device.
    """

    ring: Ring


@dataclass(frozen=True, slots=True)
class SoundNotice:
    """Sound a short tone once in the ear of whoever is in this call."""

    call: CallId
    notice: Notice


@dataclass(frozen=True, slots=True)
class DivertCall:
    """Send a ringing call elsewhere: 302 with a Contact (RFC 3261 21.3.3)."""

    call: CallId
    target: str


@dataclass(frozen=True, slots=True)
class TransferCall:
    """Send the other end of a call elsewhere, unasked: REFER (RFC 5589 section 6)."""

    call: CallId
    target: str


@dataclass(frozen=True, slots=True)
class ConnectCalls:
    """Connect the other ends of two calls with each other: REFER with Replaces (RFC 5589 7).

    Args:
        call: whose other end is told.
        other: the dialog of ours whose place it takes.
    """

    call: CallId
    other: CallId


@dataclass(frozen=True, slots=True)
class JoinCalls:
    """Mix two calls here, so that their other ends hear each other, or part them again."""

    call: CallId
    other: CallId
    joined: bool


@dataclass(frozen=True, slots=True)
class RecordCall:
    """Write both ends of a call into a file, or stop it."""

    call: CallId
    on: bool


EngineOrder = (
    RingCall
    | AnswerCall
    | RejectCall
    | EndCall
    | PlaceCall
    | HoldCall
    | ResumeCall
    | SetMicrophone
    | SendDtmf
    | SetRinger
    | SoundNotice
    | DivertCall
    | TransferCall
    | ConnectCalls
    | JoinCalls
    | RecordCall
)

# -- to the PBX ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskPbx:
    """Ask the PBX for something; ``PbxAnswered`` tells what became of it.

    Args:
        command: what.
        request: whom to answer then, or None.
    """

    command: PbxCommand
    request: RequestId | None = None


# -- to the devices -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UseSound:
    """Take microphone and speaker of a headset from now on.

    Args:
        port: USB port where it is plugged in, such as ``1-2.3``; empty = as configured.
        ring_port: of the one to ring in, where the ring tone is wanted in the headset; the same.
    """

    port: str = ""
    ring_port: str = ""


@dataclass(frozen=True, slots=True)
class SetIndication:
    """Show this on a device.

    Args:
        device: which.
        indication: all of it, never a single lamp.
        force: write even what did not change (after "end and answer", after replug).
    """

    device: DeviceId
    indication: Indication
    force: bool = False


# -- to time, askers and readers ----------------------------------------------


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Send ``TimerFired(name)`` after a while; a running timer of that name starts anew."""

    name: str
    after_s: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget a timer; harmless when it does not run."""

    name: str


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Tell whoever asked what became of it. ``ACCEPTED`` may be followed by one final answer."""

    request: RequestId
    outcome: Outcome
    detail: str = ""
    call: CallId | None = None


@dataclass(frozen=True, slots=True)
class AnnounceCall:
    """A call moved from one phase to another (an event, not a state: never retained)."""

    call: CallId
    before: Phase | None
    after: Phase
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class AnnounceKey:
    """A person pressed something on a device (an event: never retained).

    Args:
        device: which.
        control: which key.
        on: hook lifted or key pressed; False for hook down.
        key: key pad character for ``KEYPAD``.
        meaning: the intent it was taken for, or why it was not taken for one.
    """

    device: DeviceId
    control: Control
    on: bool
    key: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A control change that was no person's doing (for the trace only).

    Args:
        device: which.
        change: what it reported.
        why: such as "echo of our own write".
    """

    device: DeviceId
    change: ControlChange
    why: str


@dataclass(frozen=True, slots=True)
class AnnounceDigit:
    """The other end pressed a key."""

    call: CallId
    digit: str


@dataclass(frozen=True, slots=True)
class Tell:
    """One sentence for the user (log, status, alert).

    Args:
        topic: stable short id of the matter, such as ``sound`` or ``engine``.
        text: the sentence; empty clears the matter.
    """

    topic: str
    text: str


Effect = (
    EngineOrder
    | AskPbx
    | SetIndication
    | UseSound
    | StartTimer
    | StopTimer
    | AnswerRequest
    | AnnounceCall
    | AnnounceKey
    | Ignored
    | AnnounceDigit
    | Tell
)
