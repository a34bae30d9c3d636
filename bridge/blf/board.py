"""The board: what every key shows now, and which keys show something else than a moment ago."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.blf.facts import Facts
from bridge.blf.fit import lamps_for
from bridge.blf.seeing import (
    LOCAL,
    NEVER_S,
    World,
    is_every_queue,
    number_of,
    sight,
    subject_of,
    table_of,
)
from bridge.blf.tables import OF_RELATION, Vigil, key_state
from bridge.model.blf import (
    Extension,
    Fact,
    Favourite,
    KeyFace,
    KeyState,
    KeyType,
    LineFact,
    PbxId,
    PresenceState,
    QueueFact,
    SourceFact,
)
from bridge.model.calls import Snapshot
from bridge.model.contacts import tail
from bridge.model.lamps import LampSettings

FREE_AGAIN_S = 60.0  # so long a key offers the call somebody was waited for

_CAN_BE_CALLED = frozenset({KeyState.FREE, KeyState.PHONE_ONLY})

_OF_MYSELF = frozenset({KeyType.PRESENCE, KeyType.DND})
_BY_LINES = frozenset({KeyType.LINE, KeyType.DND, KeyType.VOICEMAIL, KeyType.FORWARDING})
"""Types that show something of our lines, besides calls."""


@dataclass(frozen=True, slots=True)
class Freed:
    """Somebody we wanted to be told of is free."""

    position: int
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the keys since the last time.

    Args:
        faces: of the keys that show something else, by position.
        gone: positions that hold no favourite any more.
        freed: whom somebody waited for.
    """

    faces: tuple[KeyFace, ...] = ()
    gone: tuple[int, ...] = ()
    freed: tuple[Freed, ...] = ()


@dataclass(slots=True)
class _Key:
    """One favourite with what it shows."""

    favourite: Favourite
    subject: Extension
    face: KeyFace | None = None  # as told last
    source: PbxId = LOCAL
    until_s: float = NEVER_S  # when what it shows stops to count by itself


@dataclass(slots=True)
class _Wait:
    """Somebody waits for a line to be free."""

    vigil: Vigil
    until_s: float


class Board:
    """Facts, own calls and favourites in; changed faces out. Used by one thread.

    Args:
        settings: own extension and look.
    """

    def __init__(self, settings: LampSettings) -> None:
        self._settings = settings
        self._facts = Facts()
        self._view = Snapshot()
        self._keys: dict[int, _Key] = {}  # in the order of positions
        self._watchers: dict[Extension, list[int]] = {}
        self._by_tail: dict[str, list[int]] = {}  # keys that may be about a call with a number
        self._by_lines: tuple[int, ...] = ()
        self._by_queues: tuple[int, ...] = ()
        self._dirty: set[int] = set()
        self._gone: set[int] = set()
        self._waits: dict[Extension, _Wait] = {}
        self._mine: PresenceState | None = None
        self._due_s = NEVER_S  # not later than the first key or wait that ends by itself

    # -- in -------------------------------------------------------------------

    def arrange(self, favourites: Iterable[Favourite]) -> None:
        """Hold these favourites from now on.

        What is known about somebody who loses the last key is forgotten: nobody may have to tell
        of him any more, so it would not be true for long.
        """
        before, self._keys = self._keys, {}
        watched = set(self._watchers)
        self._watchers, self._by_tail = {}, {}
        for favourite in sorted(favourites, key=lambda one: one.position):
            old = before.pop(favourite.position, None)
            subject = subject_of(favourite, self._settings.extension)
            face = None if old is None else old.face
            self._keys[favourite.position] = _Key(favourite, subject, face)
            self._index(favourite, subject)
        self._gone = (self._gone | set(before)) - set(self._keys)
        self._by_lines = tuple(p for p, k in self._keys.items() if k.favourite.type in _BY_LINES)
        self._by_queues = tuple(p for p, k in self._keys.items() if is_every_queue(k.favourite))
        self._facts.forget(watched - set(self._watchers))
        self._waits = {s: wait for s, wait in self._waits.items() if s in self._watchers}
        self._dirty = set(self._keys)

    def _index(self, favourite: Favourite, subject: Extension) -> None:
        if subject:
            self._watchers.setdefault(subject, []).append(favourite.position)
        if number := number_of(favourite):
            self._by_tail.setdefault(tail(number), []).append(favourite.position)

    def learn(self, pbx: PbxId, fact: Fact, at_s: float) -> None:
        """Take a fact; see ``ports.FactSink``.

        Args:
            pbx: who said it.
            fact: what.
            at_s: monotonic seconds.
        """
        watchers = self._watchers
        for subject in self._facts.learn(pbx, fact, at_s):
            if subject in watchers:
                self._dirty.update(watchers[subject])
        if isinstance(fact, QueueFact | SourceFact):
            self._dirty.update(self._by_queues)

    def show_me(self, presence: PresenceState) -> None:
        """Take what we have set of ourselves by hand, where no PBX holds it; ``NONE`` = nothing."""
        self._mine = presence
        self._dirty.update(p for p, k in self._keys.items() if k.favourite.type in _OF_MYSELF)

    def watch(self, view: Snapshot) -> None:
        """Take the calls and lines of the core."""
        before, self._view = self._view, view
        old = {(call.remote.number, call.phase, call.call) for call in before.calls}
        new = {(call.remote.number, call.phase, call.call) for call in view.calls}
        for number, _, _ in old ^ new:
            self._dirty.update(self._by_tail.get(tail(number), ()))
        if old != new or _of_lines(before) != _of_lines(view):
            self._dirty.update(self._by_lines)

    def await_free(self, position: int, at_s: float) -> None:
        """Tell when the line of a key is free; once.

        Args:
            position: of a key that shows that its line is in use.
            at_s: monotonic seconds.
        """
        subject = self._keys[position].subject
        self._wait(subject, Vigil.WAITING, at_s + self._settings.tell_s)
        self._dirty.update(self._watchers[subject])

    def _wait(self, subject: Extension, vigil: Vigil, until_s: float) -> None:
        self._waits[subject] = _Wait(vigil, until_s)
        self._due_s = min(self._due_s, until_s)

    def stop_waiting(self, position: int) -> None:
        """Do not tell any more; harmless where nobody waits."""
        key = self._keys.get(position)
        if key is not None and self._waits.pop(key.subject, None) is not None:
            self._dirty.update(self._watchers[key.subject])

    # -- out ------------------------------------------------------------------

    @property
    def is_dirty(self) -> bool:
        """Whether ``take`` may have something to tell."""
        return bool(self._dirty or self._gone)

    def take(self, at_s: float) -> Changes:
        """Return what changed since the last time; what is too old by now is found, too."""
        is_due = at_s >= self._due_s
        if is_due:
            self._dirty.update(p for p, key in self._keys.items() if key.until_s <= at_s)
        freed = tuple(self._looked_after(at_s)) if self._waits else ()
        faces = [face for p in sorted(self._dirty) if (face := self._renewed(p, at_s)) is not None]
        changes = Changes(tuple(faces), tuple(sorted(self._gone)), freed)
        self._dirty.clear()
        self._gone.clear()
        if is_due:
            self._due_s = self._earliest()
        return changes

    def _earliest(self) -> float:
        keys = min((key.until_s for key in self._keys.values()), default=NEVER_S)
        return min(keys, min((wait.until_s for wait in self._waits.values()), default=NEVER_S))

    @property
    def due_s(self) -> float:
        """When ``take`` has to be called although nothing happens; infinite = not."""
        return self._due_s

    @property
    def subjects(self) -> frozenset[Extension]:
        """Whom keys are about; of others nothing needs to be said."""
        return frozenset(self._watchers)

    @property
    def favourites(self) -> tuple[Favourite, ...]:
        """The list, by position."""
        return tuple(key.favourite for key in self._keys.values())

    @property
    def faces(self) -> tuple[KeyFace, ...]:
        """What was told last, by position."""
        return tuple(key.face for key in self._keys.values() if key.face is not None)

    @property
    def view(self) -> Snapshot:
        """Our own calls and lines."""
        return self._view

    def favourite(self, position: int) -> Favourite | None:
        """Return what a key stands for."""
        key = self._keys.get(position)
        return None if key is None else key.favourite

    def face(self, position: int) -> KeyFace | None:
        """Return what a key showed when that was told last."""
        key = self._keys.get(position)
        return None if key is None else key.face

    def source(self, position: int) -> PbxId:
        """Return who said what a key shows; ``LOCAL`` where nobody had to."""
        return self._keys[position].source

    def state(self, position: int, at_s: float) -> KeyState:
        """Return what a key shows at this moment, told or not: a press goes by it."""
        return self._look(self._keys[position], at_s)[0]

    def line_of(self, position: int, at_s: float) -> LineFact | None:
        """Return the line a key is about, where it is known."""
        known = self._facts.lines.get(self._keys[position].subject, at_s, self._facts.up)
        return None if known is None else known.fact

    def why_unknown(self, position: int) -> str:
        """Return why a key shows *unknown* and the way out, one sentence."""
        key, facts = self._keys[position], self._facts
        if key.favourite.type is KeyType.LINE:
            return f"no account is called {key.favourite.target!r}: see `offhook status`"
        is_every = is_every_queue(key.favourite)
        is_nobody = not key.subject and not is_every
        if is_nobody or (not self._settings.extension and _is_about_us(key.favourite)):
            return "our own extension is not known: set lamps.extension"
        if not facts.up:
            told = "; ".join(reason for reason in facts.reasons.values() if reason)
            return told or "no PBX tells the state of its lines: set pbx.id"
        if is_every:
            return "the PBX tells of no queue"
        if not any(key.subject in shelf for shelf in facts.shelves):
            return f"the PBX knows no {key.subject}: look at the target of this key"
        return f"the PBX has said nothing new about {key.subject} for too long"

    # -- computing ------------------------------------------------------------

    def _renewed(self, position: int, at_s: float) -> KeyFace | None:
        """Compute a key anew; return its face if that is another one now."""
        key = self._keys.get(position)
        if key is None:
            return None
        state, key.source, key.until_s = self._look(key, at_s)
        self._due_s = min(self._due_s, key.until_s)
        lamp = lamps_for(self._settings.look, table_of(key.favourite))[state]
        is_stale = state is KeyState.UNKNOWN
        face = KeyFace(position, key.favourite.name, state.value, lamp, is_stale)
        if face == key.face:
            return None
        key.face = face
        return face

    def _look(self, key: _Key, at_s: float) -> tuple[KeyState, PbxId, float]:
        """Return what a key shows, who says so, and until when that counts."""
        wait = self._waits.get(key.subject)
        world = World(self._facts, self._view, self._settings.extension, at_s, self._mine)
        found = sight(key.favourite, world, None if wait is None else wait.vigil)
        return key_state(table_of(key.favourite), found.seen), found.source, found.until_s

    # -- waiting for somebody -------------------------------------------------

    def _looked_after(self, at_s: float) -> Iterable[Freed]:
        """End what is over; yield whom somebody waited for."""
        for subject, wait in tuple(self._waits.items()):
            positions = self._watchers[subject]
            states = {self._look(self._keys[p], at_s)[0] for p in positions}
            if wait.vigil is Vigil.WAITING and states & _CAN_BE_CALLED:
                self._wait(subject, Vigil.OVER, at_s + FREE_AGAIN_S)
                favourite = self._keys[positions[0]].favourite
                yield Freed(favourite.position, favourite.name, favourite.target)
            elif wait.until_s <= at_s or not self._goes_on(wait.vigil, states):
                del self._waits[subject]
            else:
                continue
            self._dirty.update(positions)

    @staticmethod
    def _goes_on(vigil: Vigil, states: set[KeyState]) -> bool:
        if vigil is Vigil.OVER:
            return KeyState.FREE_AGAIN in states
        return not states & set(OF_RELATION.values())  # we speak with each other: it was used


def _of_lines(view: Snapshot) -> tuple[object, ...]:
    return view.lines, view.do_not_disturb, view.engine_up, view.forwarding


def _is_about_us(favourite: Favourite) -> bool:
    return favourite.type in {
        *(KeyType.QUEUE, KeyType.FORWARDING, KeyType.PRESENCE, KeyType.DND),
    }
