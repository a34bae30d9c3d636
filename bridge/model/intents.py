"""What a user wants, however it was said: headset, key, command line, MQTT, page."""

from dataclasses import dataclass
from enum import Enum

from bridge.model.ids import AccountId, CallId


class Verb(Enum):
    """The intents.

    ``toggle_*`` and ``end_and_answer`` exist for keys only: what they do depends on a state the
    asker may not know. MQTT and the command line never send them.
    """

    ANSWER = "answer"
    REJECT = "reject"
    HANGUP = "hangup"
    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"
    UNMUTE = "unmute"
    DIAL = "dial"
    DTMF = "dtmf"
    REDIAL = "redial"
    TOGGLE_MUTE = "toggle_mute"
    TOGGLE_HOLD = "toggle_hold"
    SWAP = "swap"  # the held call is resumed, the active one held
    END_AND_ANSWER = "end_and_answer"  # end the active call, answer the one that rings
    DND_ON = "dnd_on"  # do not disturb: whoever calls hears busy
    DND_OFF = "dnd_off"
    TOGGLE_DND = "toggle_dnd"


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish.

    Args:
        verb: what.
        call: which call; None = the one it can only mean (the ringing or the current one).
        target: number or SIP URI for ``DIAL``, digits ``0-9*#A-D`` for ``DTMF``.
        account: which line to dial from; None = the first.
        status: SIP status for ``REJECT``, 486 (busy) or 603 (decline).
    """

    verb: Verb
    call: CallId | None = None
    target: str = ""
    account: AccountId | None = None
    status: int = 486


class Outcome(Enum):
    """What became of a request. The values are those of the MQTT contract."""

    ACCEPTED = "accepted"
    DONE = "done"
    STALE = "stale"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    DENIED = "denied"
    INVALID = "invalid"
    BUSY = "busy"
    FAILED = "failed"
