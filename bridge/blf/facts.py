"""What the PBX said, and for how long it counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

from bridge.model.blf import (
    Extension,
    Fact,
    ForwardingFact,
    LineFact,
    LineState,
    MailboxFact,
    PbxId,
    PresenceFact,
    QueueFact,
    SourceFact,
)

FRESH_S = 3600.0
"""So long a fact counts after it was said last; the contract has it said again every 20 min."""

RINGING_S = 300.0
"""So long a line may ring or dial before its end is taken for lost. RFC 3261 timer C lets a proxy
give up after 3 min; PBXs are known that never told the end of an early dialog (Kamailio issue 3192,
ivozprovider pull 1570: three hours)."""

MOST_SUBJECTS = 100_000
"""Lines, queues and so on that are kept of each kind: ten times the largest installation. More
must be somebody's mistake, and would fill the memory."""

_ENDS = frozenset({LineState.RINGING, LineState.DIALING})

F = TypeVar("F", bound=LineFact | PresenceFact | MailboxFact | QueueFact | ForwardingFact)


class _Told(Generic[F]):
    """One fact, who said it, when it was said last, and since when it is so."""

    __slots__ = ("at_s", "fact", "pbx", "since_s")

    def __init__(self, fact: F, pbx: PbxId, at_s: float, since_s: float) -> None:
        self.fact: F = fact
        self.pbx = pbx
        self.at_s = at_s
        self.since_s = since_s


@dataclass(frozen=True, slots=True)
class Known(Generic[F]):
    """A fact that counts now.

    Args:
        fact: what.
        pbx: who said it.
        until_s: when it stops to count by itself, monotonic seconds.
    """

    fact: F
    pbx: PbxId
    until_s: float


class Shelf(Generic[F]):
    """All facts of one kind."""

    def __init__(self) -> None:
        self._told: dict[Extension, _Told[F]] = {}

    def put(self, subject: Extension, fact: F, pbx: PbxId, at_s: float) -> bool:
        """Keep a fact; return whether it says something new."""
        told = self._told.get(subject)
        if told is None:
            if len(self._told) >= MOST_SUBJECTS:
                return False
            self._told[subject] = _Told(fact, pbx, at_s, at_s)
            return True
        was_fresh = at_s - told.at_s <= FRESH_S
        is_new = told.fact != fact or told.pbx != pbx
        if is_new:
            told.fact, told.pbx, told.since_s = fact, pbx, at_s
        told.at_s = at_s
        return is_new or not was_fresh

    def get(self, subject: Extension, at_s: float, up: frozenset[PbxId]) -> Known[F] | None:
        """Return what counts about a subject, None where nothing does."""
        told = self._told.get(subject)
        if told is None or told.pbx not in up:
            return None
        until_s = told.at_s + FRESH_S
        if isinstance(told.fact, LineFact) and told.fact.state in _ENDS:
            until_s = min(until_s, told.since_s + RINGING_S)
        return Known(told.fact, told.pbx, until_s) if at_s < until_s else None

    def all(self, at_s: float, up: frozenset[PbxId]) -> list[Known[F]]:
        """Return everything that counts."""
        found = (self.get(subject, at_s, up) for subject in self._told)
        return [known for known in found if known is not None]

    def __contains__(self, subject: object) -> bool:
        """Whether anything was ever said about a subject."""
        return subject in self._told

    def subjects(self, pbx: PbxId) -> list[Extension]:
        """Return whom a PBX has spoken of."""
        return [subject for subject, told in self._told.items() if told.pbx == pbx]

    def forget(self, subjects: Iterable[Extension]) -> None:
        """Know nothing of them any more."""
        for subject in subjects:
            del self._told[subject]


class Facts:
    """Everything the PBXs said."""

    def __init__(self) -> None:
        self.lines: Shelf[LineFact] = Shelf()
        self.presences: Shelf[PresenceFact] = Shelf()
        self.mailboxes: Shelf[MailboxFact] = Shelf()
        self.queues: Shelf[QueueFact] = Shelf()
        self.profiles: Shelf[ForwardingFact] = Shelf()
        self.up: frozenset[PbxId] = frozenset()
        self.reasons: dict[PbxId, str] = {}
        """Why a PBX that was up, or said so, is not."""
        self.shelves = (
            self.lines,
            self.presences,
            self.mailboxes,
            self.queues,
            self.profiles,
        )

    def learn(self, pbx: PbxId, fact: Fact, at_s: float) -> Iterable[Extension]:
        """Keep a fact; return whose keys may have changed by it.

        Args:
            pbx: who said it.
            fact: what.
            at_s: monotonic seconds.
        """
        match fact:
            case LineFact(extension=subject):
                is_new = self.lines.put(subject, fact, pbx, at_s)
            case PresenceFact(extension=subject):
                is_new = self.presences.put(subject, fact, pbx, at_s)
            case MailboxFact(extension=subject):
                is_new = self.mailboxes.put(subject, fact, pbx, at_s)
            case QueueFact(queue=subject):
                is_new = self.queues.put(subject, fact, pbx, at_s)
            case ForwardingFact(extension=subject):
                is_new = self.profiles.put(subject, fact, pbx, at_s)
            case SourceFact():
                return self._source(fact)
            case _:
                assert_never(fact)
        return (subject,) if is_new else ()

    def forget(self, subjects: Iterable[Extension]) -> None:
        """Know nothing of these subjects any more, but of queues: a PBX tells of all it has."""
        for shelf in self.shelves:
            if shelf is not self.queues:
                shelf.forget([subject for subject in subjects if subject in shelf])

    def _source(self, fact: SourceFact) -> Iterable[Extension]:
        """A PBX that went away has to say everything again: nothing of before counts."""
        if fact.is_up:
            self.reasons.pop(fact.pbx, None)
            if fact.pbx in self.up:
                return ()
            self.up |= {fact.pbx}
            return self._spoken_of(fact.pbx)
        self.reasons[fact.pbx] = fact.reason
        self.up -= {fact.pbx}
        gone = self._spoken_of(fact.pbx)
        for shelf in self.shelves:
            shelf.forget(shelf.subjects(fact.pbx))
        return gone

    def _spoken_of(self, pbx: PbxId) -> set[Extension]:
        return {subject for shelf in self.shelves for subject in shelf.subjects(pbx)}
