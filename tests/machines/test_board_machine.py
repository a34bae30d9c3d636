"""The board with anything in any order: each lamp is what a plain look at everything says it is."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.blf.board import Board
from bridge.blf.facts import FRESH_S, RINGING_S
from bridge.model.blf import (
    Extension,
    Favourite,
    KeyFace,
    KeyType,
    LineFact,
    LineState,
    PbxId,
    PresenceFact,
    PresenceState,
    SourceFact,
)
from bridge.model.calls import CallView, Direction, Party, Phase, Snapshot
from bridge.model.ids import AccountId, CallId
from bridge.model.lamps import LampSettings

EXTENSIONS = [Extension(number) for number in ("201", "202", "203")]
PBXS = [PbxId("one"), PbxId("two")]
OWN_CALL = {
    Phase.RINGING: "calls-me",
    Phase.DIALING: "called",
    Phase.CONNECTED: "talking",
    Phase.HELD: "on-hold",
}
OVER_FREE = {
    PresenceState.AWAY: "away",
    PresenceState.BUSY: "busy",
    PresenceState.DND: "dnd",
    PresenceState.INVISIBLE: "offline",
}


@dataclass
class Said:
    """The last thing a PBX said, and when."""

    pbx: PbxId
    fact: LineFact | PresenceFact
    at_s: float
    since_s: float


class Lamps(RuleBasedStateMachine):
    """Everything that was ever said is kept in lists, and looked through for each lamp."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board(LampSettings(extension=Extension("200")))
        self.now = 0.0
        self.up: set[PbxId] = set()
        self.said: dict[tuple[type, Extension], Said] = {}
        self.favourites: dict[int, Extension] = {}
        self.calls: dict[Extension, Phase] = {}
        self.told: dict[int, KeyFace] = {}

    # -- what happens ---------------------------------------------------------

    @rule(
        number=st.sampled_from(EXTENSIONS),
        state=st.sampled_from(LineState),
        pbx=st.sampled_from(PBXS),
    )
    def a_line_changes(self, number: Extension, state: LineState, pbx: PbxId) -> None:
        self.say(pbx, LineFact(number, state))

    @rule(
        number=st.sampled_from(EXTENSIONS),
        state=st.sampled_from([PresenceState.NONE, *OVER_FREE]),
        pbx=st.sampled_from(PBXS),
    )
    def a_person_speaks(self, number: Extension, state: PresenceState, pbx: PbxId) -> None:
        self.say(pbx, PresenceFact(number, state))

    def say(self, pbx: PbxId, fact: LineFact | PresenceFact) -> None:
        self.board.learn(pbx, fact, self.now)
        about = (type(fact), fact.extension)
        before = self.said.get(about)
        is_same = before is not None and (before.pbx, before.fact) == (pbx, fact)
        since_s = before.since_s if is_same and before is not None else self.now
        self.said[about] = Said(pbx, fact, self.now, since_s)

    @rule(pbx=st.sampled_from(PBXS))
    def a_pbx_comes(self, pbx: PbxId) -> None:
        self.board.learn(pbx, SourceFact(pbx, is_up=True), self.now)
        self.up.add(pbx)

    @rule(pbx=st.sampled_from(PBXS))
    def a_pbx_goes(self, pbx: PbxId) -> None:
        self.board.learn(pbx, SourceFact(pbx, is_up=False), self.now)
        self.up.discard(pbx)
        self.said = {about: one for about, one in self.said.items() if one.pbx != pbx}

    @rule(list_=st.dictionaries(st.integers(1, 4), st.sampled_from(EXTENSIONS)))
    def the_list_changes(self, list_: dict[int, Extension]) -> None:
        dropped = set(self.favourites.values()) - set(list_.values())
        self.said = {about: one for about, one in self.said.items() if about[1] not in dropped}
        self.favourites = list_
        self.board.arrange(Favourite(p, "x", KeyType.BLF, e) for p, e in list_.items())

    @rule(calls=st.dictionaries(st.sampled_from(EXTENSIONS), st.sampled_from(list(OWN_CALL))))
    def our_calls_change(self, calls: dict[Extension, Phase]) -> None:
        self.calls = calls
        views = [
            CallView(CallId(e), AccountId("desk"), Direction.INCOMING, phase, Party(e), 0)
            for e, phase in calls.items()
        ]
        self.board.watch(Snapshot(tuple(views)))

    @rule(seconds=st.sampled_from([1.0, RINGING_S, FRESH_S / 2, FRESH_S]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def somebody_looks(self) -> None:
        self.look()

    # -- what has to hold -----------------------------------------------------

    def look(self) -> None:
        changes = self.board.take(self.now)
        for position in changes.gone:
            del self.told[position]
        for face in changes.faces:
            assert self.told.get(face.position) != face, "nothing is told twice"
            self.told[face.position] = face

    @invariant()
    def a_change_is_never_overlooked(self) -> None:
        """Whoever takes only when the board is dirty or its time has come misses nothing."""
        if self.board.is_dirty or self.board.due_s <= self.now:
            self.look()
        assert {p: face.state for p, face in self.told.items()} == {
            position: self.expected(extension) for position, extension in self.favourites.items()
        }
        assert all(face.stale == (face.state == "unknown") for face in self.told.values())

    def expected(self, extension: Extension) -> str:
        if extension in self.calls:
            return OWN_CALL[self.calls[extension]]
        line = self.known(LineFact, extension)
        if not isinstance(line, LineFact) or line.state is LineState.UNKNOWN:
            return "unknown"
        said = self.known(PresenceFact, extension)
        presence = said.presence if isinstance(said, PresenceFact) else PresenceState.NONE
        if presence is PresenceState.INVISIBLE:
            return "offline"
        if line.state is LineState.FREE or (
            line.state is LineState.OFFLINE and presence in OVER_FREE
        ):
            return OVER_FREE.get(presence, "free")
        return str(line.state.value)

    def known(self, kind: type, extension: Extension) -> LineFact | PresenceFact | None:
        one = self.said.get((kind, extension))
        if one is None or one.pbx not in self.up or self.now - one.at_s >= FRESH_S:
            return None
        is_brief = isinstance(one.fact, LineFact) and one.fact.state in {
            LineState.RINGING,
            LineState.DIALING,
        }
        return None if is_brief and self.now - one.since_s >= RINGING_S else one.fact


TestLamps = Lamps.TestCase
TestLamps.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
