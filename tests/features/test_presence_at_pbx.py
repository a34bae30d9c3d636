"""Own presence at the PBX: it holds what it shall, whatever happens in between."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.features.presence import set_by_hand
from bridge.features.presence_at_pbx import (
    LEASE_MS,
    QUIET_MS,
    RENEW_MS,
    PbxLink,
    Said,
    came_up,
    heard,
    lost,
    ordered,
    orders_for,
    said_to_pbx,
    to_tell,
    told,
)
from bridge.model.blf import Extension, PresenceFact, PresenceState
from bridge.model.features import Presence, PresenceRules
from bridge.model.pbx import SetGlobalDnd, SetPresence

ME = Extension("200")
NOW = 1_800_000_000_000
RULES = PresenceRules(away_after_s=300)
NONE, AWAY, BUSY, DND = (
    PresenceState.NONE,
    PresenceState.AWAY,
    PresenceState.BUSY,
    PresenceState.DND,
)
MINUTE = 60_000


@dataclass
class World:
    """A bridge and a PBX that says what it holds; ``orders`` reach it at once."""

    mine: Presence = field(default_factory=Presence)
    link: PbxLink = field(default_factory=PbxLink)
    now_ms: int = NOW
    held: Said = field(default_factory=Said)
    dnd: bool = False
    has_spoken: bool = False
    orders: int = 0

    @property
    def fact(self) -> PresenceFact:
        """What the PBX says: do not disturb hides what was said."""
        if self.dnd:
            return PresenceFact(ME, DND)
        return PresenceFact(ME, self.held.presence, self.held.text, self.held.until_ms)

    def speak(self) -> None:
        self.has_spoken = True
        self.link, self.mine = heard(self.link, self.mine, self.fact, self.now_ms)

    def rest(self) -> None:
        """Let everything be told that has to be."""
        for _ in range(5):
            said = to_tell(self.link, self.mine, RULES, self.now_ms)
            if said is None:
                return
            for order in orders_for(ME, self.link.at, said):
                self.link = ordered(self.link, self.now_ms)
                self.obey(order)
                self.speak()
            self.link = told(self.link, said, self.now_ms)
        raise AssertionError("it is told for ever")

    def obey(self, order: object) -> None:
        self.orders += 1
        match order:
            case SetGlobalDnd(on=on):
                self.dnd = on
            case SetPresence(presence=presence, text=text, until_ms=until_ms):
                self.held = Said(presence, text, until_ms)

    def pass_(self, span_ms: int) -> None:
        """Let time pass; what has ended at the PBX is gone there."""
        self.now_ms += span_ms
        if 0 < self.held.until_ms <= self.now_ms:
            self.held = Said()
            if self.link.is_up:
                self.speak()

    def come_up(self) -> None:
        if self.has_spoken:
            self.link, self.mine = heard(self.link, self.mine, self.fact, self.now_ms)
        self.link, self.mine = came_up(self.link, self.mine)

    def start_again(self) -> None:
        """The PBX is started again and has forgotten everything."""
        self.link = lost(self.link)
        self.held, self.dnd = Said(), False
        self.come_up()

    def show(self, state: PresenceState, until_ms: int = 0) -> None:
        changed = set_by_hand(self.mine, state, self.now_ms, until_ms=until_ms)
        assert isinstance(changed, Presence)
        self.mine = changed


def naive(world: World) -> PresenceState:
    """What the PBX shall say of us, from nothing but what is true now."""
    mine = world.mine
    if mine.by_hand is not NONE and (not mine.until_ms or mine.until_ms > world.now_ms):
        return mine.by_hand
    if mine.elsewhere is not NONE:
        return mine.elsewhere
    if mine.line_busy or not mine.idle_since_ms:
        return NONE
    return AWAY if world.now_ms - mine.idle_since_ms >= 300_000 else NONE


STATES = [one for one in PresenceState if one is not NONE]
STEPS = st.one_of(
    st.tuples(st.just("show"), st.sampled_from(PresenceState), st.sampled_from([0, 5, 60])),
    st.tuples(st.just("meet"), st.sampled_from([NONE, BUSY, DND]), st.just(0)),
    st.tuples(st.just("call"), st.booleans(), st.just(0)),
    st.tuples(st.just("idle"), st.booleans(), st.just(0)),
    st.tuples(st.just("time"), st.sampled_from([1, 4, 11, 61]), st.just(0)),
    st.tuples(st.just("lose"), st.just(0), st.just(0)),
    st.tuples(st.just("up"), st.just(0), st.just(0)),
    st.tuples(st.just("again"), st.just(0), st.just(0)),
)


def happen(world: World, step: tuple[str, object, int]) -> None:
    match step:
        case ("show", PresenceState() as state, minutes):
            until_ms = world.now_ms + minutes * MINUTE if minutes and state is not NONE else 0
            world.show(state, until_ms)
        case ("meet", PresenceState() as state, _):
            world.mine = replace(world.mine, elsewhere=state)
        case ("call", bool() as on, _):
            world.mine = replace(world.mine, line_busy=on)
        case ("idle", bool() as on, _):
            world.mine = replace(world.mine, idle_since_ms=world.now_ms if on else 0)
        case ("time", int() as minutes, _):
            for _ in range(minutes):  # as timers would
                world.pass_(MINUTE)
                world.rest()
        case ("lose", _, _):
            world.link = lost(world.link)
        case ("up", _, _) if not world.link.is_up:
            world.come_up()
        case ("again", _, _):
            world.start_again()


@given(st.lists(STEPS, max_size=15))
def test_the_pbx_says_what_a_naive_look_at_the_truth_says(
    steps: list[tuple[str, object, int]],
) -> None:
    world = World()
    world.come_up()
    for step in steps:
        happen(world, step)
        world.rest()
        assert not world.link.is_up or world.fact.presence is naive(world)


@pytest.mark.parametrize("state", STATES)
def test_what_another_telephone_sets_counts_here_as_set_by_hand(state: PresenceState) -> None:
    world = World()
    world.come_up()
    world.held = Said(state, "by phone")
    world.speak()
    world.rest()
    assert (world.mine.by_hand, world.mine.text) == (state, "by phone")
    assert not world.orders  # nobody tells the PBX what it has said itself


def test_what_another_telephone_takes_back_is_taken_back_here() -> None:
    world = World()
    world.come_up()
    world.show(AWAY)
    world.rest()
    world.pass_(QUIET_MS)
    world.held = Said()
    world.speak()
    world.rest()
    assert world.mine.by_hand is NONE
    assert world.held == Said()


def test_after_a_start_the_word_of_the_pbx_counts_more_than_the_memory() -> None:
    world = World(mine=Presence(by_hand=DND), held=Said(AWAY), has_spoken=True)
    world.come_up()
    world.rest()
    assert world.mine.by_hand is AWAY
    assert not world.orders


def test_after_a_start_a_pbx_that_says_nothing_is_told_what_was_remembered() -> None:
    world = World(mine=Presence(by_hand=AWAY, until_ms=NOW + MINUTE))
    world.come_up()
    world.rest()
    assert world.held == Said(AWAY, "", NOW + MINUTE)


def test_what_has_ended_while_nobody_ran_is_never_told_again_and_taken_back() -> None:
    world = World(mine=Presence(by_hand=DND, until_ms=NOW - 1), dnd=True, has_spoken=True)
    world.come_up()
    world.rest()
    assert not world.dnd


def test_a_bridge_that_dies_leaves_nobody_away() -> None:
    world = World(mine=Presence(idle_since_ms=NOW - 300_000))
    world.come_up()
    world.rest()
    assert world.held.presence is AWAY
    world.pass_(LEASE_MS)  # and nobody tells it again
    assert world.held == Said()


def test_a_lease_is_renewed_only_when_it_is_about_to_end() -> None:
    world = World(mine=Presence(idle_since_ms=NOW - 300_000))
    world.come_up()
    world.rest()
    world.pass_(LEASE_MS - RENEW_MS - 1)
    assert to_tell(world.link, world.mine, RULES, world.now_ms) is None
    world.pass_(1)
    world.rest()
    assert world.held.until_ms == world.now_ms + LEASE_MS


def test_own_calls_are_left_to_the_pbx_which_sees_all_lines() -> None:
    assert said_to_pbx(Presence(line_busy=True), RULES, NOW) == Said()


def test_do_not_disturb_of_a_meeting_is_shown_and_keeps_no_calls_away() -> None:
    world = World(mine=Presence(elsewhere=DND))
    world.come_up()
    world.rest()
    assert (world.held.presence, world.dnd) == (DND, False)
    world.mine = Presence(by_hand=DND)
    world.rest()
    assert (world.held, world.dnd) == (Said(), True)
    world.mine = Presence(elsewhere=DND)
    world.rest()
    assert (world.held.presence, world.dnd) == (DND, False)
