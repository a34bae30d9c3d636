"""Digits typed on a device while there is no call: collected, and dialled once that is clear.

Theory of operation
-------------------
Keys are heard by every program on the device, and what is typed may be a PIN for another program's
call: also on a lifted handset, which may be lifted for that call, and before ``#``, which ends PINs
as well. So what is collected is dialled only by a key that says so: the hook being lifted after the
digits, or SEND. Where the user says that nobody else uses the key pads (``dial_after_pause``) a
lifted device is dialled on as any telephone: digits, then ``#`` or a pause.
"""

from dataclasses import dataclass, replace

from bridge.core.gestures import Gesture
from bridge.core.state import Headset, State
from bridge.model.effects import Effect, StartTimer
from bridge.model.events import ControlChanged
from bridge.model.habits import Habits
from bridge.model.hid import Control
from bridge.model.intents import Intent, Verb

DIGITS = "digits:"
"""Timer name prefix: nothing was typed for a while."""

DIAL_AFTER_S = 4.0  # RFC 3435 2.1.5: the number may be complete ("critical" timer)
FORGET_AFTER_S = 16.0  # RFC 3435 2.1.5: more is to come ("partial" timer)

MOST_DIGITS = 32  # E.164 numbers have 15; star codes with a number in them are longer
_ON_A_DIAL = frozenset("0123456789*#")  # of a public telephone (ITU-T E.161); A-D dial nothing


@dataclass(frozen=True, slots=True)
class Typed:
    """What a press amounts to for a number being typed.

    Args:
        headset: with what has been typed so far.
        intent: to dial it, or None.
        meaning: for people; empty when the press has nothing to do with a number.
        effects: the timer, started anew.
    """

    headset: Headset
    intent: Intent | None = None
    meaning: str = ""
    effects: tuple[Effect, ...] = ()


def typed(
    habits: Habits, before: Headset, now: Headset, gesture: Gesture, event: ControlChanged
) -> Typed:
    """Return what a press on an idle device amounts to, before any other meaning.

    Args:
        habits: the user's.
        before: the conversation before the press.
        now: after it.
        gesture: what was heard.
        event: the press.
    """
    if gesture is Gesture.DIGIT:
        return _digit(habits, now, event)
    lifted = gesture is Gesture.LIFT and not before.foreign  # else it may end that call
    if now.digits and (lifted or event.change.control is Control.SEND):
        return _dialled(now)
    return Typed(now)


def _digit(habits: Habits, headset: Headset, event: ControlChanged) -> Typed:
    key, so_far = event.change.key, headset.digits
    if key == "#" and so_far[:1].isdigit() and _is_a_dial(habits, headset):
        return _dialled(headset)  # codes that begin with * or # have it inside
    if key not in _ON_A_DIAL or len(so_far) == MOST_DIGITS:
        return Typed(headset, meaning="no part of a number")
    headset = replace(headset, digits=so_far + key, digits_call=event.new_call)
    after_s = DIAL_AFTER_S if _is_a_dial(habits, headset) else FORGET_AFTER_S
    timer = StartTimer(DIGITS + headset.device, after_s)
    return Typed(headset, meaning="collected", effects=(timer,))


def _is_a_dial(habits: Habits, headset: Headset) -> bool:
    """Say whether what is typed now can only be meant for us."""
    return headset.hook is True and habits.dial_after_pause


def _dialled(headset: Headset) -> Typed:
    """Return the number as an order; whoever dials on a device has lifted it for that."""
    ours = replace(headset, digits="", foreign=False)
    return Typed(ours, Intent(Verb.DIAL, target=headset.digits))


def paused(state: State, headset: Headset) -> tuple[State, Intent | None]:
    """Return what follows when nothing was typed for a while: dialled, or forgotten."""
    if state.calls or not headset.digits or not _is_a_dial(state.habits, headset):
        return state.with_headset(replace(headset, digits="")), None
    done = _dialled(headset)
    return state.with_headset(done.headset), done.intent


def without_digits(state: State) -> State:
    """Return the state with half-typed numbers forgotten, once there is a call."""
    if not state.calls:
        return state
    for headset in state.headsets:
        if headset.digits:
            state = state.with_headset(replace(headset, digits=""))
    return state
