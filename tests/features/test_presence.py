"""Presence: hand before meeting before line before time."""

import pytest

from bridge.features.presence import set_by_hand, shown_presence
from bridge.model.blf import PresenceState
from bridge.model.features import Presence, PresenceRules, ShownPresence

NOW = 1_800_000_000_000
RULES = PresenceRules(away_after_s=300)
EVERYTHING = Presence(
    PresenceState.DND, "until lunch", NOW + 1000, PresenceState.BUSY, True, NOW - 1_000_000
)


@pytest.mark.parametrize(
    ("presence", "at_ms", "shown"),
    [
        (
            EVERYTHING,
            NOW,
            ShownPresence(PresenceState.DND, "until lunch", NOW + 1000, is_by_hand=True),
        ),
        (EVERYTHING, NOW + 1000, ShownPresence(PresenceState.BUSY)),
        (
            Presence(elsewhere=PresenceState.DND, line_busy=True),
            NOW,
            ShownPresence(PresenceState.DND),
        ),
        (Presence(line_busy=True, idle_since_ms=1), NOW, ShownPresence(PresenceState.BUSY)),
        (
            Presence(idle_since_ms=NOW - 299_999),
            NOW,
            ShownPresence(PresenceState.AVAILABLE, next_ms=NOW + 1),
        ),
        (Presence(idle_since_ms=NOW - 300_000), NOW, ShownPresence(PresenceState.AWAY)),
        (Presence(), NOW, ShownPresence(PresenceState.AVAILABLE)),
    ],
)
def test_what_others_see(presence: Presence, at_ms: int, shown: ShownPresence) -> None:
    assert shown_presence(presence, RULES, at_ms) == shown


def test_nobody_goes_away_by_himself_unless_that_is_set() -> None:
    shown = shown_presence(Presence(idle_since_ms=1), PresenceRules(), NOW)
    assert shown == ShownPresence(PresenceState.AVAILABLE)


@pytest.mark.parametrize("wanted", [state for state in PresenceState if state.value != "none"])
def test_a_state_set_by_hand_stays_until_it_is_taken_back(wanted: PresenceState) -> None:
    set_ = set_by_hand(Presence(line_busy=True), wanted, NOW)
    assert isinstance(set_, Presence)
    assert shown_presence(set_, RULES, NOW * 2).presence is wanted
    back = set_by_hand(set_, PresenceState.NONE, NOW)
    assert back == Presence(line_busy=True)


def test_an_expiry_in_the_past_is_refused() -> None:
    found = set_by_hand(Presence(), PresenceState.AWAY, NOW, until_ms=NOW)
    assert isinstance(found, str)
    assert "still to come" in found


def test_a_long_text_is_refused() -> None:
    found = set_by_hand(Presence(), PresenceState.AWAY, NOW, "x" * 141)
    assert isinstance(found, str)
    assert "141" in found
