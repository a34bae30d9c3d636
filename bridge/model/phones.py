"""Desk phones that tell what happens to them by HTTP, and may be controlled the same way.

A phone is a line of its own (``PhoneSettings.account``): its calls are calls like any other.
"""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.calls import Party
from bridge.model.ids import AccountId
from bridge.model.intents import Intent

NOBODY = Party("")

UNHEARD = "the desk phone has told nothing yet"
"""Why it is not known whether the line of a phone works."""


class PhoneVendor(Enum):
    """Whose language the phone speaks."""

    YEALINK = "yealink"
    SNOM = "snom"
    GIGASET = "gigaset"
    POLY = "poly"


class Happening(Enum):
    """What a phone tells. The values are the last words of the URLs it is given."""

    RINGING = "ringing"  # a call came in
    DIALING = "dialing"  # the phone calls somebody
    RINGBACK = "ringback"  # it rings over there
    CONNECTED = "connected"
    HELD = "held"  # by the phone
    RESUMED = "resumed"
    REMOTE_HELD = "remote-held"  # by the other end
    ENDED = "ended"  # nobody says by whom
    REJECTED = "rejected"  # by its user
    MISSED = "missed"  # the caller gave up, or another telephone answered
    IDLE = "idle"  # no call is left, whatever was said before
    OFF_HOOK = "off-hook"
    ON_HOOK = "on-hook"
    MUTED = "muted"
    UNMUTED = "unmuted"
    DND_ON = "dnd-on"
    DND_OFF = "dnd-off"
    KEY = "key"
    LONG_KEY = "long-key"
    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    STARTED = "started"  # it has just been switched on, so it has no call


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """One thing that happened on a phone.

    Args:
        happening: what.
        call: the phone's own name of the call, at most 128 characters; empty where it says none.
        remote: the other end; ``NOBODY`` where the phone does not say.
        key: of ``KEY`` and ``LONG_KEY``, such as ``P1``.
    """

    happening: Happening
    call: str = ""
    remote: Party = NOBODY
    key: str = ""


class Refused(Enum):
    """Why a request of a phone came to nothing. The values are words for counters and logs."""

    NO_SUCH_PATH = "no such path"
    UNKNOWN_PHONE = "unknown phone"
    WRONG_ADDRESS = "address not allowed"
    WRONG_TOKEN = "wrong token"  # noqa: S105  # a word for the log
    WRONG_METHOD = "wrong method"
    TOO_OFTEN = "too often"
    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"
    UNKNOWN_EVENT = "unknown event"
    BAD_QUERY = "query not understood"
    BAD_XML = "XML not understood"


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """One desk phone.

    Args:
        id: its name, ``[a-z0-9-]{1,26}``.
        vendor: whose language it speaks.
        addresses: addresses or networks its requests may come from, at least one.
        token: secret part of its URLs, 16 to 64 letters, digits, ``-`` and ``_``.
        control: where it takes orders, such as ``http://192.0.2.10``; empty = it takes none.
        user, password: for that.
        identity: which of its SIP accounts is to dial, such as ``201@pbx.example``; empty = its
            first.
        check_certificate: of ``https`` in ``control``.
        keys: what its keys do, by name, ``long NAME`` for a long press.
    """

    id: str
    vendor: PhoneVendor
    addresses: tuple[str, ...]
    token: str = field(repr=False)
    control: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    identity: str = ""
    check_certificate: bool = True
    keys: tuple[tuple[str, Intent], ...] = ()

    @property
    def account(self) -> AccountId:
        """The line its calls are on."""
        return account_of(self.id)


def account_of(phone: str) -> AccountId:
    """Return the line of a phone."""
    return AccountId(f"phone-{phone}")
