"""What devices, ringer and microphone are to be, computed from calls and wishes."""

from dataclasses import replace

from bridge.core.headset import show
from bridge.core.state import Call, Headset, State, Wish
from bridge.model.calls import Phase
from bridge.model.effects import Effect, SetIndication, SetMicrophone, SetRinger, StartTimer
from bridge.model.habits import RingOn, WhenForeign
from bridge.model.hid import Indication, Lamp
from bridge.model.sound import Ring

GUARD = "guard:"
"""Timer name prefix: a device's hook may be believed again."""


def indication_for(state: State, headset: Headset) -> Indication:
    """Return what a device is to show (``hid_telephony.md``, "lamp vector per call state")."""
    call = _call_shown(state, headset)
    lamps = headset.info.lamps
    if call.is_idle and headset.foreign and headset.info.conduct.coexists:
        # These lamps may share a report with Off-Hook, and zeros end the other program's call.
        waiting, dnd = headset.shown.message_waiting, headset.shown.do_not_disturb
    else:
        waiting = any(line.mailbox is not None and line.mailbox.waiting for line in state.lines)
        dnd = state.do_not_disturb
    waiting = waiting and Lamp.MESSAGE_WAITING in lamps
    dnd = dnd and Lamp.DO_NOT_DISTURB in lamps
    if not (waiting or dnd):  # most headsets at every step: no copy of what says so already
        return call
    return replace(call, message_waiting=waiting, do_not_disturb=dnd)


def _call_shown(state: State, headset: Headset) -> Indication:
    ring = any(c.is_ringing and not c.silenced for c in state.calls) and _rings_on(state, headset)
    mine = [c for c in state.calls if c.is_open and c.device == headset.device]
    if not headset.info.conduct.acknowledges_at_once:
        waiting = [c for c in mine if c.wish is Wish.ANSWER]
        ring = ring or bool(waiting)
        mine = [c for c in mine if c not in waiting]
    # Another program's call must not be cut by our ring, hold or hang-up: its off-hook bit is kept.
    lent = headset.foreign and headset.info.conduct.coexists and (ring or headset.borrowed)
    if not mine:
        return Indication(off_hook=lent, ring=ring)
    all_held = all(c.hold_wanted for c in mine)
    off_hook = lent or not (all_held and headset.info.conduct.hold_clears_off_hook)
    return Indication(off_hook=off_hook, ring=ring, mute=state.muted, hold=all_held)


def _rings_on(state: State, headset: Headset) -> bool:
    habits = state.habits
    if headset.foreign and habits.when_foreign is WhenForeign.SILENT:
        return False
    if habits.ring_on is RingOn.ALL or headset == state.best_headset():
        return True
    # Whoever is in a call hears of the second one there, or a tap would answer it unannounced.
    return any(c.is_open and c.device == headset.device for c in state.calls)


def settle(
    state: State, at_s: float, force: frozenset[str] = frozenset()
) -> tuple[State, list[Effect], list[Effect]]:
    """Bring lamps, microphones and the ringer in line.

    Args:
        state: after the event.
        at_s: monotonic seconds of the event.
        force: devices to be written even if nothing changed.

    Returns:
        The state after it; the orders that cannot wait; the ringer's, which nobody on the telephone
        waits for.
    """
    effects: list[Effect] = []
    for headset in state.headsets:
        wanted = indication_for(state, headset)
        forced = headset.device in force
        if headset.settling or (wanted == headset.shown and not forced):
            continue
        after = show(headset, wanted, at_s, force=forced)
        state = state.with_headset(_shared(state, after, at_s))
        effects.append(SetIndication(headset.device, wanted, force=forced))
        if after.guard_until_s > headset.guard_until_s:
            effects.append(StartTimer(GUARD + headset.device, after.guard_until_s - at_s))
    state, microphones = _microphones(state)
    state, ringer = _ringer(state)
    return state, effects + microphones, ringer


def _shared(state: State, headset: Headset, at_s: float) -> Headset:
    """Return the conversation with what our off-hook means to another program's call.

    A hook that was up only just before we took the device was a person's, on the way to our call.
    """
    ours = headset.shown.off_hook and any(
        c.is_open and c.device == headset.device for c in state.calls
    )
    stray = at_s - headset.foreign_since_s < headset.info.conduct.echo_s
    foreign = headset.foreign and not (ours and stray)
    spared = foreign and headset.info.conduct.coexists
    return replace(headset, foreign=foreign, borrowed=headset.shown.off_hook and spared)


def _microphones(state: State) -> tuple[State, list[Effect]]:
    effects: list[Effect] = []
    for call in state.calls:
        muted = state.muted or call.hold_wanted or _is_left(call)
        # Before the other end was reached there is no media; the engine may not even know the call.
        has_media = not call.is_ringing and call.phase is not Phase.DIALING
        if has_media and call.microphone_muted != muted:
            effects.append(SetMicrophone(call.call, muted))
            state = state.with_call(replace(call, microphone_muted=muted))
    return state, effects


def _is_left(call: Call) -> bool:
    """Say whether its user has turned away from a call: sent elsewhere, or left for another."""
    sent_on = call.transfer is not None and bool(call.transfer.target)
    return sent_on or call.wish is Wish.LEAVE or call.is_deaf


def _ringer(state: State) -> tuple[State, list[Effect]]:
    # In a call a ringer would be heard by the other end: the second one beeps in the ear.
    ring = Ring.OFF
    heard = next((c for c in state.calls if c.is_ringing and not c.silenced), None)
    if heard is not None:
        inside = Ring.INTERNAL if heard.is_internal else Ring.EXTERNAL
        heard_in = any(c.is_open and not c.is_deaf for c in state.calls)
        ring = Ring.WAITING if heard_in else inside
    if ring is state.ring:
        return state, []
    return replace(state, ring=ring), [SetRinger(ring)]
