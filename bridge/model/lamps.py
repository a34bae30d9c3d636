"""How the user wants lamps to look and keys to act: settings the room ``blf`` decides by."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.blf import Extension

NOBODY = Extension("")


class LookName(Enum):
    """Whose lamps ours look like. The values are those of the configuration."""

    GENERIC = "generic"  # keys of many colours
    YEALINK = "yealink"
    POLY = "poly"
    GIGASET = "gigaset"
    SNOM = "snom"
    SINGLE = "single"  # one colour: patterns say everything
    HIGH_CONTRAST = "high-contrast"  # white, told apart by patterns alone


class InCall(Enum):
    """What pressing a colleague's key does in a call. The values are the configuration's."""

    CONSULT = "consult"  # the call is put on hold, the colleague called; again: both connected
    BLIND = "blind"  # the other end is sent there at once


class PickUpBy(Enum):
    """How a call that rings at a colleague is taken. The values are the configuration's."""

    CODE = "code"  # the star code is dialled, or the PBX asked where there is none
    REPLACES = "replaces"  # its place is taken (RFC 3891) where the PBX tells the dialog, else CODE


@dataclass(frozen=True, slots=True)
class KeyCodes:
    """Star codes a key dials; where one is empty the PBX is asked over MQTT instead.

    Args:
        pick_up: before the extension at which it rings.
        fetch: before the park slot; empty = the slot's own number is dialled, as telephones do.
        queue_login, queue_logout: before the queue.
        forwarding: before the number of the profile.
    """

    pick_up: str = "**"
    fetch: str = ""
    queue_login: str = ""
    queue_logout: str = ""
    forwarding: str = ""


@dataclass(frozen=True, slots=True)
class LampSettings:
    """Lamps and keys.

    Args:
        extension: our own; empty = not known, which costs the keys about ourselves.
        look: of MQTT, the command line, and panels without a look of their own.
        in_call: what a colleague's key does in a call; held long it does the other.
        pick_up: how a ringing call is taken.
        tell_s: how long "tell me when free" waits, seconds.
        codes: star codes.
        voicemail: what is dialled for messages, as typed; empty = not known.
    """

    extension: Extension = NOBODY
    look: LookName = LookName.GENERIC
    in_call: InCall = InCall.CONSULT
    pick_up: PickUpBy = PickUpBy.CODE
    tell_s: float = 4 * 3600.0
    codes: KeyCodes = field(default_factory=KeyCodes)
    voicemail: str = ""
