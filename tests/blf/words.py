"""Short words for the tests of lamps and keys."""

from bridge.model.blf import (
    Extension,
    Favourite,
    KeyType,
    LineFact,
    LineState,
    PbxId,
    PresenceFact,
    PresenceState,
)
from bridge.model.calls import (
    CallView,
    Direction,
    LineView,
    Party,
    Phase,
    RegistrationState,
    Snapshot,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.lamps import LampSettings

PBX = PbxId("pbx")
OWN = Extension("200")
ANNA = Extension("202")
LINE = AccountId("desk")
SETTINGS = LampSettings(extension=OWN, voicemail="791")


def key(
    position: int = 1,
    type_: KeyType = KeyType.BLF,
    target: str = ANNA,
    *,
    long_press: str = "",
    subject: str = "",
) -> Favourite:
    """A favourite called Anna."""
    return Favourite(position, "Anna", type_, target, long_press, subject)


def line(state: LineState, extension: str = ANNA, since_ms: int = 0) -> LineFact:
    """What the PBX says about a line."""
    return LineFact(Extension(extension), state, since_ms=since_ms)


def presence(state: PresenceState, extension: str = ANNA) -> PresenceFact:
    """What somebody says of himself."""
    return PresenceFact(Extension(extension), state)


def call(number: str, phase: Phase, name: str = "a") -> CallView:
    """A call of ours."""
    direction = Direction.INCOMING if phase is Phase.RINGING else Direction.OUTGOING
    return CallView(CallId(name), LINE, direction, phase, Party(number), 0)


def desk(
    *calls: CallView, registration: RegistrationState = RegistrationState.REGISTERED
) -> Snapshot:
    """Our calls on one line."""
    return Snapshot(calls, lines=(LineView(LINE, registration),), engine_up=True)
