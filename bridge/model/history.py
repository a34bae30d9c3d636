"""Calls that are over, as they are kept and shown."""

from dataclasses import dataclass
from enum import Enum

from bridge.model.forwarding import ChangedForwarding
from bridge.model.ids import AccountId, CallId, DeviceId


class CallKind(Enum):
    """What became of a call, in the words of a call list."""

    MISSED = "missed"  # nobody here answered, the caller gave up or heard busy
    RECEIVED = "received"
    OUTGOING = "outgoing"
    REJECTED = "rejected"  # somebody here, or a rule, refused it
    DIVERTED = "diverted"  # sent elsewhere from here
    ELSEWHERE = "elsewhere"  # another telephone of the same line answered (RFC 3326)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One call. Personal data: stays in the state directory, whole.

    Args:
        call: its id; a call has one entry.
        kind: what became of it.
        account: the line.
        number, name, company: the other end.
        device: the headset that carried it.
        start_ms: Unix time it rang or was dialled, milliseconds.
        answer_ms: Unix time both could speak; None when that never came.
        end_ms: Unix time it was over; None while it runs.
        sip: final SIP status, 0 when there was none.
        reason: one sentence.
        via: who was called first or sent the call on, number and name; empty when nobody did.
        entry: number of the entry, counting up for ever; 0 before it is kept.
    """

    call: CallId
    kind: CallKind
    account: AccountId
    number: str
    name: str = ""
    company: str = ""
    device: DeviceId | None = None
    start_ms: int = 0
    answer_ms: int | None = None
    end_ms: int | None = None
    sip: int = 0
    reason: str = ""
    via: str = ""
    entry: int = 0

    @property
    def talked_s(self) -> int:
        """Whole seconds both could speak; 0 when it was not answered or is not over."""
        if self.answer_ms is None or self.end_ms is None:
            return 0
        return max(0, self.end_ms - self.answer_ms) // 1000


@dataclass(frozen=True, slots=True)
class FindHistory:
    """Which entries somebody wants to see, newest first. What is left out does not narrow.

    Args:
        words: parts of name, company or number, see ``finding``.
        kinds: only these.
        account: only this line.
        from_ms, to_ms: begun in ``from_ms <= start < to_ms``; 0 = open.
        entry: only this one.
        before: only entries with a smaller number, to page on; 0 = from the newest.
        limit: at most so many, 1..``MOST_ENTRIES``.
    """

    words: str = ""
    kinds: tuple[CallKind, ...] = ()
    account: str = ""
    from_ms: int = 0
    to_ms: int = 0
    entry: int = 0
    before: int = 0
    limit: int = 50


MOST_ENTRIES = 200  # of one answer; longer lists are paged


@dataclass(frozen=True, slots=True)
class DeleteHistory:
    """Forget entries.

    Args:
        entries: their numbers.
        everything: all of them instead; a call that runs now is kept when it is over.
    """

    entries: tuple[int, ...] = ()
    everything: bool = False


@dataclass(frozen=True, slots=True)
class FoundHistory:
    """An answer.

    Args:
        entries: newest first.
        more: there are older ones; ask again with ``before`` the last number.
        waiting: calls that are not on the disk yet because it cannot be written.
    """

    entries: tuple[HistoryEntry, ...]
    more: bool = False
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What the desk remembers over a restart.

    Args:
        last_dialed: for redial.
        do_not_disturb: it is on.
        call_waiting: as switched last; None = as configured.
        locked: only emergency numbers are dialled.
        forwarding: what star codes changed; None = as configured.
    """

    last_dialed: str = ""
    do_not_disturb: bool = False
    call_waiting: bool | None = None
    locked: bool = False
    forwarding: ChangedForwarding | None = None
