"""Whatever happens in whatever order: each call is in the list exactly once, and as it went."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from bridge.app.history import History
from bridge.app.switchboard import Switchboard
from bridge.core.state import Line, State
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.calls import Party, Phase, Snapshot
from bridge.model.contacts import Named
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.engine import AccountSettings
from bridge.model.events import CallArrived, Event, RemoteChanged
from bridge.model.history import CallKind, HistoryEntry, Memory
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Verb

LINE = AccountId("desk")


@dataclass
class Paper:
    """Keeps what the store would be told."""

    entries: dict[CallId, HistoryEntry] = field(default_factory=dict)
    ends: Counter[CallId] = field(default_factory=Counter)
    memory: Memory = field(default_factory=Memory)

    def keep(self, entry: HistoryEntry) -> None:
        before = self.entries.get(entry.call)
        if entry.end_ms is not None and (before is None or before.end_ms is None):
            self.ends[entry.call] += 1
        assert not (before and before.end_ms is not None and entry.end_ms is None), "came to life"
        self.entries[entry.call] = entry

    def remember(self, memory: Memory) -> None:
        self.memory = memory


class Everybody:
    """Knows everybody, after a while."""

    async def name_of(self, account: AccountId, number: str) -> Named | None:
        await asyncio.sleep(0)
        return Named(f"name of {number}") if number != "nobody" else None


class Witness:
    """Notes every call there ever was, a reader like any other."""

    def __init__(self) -> None:
        self.calls: set[CallId] = set()
        self.answered: set[CallId] = set()
        self.announced_ends: Counter[CallId] = Counter()

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        if isinstance(event, CallArrived):
            self.calls.add(event.call)

    def changed(self, now: Snapshot) -> None:
        self.calls |= {view.call for view in now.calls}
        up = {Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD}
        self.answered |= {view.call for view in now.calls if view.phase in up}

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        if isinstance(what, AnnounceCall) and what.after is Phase.ENDED:
            self.announced_ends[what.call] += 1


class Desk:
    """Core, virtual engine and call list, without anything that waits."""

    def __init__(self) -> None:
        self.timers = VirtualTimers()
        self.paper, self.witness = Paper(), Witness()
        self.deferred: list[Callable[[], None]] = []
        self.board = Switchboard(self.timers, lambda: 1_800_000_000.0, State(lines=(Line(LINE),)))
        accounts = [AccountSettings(LINE, "200", server="pbx.example")]
        self.engine = VirtualEngine(
            accounts, self.board.post, self.timers.now, defer=self.deferred.append
        )
        self.board.engine = self.engine
        self.history = History(self.board, self.paper, Everybody(), Memory())
        self.board.readers += [self.witness, self.history]

    def settle(self, count: int = 99) -> None:
        """Let some of what the engine has to say arrive."""
        while self.deferred and count:
            count -= 1
            self.deferred.pop(0)()

    def does(self, action: str, pick: int) -> None:
        calls = list(self.engine.calls)
        call = calls[pick % len(calls)] if calls else None
        match action:
            case "called":
                self.engine.peer_calls(["201", "anonymous", "nobody"][pick % 3], "Ada")
            case "dials":
                self._asks(Verb.DIAL, "202")
            case "answers" | "rejects" | "hangs up" | "holds" | "resumes" | "swaps":
                self._asks(_VERBS[action])
            case "dnd":
                self._asks(Verb.DND_OFF if self.board.state.do_not_disturb else Verb.DND_ON)
            case "waiting":
                self._asks(Verb.WAITING_ON if pick % 2 else Verb.WAITING_OFF)
            case "lock":
                self._asks(Verb.LOCK if pick % 2 else Verb.UNLOCK)
            case "dies":
                self.engine.dies()
                self.engine.comes_back()
            case "settles":
                self.settle(pick)
            case "time passes":
                self.timers.advance(float(pick))
            case _ if call is not None:
                self._peer(action, call)

    def _peer(self, action: str, call: CallId) -> None:
        is_up, is_outgoing = self.engine.calls[call].up, call.startswith("virtual") is False
        match action:
            case "peer hangs up":
                self.engine.peer_hangs_up(call, elsewhere=not is_up)
            case "peer answers" if is_outgoing and not is_up:
                self.engine.peer_answers(call)
            case "peer rejects" if is_outgoing and not is_up:
                self.engine.peer_rejects(call, 486)
            case _:
                pass

    def _asks(self, verb: Verb, target: str = "") -> None:
        self.board.ask(Intent(verb, target=target), lambda answer: None)


_VERBS = {
    "answers": Verb.ANSWER,
    "rejects": Verb.REJECT,
    "hangs up": Verb.HANGUP,
    "holds": Verb.HOLD,
    "resumes": Verb.RESUME,
    "swaps": Verb.SWAP,
}
ACTIONS = [
    "called", "called", "dials", *_VERBS, "dnd", "waiting", "lock", "dies", "settles", "settles",
    "time passes", "peer hangs up", "peer answers", "peer rejects",
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9)), max_size=30))
def test_each_call_is_kept_exactly_once(actions: list[tuple[str, int]]) -> None:
    asyncio.run(_play(actions))


async def _play(actions: list[tuple[str, int]]) -> None:
    desk = Desk()
    async with desk.engine:
        desk.settle()
        for action, pick in actions:
            desk.does(action, pick)
            await asyncio.sleep(0)
        desk.settle()
        await asyncio.sleep(0)
    desk.settle()
    await desk.history.close()
    paper, witness = desk.paper, desk.witness
    assert set(paper.entries) == witness.calls
    assert paper.ends == Counter(dict.fromkeys(witness.calls, 1))
    answered = {call for call, e in paper.entries.items() if e.answer_ms is not None}
    assert answered == witness.answered
    received = {c for c, e in paper.entries.items() if e.kind is CallKind.RECEIVED}
    outgoing = {c for c, e in paper.entries.items() if e.kind is CallKind.OUTGOING}
    assert answered <= received | outgoing
    assert received <= answered
    assert desk.paper.memory.last_dialed == desk.board.state.last_dialed
    assert desk.paper.memory.do_not_disturb == desk.board.state.do_not_disturb
    assert desk.paper.memory.call_waiting == desk.board.state.waiting_chosen
    assert desk.paper.memory.locked == desk.board.state.locked


class Slow:
    """Finds names when told to, the oldest question last."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer: dict[str, asyncio.Event] = {}

    async def name_of(self, account: AccountId, number: str) -> Named | None:
        self.asked.append(number)
        await self.may_answer.setdefault(number, asyncio.Event()).wait()
        return Named(f"name of {number}")


async def test_a_name_that_comes_late_does_not_stay_with_another_party() -> None:
    desk, book = Desk(), Slow()
    desk.board.readers.remove(desk.history)
    desk.history = History(desk.board, desk.paper, book, Memory())
    desk.board.readers.append(desk.history)
    async with desk.engine:
        desk.settle()
        call = desk.engine.peer_calls("201")
        assert call is not None
        desk.settle()
        await asyncio.sleep(0)
        desk.board.post(RemoteChanged(desk.timers.now(), call, Party("202")))
        await asyncio.sleep(0)
        assert book.asked == ["201", "202"]
        for number in ("202", "201"):  # the newer answer first
            book.may_answer[number].set()
            for _ in range(4):  # turns of the loop: the task, what it posts, its end
                await asyncio.sleep(0)
        desk.engine.peer_hangs_up(call)
        desk.settle()
        await asyncio.sleep(0)
    entry = desk.paper.entries[call]
    assert (entry.number, entry.name) == ("202", "name of 202")
    await desk.history.close()
