"""Lamps that went out without our doing: the machine slept, or another program wrote its zeros."""

from dataclasses import replace

from bridge.core.lamps import GUARD
from bridge.core.state import Headset, State
from bridge.model.effects import Effect, StartTimer
from bridge.model.events import SystemResumed
from bridge.model.hid import Indication

Woken = tuple[State, list[Effect], frozenset[str]]
"""State, effects, and the devices that are to be written even though nothing changed."""


def woken(state: State, event: SystemResumed) -> Woken:
    """Return what a wake-up asks for: all of it is written again where something is shown.

    A device that shows nothing is not written: another program may have a call on it. One that
    is still settling is written when it has.
    """
    effects: list[Effect] = []
    shows = [h for h in state.headsets if _is_ours(h) and not h.settling]
    for headset in shows:
        says_no = headset.shown.ring and headset.info.conduct.reject_by_on_hook > 0
        if headset.shown.off_hook or headset.shown.mute or says_no:
            state, guard = _guarded(state, headset, event.at_s)
            effects.append(guard)
    return state, effects, frozenset(h.device for h in shows)


def _is_ours(headset: Headset) -> bool:
    """Say whether what is written again can end nobody's call."""
    return headset.shown != Indication() and not (headset.foreign and headset.shown.is_idle)


def _guarded(state: State, headset: Headset, at_s: float) -> tuple[State, StartTimer]:
    """Disbelieve the device for a moment: it may report on-hook or unmuted, which nobody did."""
    guard_s = headset.info.conduct.hold_guard_s
    until_s = max(headset.guard_until_s, at_s + guard_s)
    state = state.with_headset(replace(headset, guard_until_s=until_s, disbelieved=False))
    return state, StartTimer(GUARD + headset.device, until_s - at_s)


def overwritten_soon(state: State, headset: Headset, at_s: float) -> tuple[State, StartTimer]:
    """Write once more in a while: another program's call ended beside ours, by the hook we heard.

    It hears the same hook, and its zeros may come after what we write at once.
    """
    after_s = max(headset.info.conduct.hold_guard_s, headset.guard_until_s - at_s)
    state = state.with_headset(replace(headset, overwritten=True))
    return state, StartTimer(GUARD + headset.device, after_s)
