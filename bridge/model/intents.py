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
    CALL_BACK = "call_back"  # whoever called, by the number the network gave
    DTMF = "dtmf"
    REDIAL = "redial"
    TOGGLE_MUTE = "toggle_mute"
    TOGGLE_HOLD = "toggle_hold"
    SWAP = "swap"  # the held call is resumed, the active one held
    END_AND_ANSWER = "end_and_answer"  # end the active call, answer the one that rings
    DND_ON = "dnd_on"  # do not disturb: whoever calls hears busy
    DND_OFF = "dnd_off"
    TOGGLE_DND = "toggle_dnd"
    WAITING_ON = "waiting_on"  # a second call rings
    WAITING_OFF = "waiting_off"  # a second call hears busy
    TOGGLE_WAITING = "toggle_waiting"
    LOCK = "lock"  # nothing but emergency numbers is dialled
    UNLOCK = "unlock"
    SILENCE = "silence"  # the ringing call rings on without a sound
    DIVERT = "divert"  # the ringing call goes elsewhere; without a target, to the voice mail
    TRANSFER = "transfer"  # the other end goes elsewhere; without a target, to our other call
    BACK = "back"  # end the call that was begun to ask, go back to the one that waits
    CONFERENCE = "conference"  # both calls are mixed here
    MOVE = "move"  # the call goes on at another telephone of ours
    PULL = "pull"  # a call of another telephone of ours goes on here
    RECORD = "record"
    STOP_RECORDING = "stop_recording"


ORIGIN_FORM = r"[\x20-\x7e]{1,64}"
"""What the telephone that shall call may be written as: a name, or a number as typed."""

ORIGIN_WORDS = "a telephone: its name or number, 1 to 64 characters"


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish.

    Args:
        verb: what.
        call: which call; None = the one it can only mean (the ringing or the current one).
        target: number or SIP URI for ``DIAL``, ``CALL_BACK``, ``DIVERT`` and ``TRANSFER``,
            and with ``dialog``
            for ``PULL``; name of an endpoint for ``MOVE``, digits ``0-9*#A-D`` for ``DTMF``.
        account: which line to dial from; None = the first.
        status: SIP status for ``REJECT``, 486 (busy) or 603 (decline).
        identity: for ``DIAL``: number to show, ``anonymous`` for none, empty = the line's.
        dialog: for ``PULL``: whose place is taken, as ``sip_dialog`` writes it; empty = the call
            that the PBX finds by its feature code.
        origin: for ``DIAL`` and ``CALL_BACK``: the telephone of ours that shall call: an extension
            of the PBX, a line, a desk phone, the name of an endpoint, or any number; empty = this
            desk.
        private: ``target`` holds a secret: it is not traced, and not kept for ``REDIAL``.
        behind: for ``DIAL`` and ``PULL``: whose number is shown, where it is known who is behind a
            code or an address; empty = what is dialled.
    """

    verb: Verb
    call: CallId | None = None
    target: str = ""
    account: AccountId | None = None
    status: int = 486
    identity: str = ""
    dialog: str = ""
    origin: str = ""
    private: bool = False
    behind: str = ""


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
