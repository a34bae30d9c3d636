"""Which commands may act: none that is retained, late, repeated or meant for another call.

Theory: a message broker stores and repeats. An "answer" published yesterday, kept by the broker or
by its sender, arrives today as if it were new, and would answer today's call. So a command proves
that it belongs to now. In this order, the first rule that objects decides:

1. ``retained``   it came with the RETAIN flag: stored, not said.             → stale
2. ``unreadable`` name, size, JSON, types (found by the parser).              → invalid
3. ``repeated``   its id was seen: the first reply again, nothing done.
4. ``age``        older than its lifetime, or from the future.                → stale
5. ``epoch``      made for another run of the bridge.                         → stale
6. ``call``       names a call that does not exist → stale; expects another phase → conflict
7. ``window``     names no call and quotes no token of the last minute.       → stale
8. ``permit``     the dial plan or a rate limit objects.                      → denied
9. ``full``       more commands than can be remembered.                       → busy
10. ``run``

Rules 5 to 7 need no clock: a machine without one boots with a wrong time. Rule 4 is left out while
the caller says that the clock is not set.

Pure: time, epoch and tokens are passed in.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.model.bus import Command, Reply, Unreadable, Verdict
from bridge.model.calls import Phase
from bridge.model.ids import CallId
from bridge.model.intents import Outcome

MAX_SKEW_MS = 2000  # how far the sender's clock may differ from ours; NTP keeps it under 100 ms
REMEMBERED = 1024  # ids kept; 17 commands a second for a minute
REMEMBERED_S = 600.0  # and for how long
WINDOWS = 2  # tokens that count: the current one and the one before
WINDOW_S = 30.0  # how long a token is the current one
# An id is not forgotten to make room while its command could still act: lifetime and both skews,
# or, when the clock is not set, the two windows.
_CLOCK_HOLD_S = 10.0
_NO_CLOCK_HOLD_S = WINDOWS * WINDOW_S

Permit = Callable[[Command[object], str, float], str]
"""Dial plan and rates: (command, source, monotonic seconds) -> objection, or empty."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The time a command came in.

    Args:
        mono_s: monotonic seconds.
        wall_ms: Unix milliseconds by our clock.
        clock_set: whether the kernel trusts that clock.
    """

    mono_s: float
    wall_ms: float
    clock_set: bool = True


class Guard:
    """Remembers what was asked; ``check`` says whether a command may act.

    Args:
        epoch: name of this run of the bridge.
        permit: dial plan and rates; None = everything is permitted.
    """

    def __init__(self, epoch: str, permit: Permit | None = None) -> None:
        self._epoch = epoch
        self._permit = permit
        self._windows: tuple[str, ...] = ()
        self._acted = _Memory()
        self._refused = _Memory()  # of its own, so that refused ones never push out acted ones
        self.counts: Counter[str] = Counter()

    @property
    def windows(self) -> tuple[str, ...]:
        """Return the tokens that count, newest first, for ``info``."""
        return self._windows

    def rotate(self, token: str) -> None:
        """Make ``token`` the current one; call it at the start and every ``WINDOW_S``."""
        self._windows = (token, *self._windows)[:WINDOWS]

    def check(
        self,
        said: Command[object] | Unreadable,
        *,
        retained: bool,
        calls: Mapping[CallId, Phase],
        at: Moment,
        source: str = "mqtt",
    ) -> Verdict:
        """Decide about one message.

        Args:
            said: what the parser made of it.
            retained: its RETAIN flag as published.
            calls: the calls there are now.
            at: when it came in.
            source: whose rate limits apply.
        """
        verdict = self._judge(said, retained, calls, at, source)
        self.counts[verdict.rule] += 1
        reply = verdict.reply
        if reply.id is not None and verdict.rule not in _NOT_REMEMBERED:
            (self._acted if verdict.act else self._refused).keep(reply.id, reply, at.mono_s)
        return verdict

    def settle(self, reply: Reply) -> None:
        """Remember the later reply of a command that acted, for whoever repeats it."""
        if reply.id is not None:
            self._acted.settle(reply.id, reply)

    def _judge(
        self,
        said: Command[object] | Unreadable,
        retained: bool,
        calls: Mapping[CallId, Phase],
        at: Moment,
        source: str,
    ) -> Verdict:
        if retained:
            return _no("retained", said.id, Outcome.STALE, "retained: commands must not be")
        if isinstance(said, Unreadable):
            return _no("unreadable", said.id, Outcome.INVALID, said.reason)
        first = self._acted.recall(said.id, at.mono_s) or self._refused.recall(said.id, at.mono_s)
        if first is not None:
            return Verdict(False, first, "repeated")
        return (
            _check_age(said, at)
            or self._check_target(said, calls)
            or self._check_permit(said, source, at)
            or Verdict(True, Reply(said.id, Outcome.ACCEPTED), "run")
        )

    def _check_target(self, said: Command[object], calls: Mapping[CallId, Phase]) -> Verdict | None:
        """Return an objection of the rules 5 to 7."""
        if not said.knows_epoch:
            return None
        if said.epoch != self._epoch:
            return _no("epoch", said.id, Outcome.STALE, "made for another run of the bridge")
        if said.call is None:
            if said.window in self._windows:
                return None
            return _no("window", said.id, Outcome.STALE, "quotes no current window token of info")
        phase = calls.get(said.call)
        if phase is None or phase is Phase.ENDED:
            return _no("call", said.id, Outcome.STALE, "there is no such call")
        if said.expect is not None and said.expect is not phase:
            return _no("expect", said.id, Outcome.CONFLICT, f"the call is {phase.value}")
        return None

    def _check_permit(self, said: Command[object], source: str, at: Moment) -> Verdict | None:
        """Return an objection of the rules 8 and 9; the permit counts, so it is asked last."""
        hold_s = _CLOCK_HOLD_S if at.clock_set else _NO_CLOCK_HOLD_S
        if not self._acted.has_room(at.mono_s, hold_s):
            return _no("full", said.id, Outcome.BUSY, "too many commands: slow down")
        objection = self._permit(said, source, at.mono_s) if self._permit is not None else ""
        if objection:
            return _no("permit", said.id, Outcome.DENIED, objection)
        return None


# A retained or unreadable message proves nothing about who used the id first, and a repetition is
# remembered already. One that was too much to remember is not remembered.
_NOT_REMEMBERED = frozenset({"retained", "unreadable", "repeated", "full"})


def _no(rule: str, name: str | None, outcome: Outcome, detail: str) -> Verdict:
    """Return a refusal."""
    return Verdict(False, Reply(name, outcome, detail), rule)


def _check_age(said: Command[object], at: Moment) -> Verdict | None:
    """Return an objection of rule 4; written so that a time that is no number objects, too."""
    if not at.clock_set:
        return None
    age_ms = at.wall_ms - said.ts_ms
    if -MAX_SKEW_MS <= age_ms <= said.ttl_ms + MAX_SKEW_MS:
        return None
    seconds = f"{age_ms / 1000:.0f} s old" if age_ms > 0 else f"{-age_ms / 1000:.0f} s early"
    return _no("age", said.id, Outcome.STALE, f"{seconds}: it may be {said.ttl_ms} ms")


class _Memory:
    """Replies by command id, oldest first; bounded in number and age."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Reply]] = OrderedDict()

    def recall(self, name: str, now_s: float) -> Reply | None:
        kept = self._kept.get(name)
        if kept is None or now_s - kept[0] > REMEMBERED_S:
            return None
        return kept[1]

    def keep(self, name: str, reply: Reply, now_s: float) -> None:
        self._kept[name] = (now_s, reply)
        self._kept.move_to_end(name)
        while len(self._kept) > REMEMBERED or now_s - self._oldest_s() > REMEMBERED_S:
            self._kept.popitem(last=False)

    def settle(self, name: str, reply: Reply) -> None:
        kept = self._kept.get(name)
        if kept is not None:
            self._kept[name] = (kept[0], reply)

    def has_room(self, now_s: float, hold_s: float) -> bool:
        """Return whether one more fits without forgetting one younger than ``hold_s``."""
        return len(self._kept) < REMEMBERED or now_s - self._oldest_s() > hold_s

    def _oldest_s(self) -> float:
        return next(iter(self._kept.values()))[0]
