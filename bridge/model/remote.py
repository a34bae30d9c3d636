"""A bridge that only controls another one, which has the headset: settings and words."""

import hashlib
from dataclasses import dataclass

from bridge.model.ids import AccountId
from bridge.model.sound import SoundPart

OUR_LINE = AccountId("remote")  # where no account is configured here
AUTO = "auto"
"""In place of a bridge's id: whichever serves our account."""


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """Which bridge is controlled.

    Args:
        bridge: its id, ``AUTO``, or empty = none: this bridge has its own headset and lines.
        account: our line, which stands for all of its lines.
        address: ``user@domain`` of our account, by which ``AUTO`` finds it; may be empty.
    """

    bridge: str = ""
    account: AccountId = OUR_LINE
    address: str = ""

    @property
    def enabled(self) -> bool:
        """Whether another bridge is controlled."""
        return bool(self.bridge)

    @property
    def finds(self) -> bool:
        """Whether it has to be found."""
        return self.bridge == AUTO


def fingerprint(user: str, domain: str) -> str:
    """Return what a bridge publishes of an account: 16 hex digits, the same for the same address.

    It keeps addresses off the broker in plain text; whoever can guess one can check the guess.

    Args:
        user: user part of its SIP address.
        domain: host part, without port.
    """
    address = f"{user}@{domain.partition(':')[0].lower()}"
    return hashlib.sha256(f"offhook account {address}".encode()).hexdigest()[:16]


# -- asked over MQTT ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ControlledFrom:
    """Another bridge controls this one from now on; said again every 30 s."""

    by: str


@dataclass(frozen=True, slots=True)
class NotControlledFrom:
    """Another bridge controls this one no more."""

    by: str


RemoteOrder = ControlledFrom | NotControlledFrom


@dataclass(frozen=True, slots=True)
class TurnVolume:
    """Be so loud until the daemon ends.

    Args:
        part: microphone, speaker or ringer.
        volume: as ``model.sound.factor_of`` takes it.
    """

    part: SoundPart
    volume: str
