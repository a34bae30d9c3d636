"""States and lamps: nobody is told that somebody is free when that is not known."""

from itertools import combinations, product

import pytest

from bridge.blf.fit import confused, lamps_for
from bridge.blf.looks import LOOKS
from bridge.blf.tables import MEANING, SHOWN_BY, Meaning, Relation, Seat, Seen, Vigil, key_state
from bridge.model.blf import Color, KeyState, KeyType, LineState, Pattern, PresenceState
from bridge.model.lamps import LookName
from bridge.protocols.panel_lamps import unknown_on

BRIGHT = tuple(color for color in Color if color is not Color.OFF)
PANELS = [
    frozenset({Color.OFF, *some})
    for count in (1, 2, len(BRIGHT))
    for some in combinations(BRIGHT, count)
]

EVERYTHING = [
    Seen(line, presence, relation, vigil)
    for line, presence, relation, vigil in product(
        (None, *LineState), PresenceState, (None, *Relation), (None, *Vigil)
    )
]
SWITCHES = [Seen(seat=seat, is_on=is_on) for seat in (None, *Seat) for is_on in (None, True, False)]


@pytest.mark.parametrize("type_", KeyType)
def test_a_key_shows_only_what_its_type_can_show(type_: KeyType) -> None:
    shown = {key_state(type_, seen) for seen in (*EVERYTHING, *SWITCHES)}
    impossible = {KeyType.FEATURE_CODE: set(SHOWN_BY[KeyType.BLF])}  # it has no calls with us
    assert shown <= SHOWN_BY[type_] | impossible.get(type_, set())
    assert SHOWN_BY[type_] <= shown


@pytest.mark.parametrize("type_", [KeyType.BLF, KeyType.PARK, KeyType.FEATURE_CODE])
def test_what_is_not_known_is_unknown_whatever_else_is_known(type_: KeyType) -> None:
    unheard = [s for s in EVERYTHING if s.line in (None, LineState.UNKNOWN) and not s.relation]
    assert {key_state(type_, seen) for seen in unheard} == {KeyState.UNKNOWN}


def test_a_ringing_line_can_be_picked_up_whatever_its_owner_says_of_himself() -> None:
    visible = set(PresenceState) - {PresenceState.INVISIBLE}
    states = {key_state(KeyType.BLF, Seen(LineState.RINGING, one)) for one in visible}
    assert states == {KeyState.RINGING}


def test_who_is_invisible_is_offline_on_every_key() -> None:
    known = set(LineState) - {LineState.UNKNOWN}
    states = {key_state(KeyType.BLF, Seen(one, PresenceState.INVISIBLE)) for one in known}
    assert states == {KeyState.OFFLINE}


def test_a_meeting_counts_as_busy() -> None:
    seen = Seen(LineState.FREE, PresenceState.BUSY)
    assert key_state(KeyType.BLF, seen) is KeyState.BUSY


def test_a_manager_busy_through_the_assistant_does_not_look_busy() -> None:
    seen = Seen(LineState.BUSY, PresenceState.ASSISTANT)
    assert key_state(KeyType.BLF, seen) is KeyState.ASSISTANT


@pytest.mark.parametrize("relation", Relation)
def test_our_own_call_needs_no_pbx(relation: Relation) -> None:
    known = key_state(KeyType.BLF, Seen(LineState.BUSY, relation=relation))
    assert key_state(KeyType.BLF, Seen(relation=relation)) is known is not KeyState.UNKNOWN


# -- lamps --------------------------------------------------------------------


@pytest.mark.parametrize("look", LookName)
@pytest.mark.parametrize("type_", KeyType)
def test_a_look_has_a_lamp_for_every_state(look: LookName, type_: KeyType) -> None:
    assert lamps_for(look, type_).keys() == SHOWN_BY[type_]
    assert LOOKS[look].keys() == set(KeyState)


@pytest.mark.parametrize("look", LookName)
@pytest.mark.parametrize("type_", [t for t in KeyType if KeyState.UNKNOWN in SHOWN_BY[t]])
def test_unknown_is_never_shown_as_idle_on_any_panel(look: LookName, type_: KeyType) -> None:
    for colors in PANELS:
        lamps = lamps_for(look, type_, colors)
        idle = {lamp for state, lamp in lamps.items() if MEANING[state] is Meaning.IDLE}
        assert lamps[KeyState.UNKNOWN] not in idle, sorted(color.value for color in colors)


@pytest.mark.parametrize("look", LookName)
@pytest.mark.parametrize("type_", KeyType)
def test_a_panel_that_nobody_speaks_to_says_of_nobody_that_he_is_free(
    look: LookName, type_: KeyType
) -> None:
    """One lamp for all keys: at worst that of somebody who is busy and waited for."""
    alike = {
        state
        for colors in PANELS
        for state, lamp in lamps_for(look, type_, colors).items()
        if lamp == unknown_on(colors, frozenset(Pattern))
    }
    assert alike <= {KeyState.UNKNOWN, KeyState.AWAITED}


@pytest.mark.parametrize("look", LookName)
@pytest.mark.parametrize("type_", KeyType)
def test_what_has_another_meaning_has_another_lamp_on_any_panel(
    look: LookName, type_: KeyType
) -> None:
    whole = lamps_for(look, type_)
    for one, other in combinations(whole, 2):
        if MEANING[one] is not MEANING[other]:
            assert whole[one] != whole[other], f"{one.value} looks like {other.value}"
    for colors in PANELS:
        assert not list(confused(lamps_for(look, type_, colors), whole))


@pytest.mark.parametrize("look", LookName)
def test_a_panel_gets_only_colours_it_has(look: LookName) -> None:
    for colors in PANELS:
        for type_ in KeyType:
            assert {lamp.color for lamp in lamps_for(look, type_, colors).values()} <= colors


@pytest.mark.parametrize("look", [LookName.HIGH_CONTRAST, LookName.SINGLE])
def test_who_sees_no_colours_tells_every_meaning_by_its_pattern(look: LookName) -> None:
    patterns = {
        meaning: {
            (lamp.pattern, lamp.color is Color.OFF)
            for state, lamp in LOOKS[look].items()
            if MEANING[state] is meaning
        }
        for meaning in Meaning
    }
    assert all(len(one) == 1 for one in patterns.values())
    assert len({frozenset(one) for one in patterns.values()}) == len(Meaning)


def test_a_panel_without_lamps_gets_none() -> None:
    lamps = lamps_for(LookName.GENERIC, KeyType.BLF, frozenset({Color.OFF}))
    assert {lamp.color for lamp in lamps.values()} == {Color.OFF}
