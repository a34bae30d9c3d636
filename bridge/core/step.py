"""The one function of the core: ``step(state, event) -> (state, effects)``."""

from dataclasses import replace
from typing import assert_never

from bridge.core import sip
from bridge.core.afterwards import PRESS, pressed
from bridge.core.asked import FAILED_CALL, Asked, Result
from bridge.core.conference import mixes
from bridge.core.dialling import DIGITS, Typed, paused, typed, without_digits
from bridge.core.elsewhere import pbx_answered
from bridge.core.forwarding import FORWARD, rung_enough
from bridge.core.gestures import Gesture, Situation, meaning_of, situation_of
from bridge.core.headset import Heard, hear
from bridge.core.intents import carry_out
from bridge.core.lamps import GUARD, indication_for, settle
from bridge.core.listening import listens
from bridge.core.moving import LEFT, left
from bridge.core.state import Headset, State
from bridge.core.transfers import PATIENCE, out_of_patience
from bridge.core.waking import overwritten_soon, woken
from bridge.model.effects import (
    AnnounceCall,
    AnnounceKey,
    Effect,
    HoldCall,
    Ignored,
    ResumeCall,
    StartTimer,
    Tell,
)
from bridge.model.events import (
    ControlChanged,
    DeviceAttached,
    DeviceFaulted,
    DeviceLost,
    EngineEvent,
    Event,
    IntentGiven,
    MatterChanged,
    PartyNamed,
    SystemResumed,
    TimerFired,
)
from bridge.model.hid import SecondCall
from bridge.model.ids import CallId, DeviceId
from bridge.model.intents import Intent, Verb
from bridge.model.pbx import PbxAnswered

_NO_CALL = CallId("")  # only redial needs a fresh id; whoever posts events supplies it

SETTLE = "settle:"
"""Timer name prefix: a freshly plugged device may be written."""


def step(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:
    """Return what follows from one event.

    Never raises for anything the outside can do: what does not fit changes nothing and is counted
    in ``State.unexpected``.

    Args:
        state: before.
        event: what happened.

    Returns:
        The state after it, and the effects in the order they are to be carried out: lamps first,
        because they acknowledge the press; microphones, so that nobody is heard by mistake, and
        whose they are, so that an answered call opens the right one at once; what the event asked
        for; the ringer last, because an answer that waits for it is a late answer.
    """
    force: frozenset[str] = frozenset()
    if isinstance(event, TimerFired):
        state, effects, force = _timer(state, event)
    elif isinstance(event, ControlChanged):
        state, effects, astray = _control(state, event)
        force = frozenset({event.device}) if astray else force
    elif isinstance(event, SystemResumed):
        state, effects, force = woken(state, event)
    else:
        state, effects = _handle(state, event)
    state, told = _failure_told(without_digits(state), effects)
    state, holds = _holds(state)
    state, mixed = mixes(state)
    state, shown, ringer = settle(state, event.at_s, force)
    state, sound = listens(state)
    return state, (*shown, *sound, *effects, *told, *holds, *mixed, *ringer)


def _handle(
    state: State,
    event: DeviceAttached
    | DeviceLost
    | DeviceFaulted
    | EngineEvent
    | IntentGiven
    | PartyNamed
    | PbxAnswered
    | MatterChanged,
) -> Result:
    if isinstance(event, MatterChanged):
        return sip.matter_changed(state, event.topic, event.text)
    if isinstance(event, PartyNamed):
        return sip.party_named(state, event)
    if isinstance(event, PbxAnswered):
        return pbx_answered(state, event)
    if isinstance(event, IntentGiven):
        asked = Asked(event.intent, event.at_s, event.new_call, event.request, source=event.source)
        return carry_out(state, asked)
    if isinstance(event, DeviceAttached | DeviceLost | DeviceFaulted):
        return _device(state, event)
    return sip.reported(state, event)


# -- devices ------------------------------------------------------------------


def _device(state: State, event: DeviceAttached | DeviceLost | DeviceFaulted) -> Result:
    match event:
        case DeviceAttached():
            return _attached(state, event)
        case DeviceLost():
            return _lost(state, event)
        case DeviceFaulted():
            return _faulted(state, event)
        case _ as unreachable:
            assert_never(unreachable)


def _attached(state: State, event: DeviceAttached) -> Result:
    known = state.find_headset(event.info.device)
    if known is not None:  # it was there all the time, only its mode changed
        return state.with_headset(replace(known, info=event.info)), []
    headset = Headset(event.info, settling=True)
    state = state.with_headset(headset)
    for call in state.calls:
        is_home = call.home == headset.device  # plugged in again, or an adapter that renumbered
        is_nowhere = call.device is None and not call.is_ringing and not call.is_deaf
        if is_home or is_nowhere:
            home = None if is_home else call.home
            state = state.with_call(replace(call, device=headset.device, home=home))
    return state, [StartTimer(SETTLE + headset.device, event.info.conduct.settle_s)]


def _lost(state: State, event: DeviceLost) -> Result:
    if state.find_headset(event.device) is None:
        return state.as_unexpected(), []
    state = state.without_headset(event.device)
    best = state.best_headset()
    fallback = best.device if best is not None else None
    for call in state.calls:
        if call.device == event.device:
            home = call.home or event.device
            state = state.with_call(replace(call, device=fallback, home=home))
    return state, []


def _faulted(state: State, event: DeviceFaulted) -> Result:
    headset = state.find_headset(event.device)
    if headset is None:
        return state.as_unexpected(), []
    return state.with_headset(replace(headset, faults=headset.faults + 1)), []


def _control(state: State, event: ControlChanged) -> tuple[State, list[Effect], bool]:
    headset = state.find_headset(event.device)
    if headset is None:
        return state.as_unexpected(), [], False
    situation = situation_of(state, headset)
    heard = hear(headset, event.change, situation, event.at_s)
    state = state.with_headset(heard.headset)
    if heard.gesture is None:
        effects: list[Effect] = [Ignored(event.device, event.change, heard.why)]
        if overwritten := _is_overwritten(state, headset, heard):
            state, once_more = overwritten_soon(state, heard.headset, event.at_s)
            effects.append(once_more)
        return state, effects if heard.why else [], overwritten
    if situation is Situation.IDLE and not state.calls:
        number = typed(state.habits, headset, heard.headset, heard.gesture, event)
        state = state.with_headset(number.headset)
    else:
        number = Typed(heard.headset)
    intent = number.intent or _intent(state, event, heard.gesture, situation)
    key = _key(event, intent, number.meaning or f"no meaning while {situation.value}")
    if intent is None:
        return state, [key, *number.effects], False
    state = _at_home(state, event.device)
    asked = Asked(intent, event.at_s, event.new_call or _NO_CALL)
    state, effects = carry_out(state, replace(asked, device=event.device))
    return state, [key, *effects], _is_astray(state, heard)


def _at_home(state: State, device: DeviceId) -> State:
    """Return the state after a person used a device: calls on it are where they belong."""
    for call in state.calls:
        if call.device == device and call.home is not None:
            state = state.with_call(replace(call, home=None))
    return state


def _is_overwritten(state: State, before: Headset, heard: Heard) -> bool:
    """Say whether another program's call ended beside ours: its zeros have put our lamps out."""
    ended = before.foreign and not heard.headset.foreign
    return ended and not indication_for(state, heard.headset).is_idle


def _is_astray(state: State, heard: Heard) -> bool:
    """Say whether a device believes it hung up though calls on it go on: it has to be told."""
    fell = heard.gesture is Gesture.HANG_UP and heard.headset.hook is False
    return fell and indication_for(state, heard.headset).off_hook


def _intent(
    state: State, event: ControlChanged, gesture: Gesture, situation: Situation
) -> Intent | None:
    """Return what a gesture stands for: by the table, else by the user's own keys.

    Those begin a call only where there is none.
    """
    verb = meaning_of(gesture, situation)
    if verb is Verb.END_AND_ANSWER and _only_ends(state, event.device):
        verb = Verb.HANGUP
    if verb is not None:
        return Intent(verb, target=event.change.key if gesture is Gesture.DIGIT else "")
    bound = dict(state.habits.keys).get(event.change.control)
    begins = bound is not None and bound.verb in {Verb.DIAL, Verb.REDIAL, Verb.PULL}
    return None if begins and situation is not Situation.IDLE else bound


def _only_ends(state: State, device: DeviceId) -> bool:
    headset = state.find_headset(device)
    return headset is not None and headset.info.conduct.second_call is SecondCall.END


def _key(event: ControlChanged, intent: Intent | None, otherwise: str) -> AnnounceKey:
    meaning = intent.verb.value if intent else otherwise
    change = event.change
    return AnnounceKey(event.device, change.control, change.on, change.key, meaning)


# -- time ---------------------------------------------------------------------


def _timer(state: State, event: TimerFired) -> tuple[State, list[Effect], frozenset[str]]:
    if event.name.startswith(DIGITS):
        state, effects = _no_more_digits(state, event)
        return state, effects, frozenset()
    if event.name.startswith(FORWARD):
        state, effects = rung_enough(state, CallId(event.name.removeprefix(FORWARD)))
        return state, effects, frozenset()
    if event.name.startswith(PATIENCE):
        state, effects = out_of_patience(state, CallId(event.name.removeprefix(PATIENCE)))
        return state, effects, frozenset()
    if event.name.startswith(PRESS):
        state, effects = pressed(state, CallId(event.name.removeprefix(PRESS)))
        return state, effects, frozenset()
    if event.name.startswith(LEFT):
        state, effects = left(state, CallId(event.name.removeprefix(LEFT)))
        return state, effects, frozenset()
    for prefix, after in ((SETTLE, _settled), (GUARD, _guard_over)):
        if event.name.startswith(prefix):
            headset = state.find_headset(DeviceId(event.name.removeprefix(prefix)))
            if headset is None:
                return state, [], frozenset()
            state, force = after(state, headset)
            return state, [], frozenset({headset.device}) if force else frozenset()
    return state.as_unexpected(), [], frozenset()


def _no_more_digits(state: State, event: TimerFired) -> Result:
    headset = state.find_headset(DeviceId(event.name.removeprefix(DIGITS)))
    if headset is None:
        return state, []
    state, intent = paused(state, headset)
    if intent is None:
        return state, []
    new_call = headset.digits_call or _NO_CALL
    asked = Asked(intent, event.at_s, new_call, device=headset.device)
    return carry_out(state, asked)


def _settled(state: State, headset: Headset) -> tuple[State, bool]:
    busy = bool(state.calls)  # with no call nothing is written: another program may have one
    return state.with_headset(replace(headset, settling=False)), busy


def _guard_over(state: State, headset: Headset) -> tuple[State, bool]:
    """Write again if the device ended up elsewhere than shown: it must not stay out of step."""
    fell = headset.disbelieved and headset.hook is False
    if fell and headset.borrowed:  # as when it falls later: what it was lent to is over
        headset = replace(headset, foreign=False, borrowed=False)
    astray = fell and headset.shown.off_hook
    overwritten = headset.overwritten and not headset.shown.is_idle
    headset = replace(headset, disbelieved=False, overwritten=False)
    return state.with_headset(headset), astray or overwritten


# -- failures -----------------------------------------------------------------


def _failure_told(state: State, effects: list[Effect]) -> tuple[State, list[Effect]]:
    """Note what failed about a call; the next call that begins settles the matter."""
    failures = [e.text for e in effects if isinstance(e, Tell) and e.topic == FAILED_CALL]
    if failures:
        return state.with_note(FAILED_CALL, failures[-1]), []
    begins = any(isinstance(e, AnnounceCall) and e.before is None for e in effects)
    if begins and FAILED_CALL in dict(state.notes):
        return state.with_note(FAILED_CALL, ""), [Tell(FAILED_CALL, "")]
    return state, []


# -- hold ---------------------------------------------------------------------


def _holds(state: State) -> Result:
    """Order a re-INVITE where hold as wanted differs from hold as negotiated, one at a time."""
    effects: list[Effect] = []
    for call in state.calls:
        if call.hold_refused and not call.hold_wanted:
            state = state.with_call(replace(call, hold_refused=False))
        waits = call.hold_in_flight or call.hold_refused
        if call.is_up and not waits and call.hold_wanted != call.hold_local:
            order = HoldCall(call.call) if call.hold_wanted else ResumeCall(call.call)
            effects.append(order)
            state = state.with_call(replace(call, hold_in_flight=True))
    return state, effects
