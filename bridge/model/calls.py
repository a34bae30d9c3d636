"""Calls as everybody outside the core sees them: phases, parties, causes, snapshots."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.forwarding import Forward
from bridge.model.ids import AccountId, CallId, DeviceId


class Direction(Enum):
    """Who started the call."""

    INCOMING = "in"
    OUTGOING = "out"


class Phase(Enum):
    """Where a call is. The values are those of the MQTT contract."""

    DIALING = "dialing"  # outgoing, INVITE sent
    EARLY = "early"  # outgoing, it rings at the other end
    RINGING = "ringing"  # incoming, it rings here
    CONNECTED = "connected"  # both hear each other
    HELD = "held"  # we hold
    REMOTE_HELD = "remote-held"  # the other end holds
    ENDED = "ended"


class EndedBy(Enum):
    """Whose doing the end of a call was."""

    LOCAL = "local"  # a user here, by whatever means
    REMOTE = "remote"
    ERROR = "error"  # network, refusal by the PBX, engine lost


class RegistrationState(Enum):
    """Registration of an account with its registrar."""

    NONE = "none"  # peer to peer, no registrar configured
    TRYING = "trying"
    REGISTERED = "registered"
    FAILED = "failed"
    OFFLINE = "offline"  # no engine


@dataclass(frozen=True, slots=True)
class Party:
    """The other end. Personal data: masked by the redactor before it leaves the process.

    Args:
        number: user part of the SIP URI or E.164 number, at most 64 characters, printable.
        name: display name, at most 64 characters, printable, may be empty. What a contact says
            wins over what the network says.
        company: of the contact, may be empty.
        is_private: the name is that of one of the user's own contacts.
    """

    number: str
    name: str = ""
    company: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a call ended.

    Args:
        by: whose doing.
        sip: final SIP status (RFC 3261), 0 when there was none.
        reason: one plain sentence or the SIP reason phrase.
        elsewhere: another telephone took the call (RFC 3326 ``Reason`` of the CANCEL).
    """

    by: EndedBy
    sip: int = 0
    reason: str = ""
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class TransferView:
    """The other end is being sent elsewhere.

    Args:
        target: where; empty = to the other end of our other call.
        sip: status of its new call so far (RFC 3515), 0 = it has told nothing.
    """

    target: str
    sip: int = 0


@dataclass(frozen=True, slots=True)
class CallView:
    """One call in a snapshot.

    Args:
        device: the headset that carries it.
        silenced: it rings without a sound.
        diverted_by: who was called first and sent it on to us, or sent us there.
        transfer: where its other end is being sent.
        conference: it is mixed with our other call.
        recording: it is written to a file.
        pressed: the keys the other end has pressed, oldest first, the last 32; may be a secret.
        dialog: by which another telephone of ours may pull it; empty where it is not known.
    """

    call: CallId
    account: AccountId
    direction: Direction
    phase: Phase
    remote: Party
    since_ms: int  # Unix time of the last phase change, milliseconds
    device: DeviceId | None = None
    muted: bool = False
    codec: str = ""
    silenced: bool = False
    diverted_by: Party | None = None
    transfer: TransferView | None = None
    conference: bool = False
    recording: bool = False
    pressed: str = field(default="", repr=False)
    dialog: str = ""


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device in a snapshot: what it shows and what it says."""

    device: DeviceId
    name: str
    vendor_id: int
    product_id: int
    off_hook: bool
    ring: bool
    mute: bool
    hold: bool
    hook: bool | None  # last value the device reported; None before its first report
    message_waiting: bool = False
    do_not_disturb: bool = False
    busy_elsewhere: bool = False
    mute_locked: bool = False
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What the PBX says about the voice messages of an account (RFC 3842).

    Args:
        waiting: there are messages nobody has heard.
        new, old: how many voice messages; 0 where the PBX does not count them.
    """

    waiting: bool
    new: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True)
class LineView:
    """One account in a snapshot."""

    account: AccountId
    registration: RegistrationState
    sip: int = 0
    reason: str = ""
    mailbox: Mailbox | None = None  # None: the PBX has said nothing


@dataclass(frozen=True, slots=True)
class ForwardingView:
    """What becomes of calls by themselves, where we and not the PBX forward them.

    Args:
        profile: the active one, 0..9.
        title: of it, may be empty.
        forwards: its lines; numbers are personal data.
        rules: how many rules for single callers it has.
    """

    profile: int
    title: str = ""
    forwards: tuple[Forward, ...] = ()
    rules: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the outside may know after a step. Equal snapshots need no publishing."""

    calls: tuple[CallView, ...] = ()
    devices: tuple[DeviceView, ...] = ()
    lines: tuple[LineView, ...] = ()
    muted: bool = False
    do_not_disturb: bool = False
    call_waiting: bool = True
    forwarding: ForwardingView | None = None
    locked: bool = False
    engine_up: bool = False
    problems: tuple[str, ...] = field(default=())
