"""Where a telephone of an interop test stands: its seat, its ports, its line."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.interop.hearing import Seat
from tests.pbx.instance import Pbx


class Digits(Enum):
    """How a telephone is set to send digits; the values are those of our configuration."""

    EVENTS = "rfc4733"
    INFO = "info"
    TONES = "inband"


@dataclass(frozen=True)
class Place:
    """One telephone's place.

    Args:
        directory: for its files; the path is short.
        port: the first of 64 that are its own; SIP listens there.
        seat: at the sound server.
        user: its number.
        pbx: its PBX, None peer to peer.
        digits: how it sends them.
    """

    directory: Path
    port: int
    seat: Seat
    user: str
    pbx: Pbx | None
    digits: Digits = Digits.EVENTS

    @property
    def address(self) -> str:
        """What others dial to reach it."""
        return self.identity

    @property
    def identity(self) -> str:
        """Who it says it is."""
        if self.pbx is None:
            return f"sip:{self.user}@127.0.0.1:{self.port}"
        return self.pbx.uri(self.user)

    @property
    def password(self) -> str:
        """For its PBX, empty without one."""
        return self.pbx.password(self.user) if self.pbx else ""

    @property
    def short(self) -> str:
        """What a person dials: with a PBX the number alone."""
        return self.user if self.pbx else self.address
