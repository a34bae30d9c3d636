"""What a call list says about a call, decided from its course.

A call begins (it rings, or is dialled), may be answered, and ends; what is known of it in between
is a ``Course``. Times are monotonic until the entry is made: a clock that is set during a call
changes neither its duration nor its place.
"""

from dataclasses import dataclass, replace

from bridge.model.calls import CallView, Cause, Direction, EndedBy, Party, Phase
from bridge.model.history import CallKind, HistoryEntry
from bridge.model.ids import AccountId, CallId, DeviceId

_UP = frozenset({Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD})
_DECLINED = frozenset({403, 603})  # RFC 3261: a rule or a person said no, nobody was busy
_REDIRECTED = range(300, 400)  # RFC 3261 21.3: sent elsewhere

_LONGEST_REASON = 200  # characters; sentences of ours are shorter, phrases of others need not be


@dataclass(frozen=True, slots=True)
class Course:
    """One call from its beginning to now.

    Args:
        call, account, direction, remote: as in a snapshot.
        start_ms: Unix time of its beginning.
        began_s: the same, monotonic.
        answered_s: both could speak from here on, monotonic; None = not yet.
        device: the headset that carried it last.
        via: who was called first, or sent the call on.
    """

    call: CallId
    account: AccountId
    direction: Direction
    remote: Party
    start_ms: int
    began_s: float
    answered_s: float | None = None
    device: DeviceId | None = None
    via: Party | None = None

    def seen(self, view: CallView, at_s: float) -> "Course":
        """Return the course with what a snapshot adds."""
        answered_s = self.answered_s
        if answered_s is None and view.phase in _UP:
            answered_s = at_s
        device = view.device or self.device
        via = view.diverted_by or self.via
        return replace(self, remote=view.remote, answered_s=answered_s, device=device, via=via)

    def running(self) -> HistoryEntry:
        """Return the entry that stands if nobody lives to see the end of the call."""
        return self._entry(kind_of(self, None))

    def ended(self, at_s: float, cause: Cause) -> HistoryEntry:
        """Return the entry of the call that is over."""
        entry = self._entry(kind_of(self, cause))
        reason = cause.reason[:_LONGEST_REASON]
        return replace(entry, end_ms=self._unix_ms(at_s), sip=cause.sip, reason=reason)

    def _entry(self, kind: CallKind) -> HistoryEntry:
        return HistoryEntry(
            call=self.call,
            kind=kind,
            account=self.account,
            number=self.remote.number,
            name=self.remote.name,
            company=self.remote.company,
            device=self.device,
            start_ms=self.start_ms,
            answer_ms=None if self.answered_s is None else self._unix_ms(self.answered_s),
            via="" if self.via is None else f"{self.via.number} {self.via.name}".strip(),
        )

    def _unix_ms(self, at_s: float) -> int:
        return self.start_ms + round((at_s - self.began_s) * 1000)


def begun(view: CallView, at_s: float, unix_ms: int) -> Course:
    """Return the course of a call that has just begun."""
    course = Course(view.call, view.account, view.direction, view.remote, unix_ms, at_s)
    return course.seen(view, at_s)


def kind_of(course: Course, cause: Cause | None) -> CallKind:
    """Return what became of a call; a call that was refused as busy counts as missed.

    Args:
        course: so far.
        cause: why it ended; None = it has not.
    """
    if course.direction is Direction.OUTGOING:
        return CallKind.OUTGOING
    if course.answered_s is not None:
        return CallKind.RECEIVED
    if cause is None or cause.by is not EndedBy.LOCAL or cause.sip == 0:  # 0: Offhook ended
        elsewhere = cause is not None and cause.elsewhere
        return CallKind.ELSEWHERE if elsewhere else CallKind.MISSED
    if cause.sip in _REDIRECTED:
        return CallKind.DIVERTED
    return CallKind.REJECTED


def refused(course: Course, at_s: float, cause: Cause) -> HistoryEntry:
    """Return the entry of a call that never rang: busy, do not disturb, or barred.

    The user wants to know who tried, so it is missed unless a rule declined it.
    """
    entry = course.ended(at_s, cause)
    if entry.kind is CallKind.REJECTED and cause.sip not in _DECLINED:
        return replace(entry, kind=CallKind.MISSED)
    return entry
