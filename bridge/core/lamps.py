"""What devices, ringer and microphone are to be, computed from calls and wishes."""

from dataclasses import replace

from bridge.core.headset import show
from bridge.core.state import Call, Headset, State, Wish
from bridge.model.effects import Effect, SetIndication, SetMicrophone, SetRinger, StartTimer
from bridge.model.hid import Indication

GUARD = "guard:"
"""Timer name prefix: a device's hook may be believed again."""


def indication_for(state: State, headset: Headset) -> Indication:
    """Return what a device is to show (``hid_telephony.md``, "lamp vector per call state")."""
    ring = any(c.is_ringing for c in state.calls)
    call = carried_call(state, headset)
    if call is None:
        return Indication(ring=ring)
    held = call.hold_wanted
    off_hook = not (held and headset.info.conduct.hold_clears_off_hook)
    return Indication(off_hook=off_hook, ring=ring, mute=state.muted, hold=held)


def carried_call(state: State, headset: Headset) -> Call | None:
    """Return the call whose sound and hook belong to this device, or None."""
    return next(
        (
            c
            for c in state.calls
            if c.device == headset.device and not c.is_ringing and c.wish is not Wish.END
        ),
        None,
    )


def settle(
    state: State, at_s: float, force: frozenset[str] = frozenset()
) -> tuple[State, list[Effect]]:
    """Return the state and the orders that bring lamps, ringer and microphone in line.

    Args:
        state: after the event.
        at_s: monotonic seconds of the event.
        force: devices to be written even if nothing changed.
    """
    effects: list[Effect] = []
    for headset in state.headsets:
        wanted = indication_for(state, headset)
        if headset.settling or (wanted == headset.shown and headset.device not in force):
            continue
        forced = headset.device in force
        after = show(headset, wanted, at_s, force=forced)
        effects.append(SetIndication(headset.device, wanted, force=forced))
        if after.guard_until_s > headset.guard_until_s:
            effects.append(StartTimer(GUARD + headset.device, after.guard_until_s - at_s))
        state = state.with_headset(after)
    state, sound = _sound(state)
    return state, effects + sound


def _sound(state: State) -> tuple[State, list[Effect]]:
    effects: list[Effect] = []
    for call in state.calls:
        if not call.is_ringing and call.microphone_muted != state.muted:
            effects.append(SetMicrophone(call.call, state.muted))
            state = state.with_call(replace(call, microphone_muted=state.muted))
    ringing = any(c.is_ringing for c in state.calls)
    if ringing != state.ringer_on:
        effects.append(SetRinger(ringing))
        state = replace(state, ringer_on=ringing)
    return state, effects
